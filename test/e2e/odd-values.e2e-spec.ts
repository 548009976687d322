import * as fc from 'fast-check';
import { startApplication, type Application } from '../support/application';
import type { EnrolmentResult, FieldWarning, ReportResult } from '../support/client';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/**
 * Reports and enrolments as scripts in the field write them, over real HTTP: an odd optional value never costs the rest, by either wire, and
 * is seen by whoever looks after the agents.
 */
let app: Application;
let token: string;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-22T08:10:00Z' });
  token = await app.client.createEnrolmentToken('ENGLAND');
});

afterAll(() => app.close());

/** A machine that nothing was heard of yet. */
function machine(): Promise<Pc> {
  return Pc.enrol(app.client, wireMachine(PRACTICE));
}

const REPORT = `mutation ($input: ReportHeartbeatsInput!) { reportHeartbeats(input: $input) {
  results { seq outcome code detail warnings { field reason } } } }`;
const REPORT_LIST = `mutation ($heartbeats: [HeartbeatInput!]!) { reportHeartbeats(input: { heartbeats: $heartbeats }) {
  results { seq outcome code detail warnings { field reason } } } }`;
type Reported = { readonly reportHeartbeats: { readonly results: readonly ReportResult[] } | null };

async function byHttp(
  pc: Pc,
  report: unknown,
  headers: Record<string, string> = {},
): Promise<readonly ReportResult[]> {
  const { status, body } = await app.client.post<{ results: readonly ReportResult[] }>(
    '/v1/heartbeats',
    report,
    pc.credential,
    headers,
  );
  expect(status).toBe(200);
  return body.results;
}

async function byGraphql(pc: Pc, input: unknown): Promise<readonly ReportResult[]> {
  const { body } = await app.client.ask<Reported>(REPORT, { input }, pc.credential);
  expect(body.errors).toBeUndefined();
  return body.data?.reportHeartbeats?.results ?? [];
}

/** The same by both wires: GraphQL says null and nothing where HTTP leaves a member out. */
function alike(results: readonly ReportResult[]): readonly unknown[] {
  return results.map(({ seq, outcome, code, detail, warnings }) => [
    seq,
    outcome,
    code,
    detail ?? null,
    warnings ?? [],
  ]);
}

const HEARTBEAT = {
  bootId: 'b1',
  seq: 13,
  uptimeSeconds: 3_700,
  bootMode: 'NORMAL',
  channelFileWrittenAt: '2024-07-19T05:29:11Z',
  sensorVersion: '7.16.18605.0',
  sensorRunning: true,
};
const CRASH = { at: '2024-07-19T04:31:07Z', stopCode: 80 };
/** What a machine is that crashed as the incident makes machines crash, and has long been up again. */
const CRASHED = { exposure: 'CRASHED', state: 'RECOVERED' };

type Seen = { readonly exposure: string; readonly state: string };

describe('a list of one as PowerShell writes it', () => {
  it.each<[string, unknown, Partial<Seen>]>([
    ['one crash', { heartbeats: [{ ...HEARTBEAT, crashes: CRASH }] }, CRASHED],
    ['a wrapped crash', { heartbeats: [{ ...HEARTBEAT, crashes: { value: [CRASH], Count: 1 } }] }, CRASHED],
    [
      'no crash, wrapped',
      { heartbeats: [{ ...HEARTBEAT, crashes: { value: [], Count: 0 } }] },
      { exposure: 'NOT_EXPOSED' },
    ],
    ['one heartbeat', { heartbeats: { ...HEARTBEAT, crashes: [CRASH] } }, CRASHED],
    ['a wrapped heartbeat', { heartbeats: { value: [{ ...HEARTBEAT, crashes: CRASH }], Count: 1 } }, CRASHED],
    [
      'a hexadecimal stop code',
      { heartbeats: [{ ...HEARTBEAT, crashes: { ...CRASH, stopCode: '0x00000050' } }] },
      CRASHED,
    ],
    [
      'a date of .NET',
      { heartbeats: [{ ...HEARTBEAT, crashes: { ...CRASH, at: `/Date(${Date.parse(CRASH.at)})/` } }] },
      CRASHED,
    ],
    [
      'everything as text',
      {
        heartbeats: {
          ...HEARTBEAT,
          seq: '13',
          uptimeSeconds: '3700',
          bootMode: 'Normal',
          sensorRunning: 'True',
          crashes: CRASH,
        },
      },
      CRASHED,
    ],
  ])('%s', async (_name, report, expected) => {
    const [one, other] = [await machine(), await machine()];
    const results = await byHttp(one, report);
    expect(results).toEqual([{ seq: 13, outcome: 'ACCEPTED', code: null }]);
    expect(alike(await byGraphql(other, report))).toEqual(alike(results));
    expect(await one.seen()).toMatchObject(expected);
    expect(await other.seen()).toMatchObject(expected);
  });

  it('a list of heartbeats in a variable of its own', async () => {
    const pc = await machine();
    const heartbeats = { ...HEARTBEAT, crashes: { ...CRASH, stopCode: -1 } };
    const { body } = await app.client.ask<Reported>(REPORT_LIST, { heartbeats }, pc.credential);
    expect(alike(body.data?.reportHeartbeats?.results ?? [])).toEqual([[13, 'ACCEPTED', null, null, []]]);
  });
});

describe('what an agent could not tell', () => {
  const NULLS = {
    bitlocker: null,
    safeBootFlag: null,
    sensorRunning: null,
    crashes: null,
    hostname: null,
    ageSeconds: null,
    osBuild: null,
    sentAt: null,
  };

  it('null is "not collected", by both wires', async () => {
    const [one, other] = [await machine(), await machine()];
    const report = { heartbeats: [{ ...HEARTBEAT, ...NULLS }] };
    const results = await byHttp(one, report);
    expect(results).toEqual([{ seq: 13, outcome: 'ACCEPTED', code: null }]);
    expect(alike(await byGraphql(other, report))).toEqual(alike(results));
  });

  it('an unreadable file time proves nothing: the machine does not recover by it, and one reads why', async () => {
    for (const channelFileWrittenAt of ['', 'unknown', {}, [], 133_658_441_510_000_000]) {
      const pc = await machine();
      const [result] = await byHttp(pc, {
        heartbeats: [{ ...HEARTBEAT, crashes: [CRASH], channelFileWrittenAt }],
      });
      expect(result).toMatchObject({ outcome: 'ACCEPTED', warnings: [{ field: 'channelFileWrittenAt' }] });
      expect(await pc.seen()).toMatchObject({ state: 'STABILISING', failingTests: ['FILE_HARMLESS'] });
    }
  });

  it('a local time still refuses the report: the bad file would be a good one', async () => {
    const pc = await machine();
    for (const odd of [
      { channelFileWrittenAt: '2024-07-19 05:40:00' },
      { channelFileWrittenAt: '07/19/2024 05:40:00' },
      { crashes: { at: '2024-07-19T05:31:07', stopCode: 80 } },
    ]) {
      const report = { heartbeats: [{ ...HEARTBEAT, ...odd }] };
      const results = await byHttp(pc, report);
      expect(results).toMatchObject([{ outcome: 'REJECTED', code: 'LOCAL_TIME' }]);
      expect(alike(await byGraphql(pc, report))).toEqual(alike(results));
    }
    expect(await pc.seen()).toMatchObject({ contact: { lastHeardAt: null } });
  });

  it('an element that is no crash costs itself, and the machine is known to have crashed', async () => {
    const pc = await machine();
    const crashes = ['System.Collections.Hashtable', CRASH];
    const [result] = await byHttp(pc, { heartbeats: [{ ...HEARTBEAT, crashes }] });
    expect(result).toMatchObject({ outcome: 'ACCEPTED', warnings: [{ field: 'crashes[0]' }] });
    expect(await pc.seen()).toMatchObject(CRASHED);
  });
});

it('counts what was left out by field and by version of the agent, and tells no more versions apart than a few', async () => {
  const pc = await machine();
  const odd = (seq: number, agentVersion?: string) => ({
    ...HEARTBEAT,
    ...{ seq, crashes: [7], bitlocker: 'On' },
    ...(agentVersion === undefined ? {} : { agentVersion }),
  });
  await byHttp(pc, { heartbeats: [odd(20, '2.1.0'), odd(21, '2.1.0')] });
  const powershell = 'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-GB) WindowsPowerShell/5.1.22621.2506';
  await byHttp(pc, { heartbeats: [odd(22)] }, { 'user-agent': powershell });
  for (let i = 0; i < 60; i += 1) await byHttp(pc, { heartbeats: [odd(100 + i, `9.0.${i}`)] });
  await byHttp(pc, { heartbeats: [odd(200, '"} 1\nforged{x="')] });
  const { text } = await app.client.request('/metrics');
  const counted = text.split('\n').filter((line) => line.startsWith('recovery_values_left_out_total{'));
  const of = (agent: string) =>
    counted.filter((line) => line.includes(`agent_version="${agent}"`) && line.includes('field="bitlocker"'));
  expect(of('2.1.0')).toEqual([expect.stringMatching(/item="heartbeat".*} 2$/)]);
  expect(of('WindowsPowerShell/5.1.22621.2506')).toEqual([expect.stringMatching(/} 1$/)]);
  expect(counted.some((line) => line.includes('field="crashes"'))).toBe(true);
  const versions = new Set(counted.map((line) => /agent_version="([^"]*)"/.exec(line)?.[1]));
  expect(versions.size).toBeLessThanOrEqual(52);
  expect([versions.has('other'), text.includes('forged')]).toEqual([true, false]);
});

describe('an enrolment', () => {
  async function enrolled(fields: object): Promise<EnrolmentResult> {
    const { body } = await app.client.enrol(token, [{ ...wireMachine(PRACTICE), ...fields }]);
    return body.results[0] as EnrolmentResult;
  }

  const NUMBERS = `query ($id: ID!) { machine(id: $id) { serialNumber practice { odsCode } } }`;

  it.each<[string, object, object]>([
    ['nulls', { serialNumber: null, smbiosUuid: null, assetTag: null }, { serialNumber: null }],
    [
      'a code as it is typed',
      { practice: ` ${PRACTICE.slice(0, 1).toLowerCase()} ${PRACTICE.slice(1, 3)} ${PRACTICE.slice(3)}` },
      {},
    ],
    ['a number for a serial number', { serialNumber: 4_711_815 }, { serialNumber: '4711815' }],
    ['names in another case', { SerialNumber: 'ABC9ODD' }, { serialNumber: 'ABC9ODD' }],
  ])('reads %s', async (_name, fields, expected) => {
    const result = await enrolled(fields);
    expect([result.outcome, result.warnings]).toEqual(['ENROLLED', undefined]);
    const { machine: seen } = await app.client.query<{ machine: object }>(NUMBERS, { id: result.machineId });
    expect(seen).toMatchObject({ practice: { odsCode: PRACTICE }, ...expected });
  });

  it('leaves out an identity that cannot be read, and names it', async () => {
    const odd = { serialNumber: 'A\u0000B', smbiosUuid: 'none of these', assetTag: { tag: 1 } };
    const result = await enrolled(odd);
    expect(result.outcome).toBe('ENROLLED');
    expect(result.warnings?.map(({ field }) => field)).toEqual(['serialNumber', 'smbiosUuid', 'assetTag']);
  });

  it('knows hardware by its UUID in whatever notation', async () => {
    const uuid = '4c4c4544-0042-3510-8052-b4c04f4a4e77';
    const first = await enrolled({ smbiosUuid: uuid });
    for (const spelling of [`{${uuid.toUpperCase()}}`, uuid.replaceAll('-', ''), `urn:uuid:${uuid}`]) {
      const again = await enrolled({ smbiosUuid: spelling });
      expect([again.outcome, again.warnings]).toEqual(['ENROLLED', undefined]);
    }
    const stored = await app.database.pool.query<{ smbios_uuid: string }>(
      `SELECT DISTINCT smbios_uuid FROM machine WHERE smbios_uuid LIKE '4c4c4544%'`,
    );
    expect(stored.rows).toEqual([{ smbios_uuid: uuid }]);
    expect(first.outcome).toBe('ENROLLED');
  });

  it('of one machine is a list of one', async () => {
    const body = { enrolmentToken: token, machines: wireMachine(PRACTICE) };
    const { status, body: answer } = await app.client.post<{ results: unknown[] }>(
      '/v1/enrolments',
      body,
      null,
    );
    expect([status, answer.results]).toMatchObject([200, [{ outcome: 'ENROLLED' }]]);
  });
});

it('a relay names machines in any spelling of their identity', async () => {
  const pc = await machine();
  const relay = await app.client.createRelay(PRACTICE);
  const [practice, uuid] = pc.id.split('.') as [string, string];
  const spelled = ` ${practice.toLowerCase()}.{${uuid.toUpperCase()}}`;
  const { body } = await app.client.report(relay.credential, [wireHeartbeat({ machineId: spelled })]);
  expect(body.results).toMatchObject([{ outcome: 'ACCEPTED' }]);
});

it('takes any JSON at any optional field, answers alike by both wires, and goes on', async () => {
  const [one, other] = [await machine(), await machine()];
  const FIELDS = [
    'channelFileWrittenAt',
    'sensorVersion',
    'sensorRunning',
    'crashes',
    'bitlocker',
    'safeBootFlag',
    'hostname',
    'osBuild',
    'sentAt',
    'agentVersion',
  ];
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      '',
      '0x7E',
      CRASH,
      [CRASH],
      { value: [CRASH], Count: 1 },
      'PROTECTED',
      '\u0000',
      '\ud800',
      1e308,
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const odd = fc.dictionary(fc.constantFrom(...FIELDS), value, { minKeys: 1, maxKeys: 5 });
  const samples = fc.sample(odd, { numRuns: 400, seed: 18 });
  const report = {
    heartbeats: samples.map((fields, i) => ({ ...HEARTBEAT, ...fields, seq: i + 1, uptimeSeconds: 100 + i })),
  };
  const results = await byHttp(one, report);
  const taken = results.filter(({ outcome }) => outcome !== 'REJECTED');
  const refused = results.filter(({ outcome }) => outcome === 'REJECTED');
  expect(taken.length).toBeGreaterThan(380);
  for (const { code } of refused) expect(['LOCAL_TIME', 'FORBIDDEN_FIELD']).toContain(code);
  expect(taken.flatMap(({ warnings }) => warnings ?? ([] as readonly FieldWarning[])).length).toBeGreaterThan(
    300,
  );
  expect(alike(await byGraphql(other, report))).toEqual(alike(results));
  expect({ ...(await other.seen()), id: '', hostname: '' }).toEqual({
    ...(await one.seen()),
    id: '',
    hostname: '',
  });
});
