import type { Heartbeat } from '@app/recovery';
import { readHeartbeat, type ReadHeartbeat } from './read-heartbeat';

/** A report with nothing optional in it. */
const BARE = { bootId: 'b1', seq: 13, uptimeSeconds: 3_700, bootMode: 'NORMAL' };
const FULL = {
  ...BARE,
  ageSeconds: 5,
  channelFileWrittenAt: '2024-07-19T05:29:11Z',
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
  crashes: [{ at: '2024-07-19T04:31:07Z', stopCode: 80 }],
  bitlocker: 'PROTECTED',
  safeBootFlag: false,
  hostname: 'RECEPTION-1',
  osBuild: '22631.3880',
  sentAt: '2024-07-22T08:00:03Z',
  agentVersion: '2.1.0',
};
const FILE_MS = Date.UTC(2024, 6, 19, 5, 29, 11);
const CRASH_MS = Date.UTC(2024, 6, 19, 4, 31, 7);
const CRASH = { at: '2024-07-19T04:31:07Z', stopCode: 80 };
const ONE_CRASH = { crashes: [{ atMs: CRASH_MS, stopCode: 80 }] };

function taken(item: unknown): ReadHeartbeat {
  const read = readHeartbeat(item);
  if (!('heartbeat' in read)) throw new Error(`refused: ${JSON.stringify(read)}`);
  return read;
}

function refusal(item: unknown): string {
  const read = readHeartbeat(item);
  if ('heartbeat' in read) throw new Error('taken');
  return `${read.code}: ${read.detail}`;
}

describe('what is read, and means the same as its ordinary form', () => {
  it.each<[string, object, Partial<Heartbeat>]>([
    ['nulls', nulls('ageSeconds', 'sensorRunning', 'crashes', 'bitlocker', 'safeBootFlag', 'hostname'), {}],
    ['more nulls', nulls('machineId', 'osBuild', 'sentAt', 'agentVersion'), {}],
    ['no such file', { channelFileWrittenAt: null }, { channelFileWrittenAtMs: null }],
    ['no sensor', { sensorVersion: null }, { sensorVersion: null }],
    ['one crash for a list', { crashes: CRASH }, ONE_CRASH],
    ['a list of Windows PowerShell', { crashes: { value: [CRASH], Count: 1 } }, ONE_CRASH],
    ['an empty one', { crashes: { value: [], Count: 0 } }, { crashes: [] }],
    ['a null in a list', { crashes: [null, CRASH] }, ONE_CRASH],
    [
      'names in another case',
      { Crashes: [{ At: CRASH.at, StopCode: 80 }], host_name: 'PC-1' },
      { ...ONE_CRASH, hostname: 'PC-1' },
    ],
    [
      'what PowerShell adds',
      { PSComputerName: 'PC-1', RunspaceId: '7d0c', crashes: [{ ...CRASH, PSComputerName: 'PC-1' }] },
      ONE_CRASH,
    ],
    [
      'seven digits',
      { channelFileWrittenAt: '2024-07-19T05:29:11.0000000Z' },
      { channelFileWrittenAtMs: FILE_MS },
    ],
    ['small letters', { channelFileWrittenAt: '2024-07-19t05:29:11z' }, { channelFileWrittenAtMs: FILE_MS }],
    ['an offset', { channelFileWrittenAt: '2024-07-19 06:29:11+01:00' }, { channelFileWrittenAtMs: FILE_MS }],
    [
      'UTC by -00:00',
      { channelFileWrittenAt: ' 2024-07-19T05:29:11-00:00 ' },
      { channelFileWrittenAtMs: FILE_MS },
    ],
    ['a date of .NET', { channelFileWrittenAt: `/Date(${FILE_MS})/` }, { channelFileWrittenAtMs: FILE_MS }],
    [
      'with its offset',
      { channelFileWrittenAt: `/Date(${FILE_MS}+0100)/` },
      { channelFileWrittenAtMs: FILE_MS },
    ],
    [
      'a date as Get-Date gives it',
      { sentAt: { value: `/Date(${FILE_MS})/`, DisplayHint: 2, DateTime: '19 July 2024 06:29:11' } },
      { sentAtMs: FILE_MS },
    ],
    [
      'a list of one time',
      { channelFileWrittenAt: ['2024-07-19T05:29:11Z'] },
      { channelFileWrittenAtMs: FILE_MS },
    ],
    [
      'flags as text',
      { sensorRunning: 'True', safeBootFlag: ' false ' },
      { sensorRunning: true, safeBootFlag: false },
    ],
    ['words in another case', { bootMode: 'Normal', bitlocker: ' protected ' }, { bitlocker: 'PROTECTED' }],
    ['words in parts', { bootMode: 'Safe mode (no)'.slice(0, 9) }, { bootMode: 'SAFE_MODE' }],
    ['more parts', { bootMode: 'safe-mode-network' }, { bootMode: 'SAFE_MODE_NETWORK' }],
    [
      'numbers as text',
      { seq: '13', uptimeSeconds: ' 3700.5 ', ageSeconds: '5' },
      { uptimeMs: 3_700_500, ageMs: 5_000 },
    ],
    ['a number for a boot id', { bootId: 413 }, { bootId: '413' }],
    [
      'a version of .NET',
      { sensorVersion: { Major: 7, Minor: 16, Build: 18605, Revision: 0, MajorRevision: 0 } },
      { sensorVersion: '7.16.18605.0' },
    ],
    [
      'a short one',
      { osBuild: { Major: 10, Minor: 0, Build: 22631, Revision: -1 } },
      { osBuild: '10.0.22631' },
    ],
  ])('%s: %j', (_name, fields, meant) => {
    const read = taken({ ...BARE, ...fields });
    expect(read.warnings).toEqual([]);
    expect(read.heartbeat).toEqual({ ...taken(BARE).heartbeat, ...meant });
  });

  it.each<[unknown, number]>([
    [80, 80],
    ['80', 80],
    ['0x50', 80],
    ['0x00000050', 80],
    ['0X1000007e', 0x1000007e],
    [268_435_582, 0x1000007e],
    ['0xC000021A', 0xc000021a],
    [-1_073_741_286, 0xc000021a],
    ['-1073741286', 0xc000021a],
    ['0xFFFFFFFFC000021A', 0xc000021a],
    ['0x0000007e (0xffffffffc0000005, 0xfffff80047c1, 0xffff, 0xffff)', 126],
    [0, 0],
    [4_294_967_295, 0xffffffff],
    [-2_147_483_648, 0x80000000],
    [null, 0],
  ])('the stop code %j', (stopCode, meant) => {
    const read = taken({ ...BARE, crashes: [{ at: CRASH.at, stopCode }] });
    expect([read.heartbeat.crashes, read.warnings]).toEqual([[{ atMs: CRASH_MS, stopCode: meant }], []]);
  });
});

function nulls(...fields: readonly string[]): Record<string, null> {
  return Object.fromEntries(fields.map((field) => [field, null]));
}

describe('what cannot be read is left out and named, and the rest is taken', () => {
  it.each<[string, unknown]>([
    ['channelFileWrittenAt', 'yesterday'],
    ['channelFileWrittenAt', '2024-02-30T00:00:00Z'],
    ['channelFileWrittenAt', ''],
    ['channelFileWrittenAt', {}],
    ['channelFileWrittenAt', [null]],
    ['channelFileWrittenAt', { value: null }],
    ['channelFileWrittenAt', [FULL.channelFileWrittenAt, FULL.channelFileWrittenAt]],
    ['channelFileWrittenAt', 1_721_366_951],
    ['channelFileWrittenAt', 1_721_366_951_000],
    ['channelFileWrittenAt', '/Date(999999999999999)/'],
    ['sentAt', 'now'],
    ['sentAt', false],
    ['sensorVersion', ''],
    ['sensorVersion', 7.16],
    ['sensorVersion', [null]],
    ['sensorVersion', { Major: 7 }],
    ['sensorVersion', 'x'.repeat(65)],
    ['sensorRunning', 1],
    ['sensorRunning', 4],
    ['sensorRunning', 'Running'],
    ['sensorRunning', ''],
    ['safeBootFlag', 0],
    ['safeBootFlag', 'yes'],
    ['bitlocker', 1],
    ['bitlocker', 'On'],
    ['bitlocker', 'PROTECTED, OFF'],
    ['hostname', ''],
    ['hostname', 'x'.repeat(256)],
    ['hostname', 'A\u0000B'],
    ['hostname', 'A\ud83d'],
    ['osBuild', 22631.388],
    ['agentVersion', {}],
    ['crashes', 'System.Collections.Hashtable'],
    ['crashes', 7],
    ['crashes', true],
  ])('%s %j', (field, value) => {
    const others = Object.fromEntries(Object.entries(FULL).filter(([name]) => name !== field));
    const read = taken({ ...FULL, [field]: value });
    expect(read.warnings).toEqual([{ field, reason: expect.any(String) as unknown }]);
    expect(read.heartbeat).toEqual(taken(others).heartbeat);
  });

  it('an element of the crashes costs itself alone, and a stop code itself', () => {
    const crashes = [
      'System.Collections.Hashtable',
      CRASH,
      { stopCode: 80 },
      { at: CRASH.at, stopCode: '0xZZ' },
      { at: CRASH.at, stopCode: 2 ** 32 },
    ];
    const read = taken({ ...BARE, crashes });
    expect(read.heartbeat.crashes).toEqual([
      { atMs: CRASH_MS, stopCode: 80 },
      { atMs: CRASH_MS, stopCode: 0 },
      { atMs: CRASH_MS, stopCode: 0 },
    ]);
    expect(read.warnings.map(({ field }) => field)).toEqual([
      'crashes[0]',
      'crashes[2].at',
      'crashes[3].stopCode',
      'crashes[4].stopCode',
    ]);
    expect(read.warnings[0]?.reason).toContain('"System.Collections.Hashtable"');
    expect(read.warnings[2]?.reason).toMatch(/"0xZZ" .*negative/);
  });

  it('of too many crashes the newest are taken', () => {
    const crashes = Array.from({ length: 70 }, (_, i) => ({
      at: new Date(CRASH_MS + i * 1_000).toISOString(),
      stopCode: i,
    }));
    const read = taken({ ...BARE, crashes });
    expect(read.heartbeat.crashes.map(({ stopCode }) => stopCode).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 64 }, (_, i) => i + 6),
    );
    expect(read.warnings).toEqual([{ field: 'crashes', reason: '70 crashes: the newest 64 are taken' }]);
  });

  it('a negative age of some seconds is a fresh report', () => {
    const read = taken({ ...BARE, ageSeconds: -0.25 });
    expect([read.heartbeat.ageMs, read.warnings.map(({ field }) => field)]).toEqual([0, ['ageSeconds']]);
  });

  it('tells of no more than a few, and shows no secret and no more than the beginning of a value', () => {
    const many = taken({ ...BARE, crashes: Array<number>(500).fill(7) }).warnings;
    expect([many.length, many.at(-1)]).toEqual([
      13,
      { field: 'others', reason: '488 more values could not be read' },
    ]);
    const password = '111111-222222-333333-444444-555555-666666-777777-888888';
    for (const secret of [
      password,
      'm1.ka7Qx.dGhpcyBpcyBhIHNlY3JldCBzaWduYXR1cmU',
      `enrol_${'Ab1'.repeat(12)}`,
    ]) {
      const { warnings } = taken({ ...BARE, bitlocker: secret });
      expect(JSON.stringify(warnings)).not.toContain(secret.slice(0, 12));
    }
    const { warnings } = taken({ ...BARE, bitlocker: 'long and odd \u0007\ud83d '.repeat(2_000) });
    expect(warnings[0]?.reason).toMatch(/^"long and odd \?\? .{0,80}"/);
    expect(warnings[0]?.reason.length).toBeLessThan(160);
  });
});

describe('what is refused, by a sentence that names the field', () => {
  it.each<[unknown, RegExp]>([
    [null, /^INVALID_ITEM: heartbeat is null/],
    ['heartbeat', /^INVALID_ITEM: heartbeat is "heartbeat"/],
    [[BARE], /^INVALID_ITEM: heartbeat is a list of 1/],
    [
      {},
      /^INVALID_ITEM: bootId is missing .*; seq is missing .*; uptimeSeconds is missing .*; bootMode is missing/,
    ],
    [{ ...BARE, bootMode: 'SLEEPING' }, /^INVALID_ITEM: bootMode is "SLEEPING" \(allowed: NORMAL, SAFE_MODE/],
    [{ ...BARE, bootMode: null }, /^INVALID_ITEM: bootMode is null/],
    [{ ...BARE, seq: 0 }, /^INVALID_ITEM: seq is 0 \(allowed: a whole number from 1/],
    [{ ...BARE, seq: '1,5' }, /^INVALID_ITEM: seq is "1,5"/],
    [{ ...BARE, seq: 1.5 }, /^INVALID_ITEM: seq/],
    [{ ...BARE, uptimeSeconds: -1 }, /^INVALID_ITEM: uptimeSeconds is -1/],
    [{ ...BARE, uptimeSeconds: Infinity }, /^INVALID_ITEM: uptimeSeconds/],
    [{ ...BARE, bootId: 'b 1' }, /^INVALID_ITEM: bootId is "b 1"/],
    [{ ...BARE, bootId: -1 }, /^INVALID_ITEM: bootId/],
    [{ ...BARE, machineId: 7.5 }, /^INVALID_ITEM: machineId is 7.5/],
    [
      { ...BARE, ageSeconds: 'long' },
      /^INVALID_ITEM: ageSeconds is "long" \(allowed: seconds from 0 to 2678400\)/,
    ],
    [{ ...BARE, ageSeconds: -3_600 }, /^INVALID_ITEM: ageSeconds/],
    [{ ...BARE, ageSeconds: 2_678_401 }, /^INVALID_ITEM: ageSeconds/],
    [{ ...BARE, channelFileWrittenAt: '2024-07-19T05:30:00' }, /^LOCAL_TIME: channelFileWrittenAt needs/],
    [{ ...BARE, channelFileWrittenAt: '2024-07-19 05:30:00.1234567' }, /^LOCAL_TIME: channelFileWrittenAt/],
    [{ ...BARE, channelFileWrittenAt: '07/19/2024 05:30:00' }, /^LOCAL_TIME: channelFileWrittenAt/],
    [
      { ...BARE, channelFileWrittenAt: { value: '19 July 2024 05:30:00' } },
      /^LOCAL_TIME: channelFileWrittenAt/,
    ],
    [{ ...BARE, sentAt: '2024-07-19T05:30:00' }, /^LOCAL_TIME: sentAt/],
    [{ ...BARE, crashes: { at: '2024-07-19T05:30:00', stopCode: 80 } }, /^LOCAL_TIME: crashes.at/],
    [{ ...BARE, crashes: [CRASH, { at: '2024-07-19T05:30:00', stopCode: 80 }] }, /^LOCAL_TIME: crashes.at/],
    [{ ...BARE, ageSecond: 86_400 }, /^UNKNOWN_FIELD: unknown field ageSecond$/],
    [{ ...BARE, hostname: 'PC-1', HOSTNAME: 'PC-2' }, /^UNKNOWN_FIELD: unknown field HOSTNAME$/],
    [JSON.parse('{"__proto__":{"seq":1},"bootId":"b"}'), /^UNKNOWN_FIELD: unknown field __proto__$/],
    [{ ...BARE, recoveryPassword: '1' }, /^FORBIDDEN_FIELD: .*recoveryPassword/],
    [{ ...BARE, user_name: 'jane' }, /^FORBIDDEN_FIELD/],
    [{ ...BARE, crashes: [{ ...CRASH, userName: 'jane' }] }, /^FORBIDDEN_FIELD/],
    [{ ...BARE, bitlocker: { state: 'ON', protector: [{ RecoveryPassword: '1' }] } }, /^FORBIDDEN_FIELD/],
    [{ ...BARE, hostname: { PatientName: 'x' } }, /^FORBIDDEN_FIELD/],
  ])('%j', (item, expected) => {
    expect(refusal(item)).toMatch(expected);
  });
});
