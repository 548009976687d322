import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isEnumType } from 'graphql';

/** What the schema says of a next action is printed on work sheets, a sentence by itself for the person in front of the machine. */
const type = buildSchema(readFileSync(join(__dirname, '../../apps/api/schema.graphql'), 'utf8')).getType(
  'NextAction',
);
const instructions = isEnumType(type) ? type.getValues() : [];

it.each(instructions.map(({ name, description }) => [name, description ?? '']))(
  '%s stands by itself',
  (_, text) => {
    expect(text).toMatch(/^[A-Z].*\.$/s);
    expect(text).not.toMatch(/\b(the same|as above|this file|the faulty (file|one)\b)/i);
  },
);

it.each(['SAFE_MODE_DELETE_FILE', 'BITLOCKER_KEY_NEEDED', 'DO_NOT_REBOOT'])(
  '%s names the files to delete, and where they are',
  (name) => {
    const found = instructions.find((value) => value.name === name)?.description ?? '';
    expect(found).toContain('C-00000291*.sys in %WINDIR%\\System32\\drivers\\CrowdStrike');
  },
);
