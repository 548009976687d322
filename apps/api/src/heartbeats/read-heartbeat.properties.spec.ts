import * as fc from 'fast-check';
import type { Heartbeat } from '@app/recovery';
import { HEARTBEAT_FIELDS } from './heartbeat.body';
import { readHeartbeat, type ReadHeartbeat } from './read-heartbeat';

/** A report with nothing optional in it. */
const BARE = { bootId: 'b1', seq: 13, uptimeSeconds: 3_700, bootMode: 'NORMAL' };
const CRASH = { at: '2024-07-19T04:31:07Z', stopCode: 80 };

describe('any JSON', () => {
  /** Those that say whose a report is, and of when. */
  const DECISIVE = new Set(['machineId', 'ageSeconds', 'bootId', 'seq', 'uptimeSeconds', 'bootMode']);
  const optional = HEARTBEAT_FIELDS.filter((field) => !DECISIVE.has(field));
  const near = fc.constantFrom<unknown>(
    ...Object.values(BARE),
    ...['2024-07-19T05:29:11Z', '7.16.18605.0', true, 'PROTECTED', 'RECEPTION-1', '2024-07-19T05:29:11'],
    CRASH,
    [CRASH],
    { value: [CRASH], Count: 1 },
    '0x7E',
    ' True ',
    '2024-07-19t05:29:11.1234567z',
    '/Date(1721366951000)/',
    '\u0000',
    '\ud800',
  );
  const anything = fc.oneof(near, fc.jsonValue({ maxDepth: 4 }), fc.anything({ maxDepth: 2 }).map(toJson));

  it('at optional fields never costs the report, and what is left out is named', () => {
    const odd = fc.dictionary(fc.constantFrom(...optional), anything, { maxKeys: 4 });
    fc.assert(
      fc.property(odd, (fields) => {
        const read = readHeartbeat({ ...BARE, ...fields });
        if (!('heartbeat' in read)) {
          expect(['LOCAL_TIME', 'FORBIDDEN_FIELD']).toContain(read.code);
          return;
        }
        const named = new Set(read.warnings.map(({ field }) => field.split(/[.[]/)[0]));
        for (const [field, value] of Object.entries(fields)) {
          const told = domainValue(read, field);
          const saysNothing = value === null || (field === 'crashes' && NO_CRASH.test(JSON.stringify(value)));
          if (!saysNothing && told === undefined) expect(named).toContain(field);
          if (value === null) expect(told ?? null).toBeNull();
        }
      }),
      { numRuns: 3_000, seed: 51 },
    );
  });

  it('as a heartbeat is read or refused with a sentence, and nothing is thrown', () => {
    const item = fc.oneof(
      anything,
      fc.dictionary(fc.constantFrom(...HEARTBEAT_FIELDS, 'x', '__proto__'), anything),
    );
    fc.assert(
      fc.property(item, (value) => {
        const read = readHeartbeat(value);
        if ('heartbeat' in read) expect(Number.isSafeInteger(read.heartbeat.seq)).toBe(true);
        else expect(read.detail.length).toBeLessThan(1_000);
      }),
      { numRuns: 3_000, seed: 52 },
    );
  });

  it('never proves what was not said: a file is absent only by null, good only by a time', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const read = readHeartbeat({ ...BARE, channelFileWrittenAt: value });
        if (!('heartbeat' in read)) return;
        const { channelFileWrittenAtMs } = read.heartbeat;
        if (channelFileWrittenAtMs === null) expect(value).toBeNull();
        if (typeof channelFileWrittenAtMs === 'number')
          expect(JSON.stringify(value)).toMatch(/\d{4}-\d{2}-\d{2}|Date\(/);
      }),
      { numRuns: 3_000, seed: 53 },
    );
  });

  it('nested a hundred thousand deep ends nothing', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    const read = readHeartbeat({ ...BARE, hostname: deep, crashes: [deep] });
    expect('warnings' in read && read.warnings.map(({ field }) => field)).toEqual(['hostname', 'crashes[0]']);
  });
});

/** An empty list, or nothing but nulls in it, wrapped or not. */
const NO_CRASH = /^(\{"value":)?\[(null,?)*\](,"Count":.*\})?$/;

function toJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return null;
  }
}

function domainValue({ heartbeat, agentVersion }: ReadHeartbeat, field: string): unknown {
  if (field === 'agentVersion') return agentVersion ?? undefined;
  if (field === 'channelFileWrittenAt') return heartbeat.channelFileWrittenAtMs;
  if (field === 'sentAt') return heartbeat.sentAtMs;
  if (field === 'crashes') return heartbeat.crashes.length === 0 ? undefined : heartbeat.crashes;
  return heartbeat[field as keyof Heartbeat];
}
