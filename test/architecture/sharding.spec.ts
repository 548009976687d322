import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { QueryRunner } from 'typeorm';
import * as hot from '../../libs/storage/src/machine.sql';
import { columnsOf, folded, primaryKeyOf, tablesOf, type Table } from './schema-text';

/**
 * The door to a sharded store stays open: what a machine owns can be cut out by its practice, and nothing in the database makes
 * up a value of its own.
 */
const MIGRATIONS = join(__dirname, '..', '..', 'libs', 'storage', 'src', 'migrations');

/**
 * Holds a practice, but is found before the practice is known: which machine is this installation? A sharded store would spread it
 * by installation.
 */
const LOOK_UPS = ['installation'];

const MACHINE_TABLES = [
  'care_event',
  'deadline_recheck',
  'enrolment_request',
  'enrolment_use',
  'machine',
  'machine_status',
  'machine_tag',
  'practice_report',
  'progress_count',
  'progress_ledger',
  'register_entry',
  'replacement',
  'site_silence',
  'transition',
];

/** A default that is the same whenever and wherever a row is written. */
const CONSTANT_DEFAULT = /\bDEFAULT (true|false|null|-?\d+(\.\d+)?|'[^']*')(?=$|[ ,;)])/gi;

describe('the tables of machines', () => {
  let up = '';

  beforeAll(async () => {
    up = (await migrationTexts()).join(';\n');
  });

  it('are found in the migrations', () => {
    expect(
      machineTablesOf(tablesOf(up))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(MACHINE_TABLES);
  });

  it('can be cut by practice, and make up no value of their own', () => {
    expect(faultsOf(up)).toEqual([]);
  });
});

describe('a schema that closes the door is noticed', () => {
  const machine = (rest: string, key = 'practice_id, machine_id'): string =>
    `CREATE TABLE machine (practice_id text, machine_id uuid, ${rest} PRIMARY KEY (${key}));`;

  it.each([
    ['a key that does not begin with the practice', machine('', 'machine_id, practice_id'), 'machine'],
    ['a key of its own', 'CREATE TABLE note (id uuid PRIMARY KEY, practice_id text)', 'note'],
    ['no key', 'CREATE TABLE note (practice_id text, machine_id uuid)', 'note'],
    ['a key replaced later', `${machine('')} ALTER TABLE machine ADD PRIMARY KEY (machine_id)`, 'machine'],
    ['a column that counts', machine('ordinal bigserial,'), 'serial'],
    ['an identity column', machine('ordinal bigint GENERATED ALWAYS AS IDENTITY,'), 'IDENTITY'],
    ['a sequence', 'CREATE SEQUENCE ordinals', 'SEQUENCE'],
    ['the clock as a default', machine('seen_at timestamptz DEFAULT now(),'), 'DEFAULT now()'],
    [
      'the clock as a default set later',
      'ALTER TABLE machine ALTER COLUMN since SET DEFAULT CURRENT_TIMESTAMP',
      'DEFAULT CURRENT_TIMESTAMP',
    ],
    [
      'chance as a default',
      'CREATE TABLE one (id uuid PRIMARY KEY DEFAULT gen_random_uuid())',
      'DEFAULT gen_random_uuid()',
    ],
    [
      'a trigger',
      'CREATE OR REPLACE TRIGGER counted AFTER INSERT ON machine EXECUTE FUNCTION count()',
      'TRIGGER',
    ],
    ['a rule', 'CREATE RULE counted AS ON INSERT TO machine DO NOTHING', 'RULE'],
    ['a notification', 'CREATE FUNCTION tell() RETURNS void LANGUAGE sql AS $$ NOTIFY progress $$', 'NOTIFY'],
    [
      'something unique across practices',
      `${machine('')} CREATE UNIQUE INDEX one ON machine (serial_number)`,
      'UNIQUE',
    ],
    ['a column unique across practices', machine('serial_number text UNIQUE,'), 'UNIQUE'],
    [
      'a reference to any machine',
      machine('successor_id uuid REFERENCES machine (machine_id),'),
      'REFERENCES',
    ],
    [
      'a reference that leaves the practice out',
      machine('FOREIGN KEY (machine_id) REFERENCES machine_status (machine_id),'),
      'REFERENCES',
    ],
  ])('%s', (_name, sql, named) => {
    expect(faultsOf(sql)).toEqual([expect.stringContaining(named)]);
  });

  it.each([
    ['the practice first', machine('hostname text NOT NULL,')],
    [
      'constant defaults',
      machine("state smallint DEFAULT 0, name text DEFAULT 'now()', fine boolean DEFAULT true,"),
    ],
    [
      'something unique within a practice',
      `${machine('')} CREATE UNIQUE INDEX one ON machine (practice_id, serial_number)`,
    ],
    [
      'a reference within a practice',
      machine('FOREIGN KEY (practice_id, machine_id) REFERENCES machine_status (practice_id, machine_id),'),
    ],
    ['a table of the whole country', 'CREATE TABLE incident (id text PRIMARY KEY, active boolean)'],
    ['a comment about it', `-- no TRIGGER, no SEQUENCE\n${machine('')}`],
  ])('and lets be %s', (_name, sql) => {
    expect(faultsOf(sql)).toEqual([]);
  });
});

describe('the statements of the write path', () => {
  const statements = Object.entries(hot as Record<string, unknown>).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );

  it('are found', () => {
    expect(statements.map(([name]) => name)).toEqual(
      expect.arrayContaining(['LOAD_STATUSES', 'LOAD_OVERDUE', 'SAVE_DECISIONS']),
    );
  });

  it.each(statements)('%s takes every moment from its parameters', (_name, sql) => {
    expect(momentsMadeUp(sql)).toEqual([]);
  });

  it.each(statements)('%s finds machines by practice first', (_name, sql) => {
    expect(sql).not.toMatch(/\(\s*(\w+\.)?machine_id, (\w+\.)?practice_id/);
    expect(sql).toMatch(/practice_id/);
  });

  it('would be noticed asking the database for the time', () => {
    expect(momentsMadeUp('UPDATE machine_status SET heard_at = to_timestamp(1721347200)')).toEqual([
      'to_timestamp(1721347200)',
    ]);
    expect(
      momentsMadeUp('UPDATE machine_status SET heard_at = now(), since = to_timestamp($1 / 1000)'),
    ).toEqual(['now()']);
  });
});

function machineTablesOf(tables: readonly Table[]): readonly Table[] {
  return tables.filter((table) => {
    const columns = columnsOf(table);
    return (
      !LOOK_UPS.includes(table.name) && (columns.includes('practice_id') || columns.includes('machine_id'))
    );
  });
}

/** Everything in a text of SQL that would keep machines from being spread over several databases by practice. */
function faultsOf(sql: string): readonly string[] {
  const text = folded(sql);
  const machineTables = machineTablesOf(tablesOf(sql));
  const keys = machineTables
    .filter((table) => primaryKeyOf(table)[0] !== 'practice_id')
    .map(({ name }) => `${name}: its key does not begin with practice_id`);
  const uniqueInside = machineTables.flatMap(({ name, parts }) =>
    parts
      .filter((part) => /\bUNIQUE\b/i.test(part) && !/\bUNIQUE \(practice_id\b/i.test(part))
      .map((part) => `${name}: ${part}`),
  );
  return [
    ...keys,
    ...uniqueInside,
    ...matches(text, /ALTER TABLE \w+ ADD (CONSTRAINT \w+ )?PRIMARY KEY \((?!practice_id\b)[^)]*\)/gi),
    ...matches(
      text,
      new RegExp(
        `CREATE UNIQUE INDEX (\\w+ )?ON (${MACHINE_TABLES.join('|')}) (USING \\w+ )?\\((?!practice_id\\b)[^)]*\\)`,
        'gi',
      ),
    ),
    ...matches(text, /\b(small|big)?serial\b|\bAS IDENTITY\b|\bCREATE (TEMP\w* )?SEQUENCE\b/gi),
    ...matches(text.replace(CONSTANT_DEFAULT, ''), /\bDEFAULT [^,;]*/gi),
    ...matches(
      text,
      /\bCREATE (OR REPLACE )?(CONSTRAINT )?(EVENT )?(TRIGGER|RULE)\b|\b(LISTEN|NOTIFY|pg_notify)\b/gi,
    ),
    ...referencesAcross(machineTables),
  ];
}

/** References of machine tables that do not carry the practice on both sides. */
function referencesAcross(tables: readonly Table[]): readonly string[] {
  return tables.flatMap(({ name, parts }) =>
    parts
      .filter((part) => /\bREFERENCES\b/i.test(part))
      .filter(
        (part) =>
          !/FOREIGN KEY \(practice_id\b[^)]*\) REFERENCES \w+ \((practice_id|code)\b/i.test(part) &&
          !/^practice_id .*REFERENCES practice\b/i.test(part),
      )
      .map((part) => `${name}: ${part}`),
  );
}

/** Moments of a statement that neither a parameter nor a column of milliseconds, filled from one, brought in. */
function momentsMadeUp(sql: string): readonly string[] {
  const built = matches(sql, /to_timestamp\([^()]*(\([^()]*\))?[^()]*\)/g).filter(
    (call) => !/\$\d|_ms\b/.test(call),
  );
  return [
    ...built,
    ...matches(
      sql,
      /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|\b(CURRENT_(TIMESTAMP|DATE|TIME)|LOCALTIME(STAMP)?)\b/gi,
    ),
  ];
}

function matches(text: string, what: RegExp): readonly string[] {
  return [...text.matchAll(what)].map(([found]) => found.trim());
}

/** What every migration sends when it goes up, oldest first: run against a recorder, so the text is that of the server's eyes. */
async function migrationTexts(): Promise<readonly string[]> {
  const sent: string[] = [];
  const recorder = { query: (sql: string) => Promise.resolve(sent.push(sql)) } as unknown as QueryRunner;
  for (const name of readdirSync(MIGRATIONS).sort()) {
    const module = (await import(join(MIGRATIONS, name))) as Record<string, unknown>;
    for (const Migration of Object.values(module).filter(isMigration)) await new Migration().up(recorder);
  }
  return sent;
}

type MigrationClass = new () => { up(runner: QueryRunner): Promise<void> };

function isMigration(value: unknown): value is MigrationClass {
  return (
    typeof value === 'function' && typeof (value.prototype as { up?: unknown } | undefined)?.up === 'function'
  );
}
