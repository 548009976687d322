import { randomUUID } from 'node:crypto';
import { startApplication, type Application } from '../support/application';
import {
  CLOSED_PRACTICE,
  GREATER_MANCHESTER,
  LONDON_PRACTICE,
  NEIGHBOUR,
  PRACTICE,
} from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** What `POST /v1/heartbeats` answers about each heartbeat. */
let app: Application;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T09:00:00Z' });
});

afterAll(() => app.close());

function enrol(practice: string): Promise<Pc> {
  return Pc.enrol(app.client, wireMachine(practice));
}

async function outcomesOf(bearer: string, heartbeats: readonly unknown[]): Promise<readonly string[]> {
  const { status, body } = await app.client.report(bearer, heartbeats);
  expect(status).toBe(200);
  expect(body.results).toHaveLength(heartbeats.length);
  return body.results.map(({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`));
}

describe('outcomes', () => {
  it('says ACCEPTED, DUPLICATE and STALE, the server’s time, and when to report next', async () => {
    const pc = await enrol(PRACTICE);
    const newest = wireHeartbeat({ bootId: 'b', seq: 2, uptimeSeconds: 600 });
    const { body, headers } = await app.client.report(pc.credential, [newest]);
    expect(body).toEqual({
      serverTime: '2024-07-19T09:00:00.000Z',
      results: [{ seq: 2, outcome: 'ACCEPTED', code: null }],
      next: { afterSeconds: 300, jitterSeconds: 30 },
    });
    expect(headers['content-type']).toMatch(/^application\/json/);
    const late = wireHeartbeat({ bootId: 'b', seq: 1, uptimeSeconds: 300, ageSeconds: 300 });
    expect(await outcomesOf(pc.credential, [newest, late, late, newest])).toEqual([
      'DUPLICATE',
      'STALE',
      'DUPLICATE',
      'DUPLICATE',
    ]);
    expect(
      await outcomesOf(pc.credential, [wireHeartbeat({ bootId: 'b', seq: 3, uptimeSeconds: 601 })]),
    ).toEqual(['ACCEPTED']);
  });

  it('says why each refused heartbeat is refused, and takes the others', async () => {
    const pc = await enrol(PRACTICE);
    const good = (seq: number) => wireHeartbeat({ bootId: 'c', seq, uptimeSeconds: 600 + seq });
    const outcomes = await outcomesOf(pc.credential, [
      good(1),
      {},
      null,
      'heartbeat',
      { ...good(2), bootMode: 'SLEEPING' },
      { ...good(2), extra: true },
      { ...good(2), recoveryPassword: '123456-123456' },
      { ...good(2), userName: 'jane' },
      { ...good(2), channelFileWrittenAt: '2024-07-19T05:30:00' },
      { ...good(2), crashes: [{ at: '2024-07-19T05:30:00', stopCode: 80 }] },
      { ...good(2), seq: 0 },
      { ...good(2), uptimeSeconds: -1 },
      { ...good(2), ageSeconds: 'long' },
      { ...good(2), machineId: pc.id },
      good(2),
    ]);
    expect(outcomes).toEqual([
      'ACCEPTED',
      ...Array<string>(4).fill('REJECTED INVALID_ITEM'),
      'REJECTED UNKNOWN_FIELD',
      'REJECTED FORBIDDEN_FIELD',
      'REJECTED FORBIDDEN_FIELD',
      'REJECTED LOCAL_TIME',
      'REJECTED LOCAL_TIME',
      ...Array<string>(3).fill('REJECTED INVALID_ITEM'),
      'REJECTED MACHINE_ID_NOT_ALLOWED',
      'ACCEPTED',
    ]);
    expect(await pc.seen()).toMatchObject({
      contact: { lastHeardAt: '2024-07-19T09:00:00.000Z', freshness: 'FRESH' },
    });
  });

  it('needs no more than the required fields', async () => {
    const pc = await enrol(PRACTICE);
    const required = { bootId: 'd', seq: 1, uptimeSeconds: 5, bootMode: 'NORMAL' };
    expect(await outcomesOf(pc.credential, [required])).toEqual(['ACCEPTED']);
    for (const field of Object.keys(required)) {
      expect(await outcomesOf(pc.credential, [{ ...required, seq: 2, [field]: undefined }])).toEqual([
        'REJECTED INVALID_ITEM',
      ]);
    }
  });

  it('keeps a fact that only the first heartbeat of a report tells', async () => {
    const pc = await enrol(PRACTICE);
    const first = wireHeartbeat({
      seq: 1,
      uptimeSeconds: 600,
      hostname: 'RENAMED',
      sensorVersion: '7.15.18513.0',
      osBuild: '22631.3880',
    });
    const { sensorVersion, ...second } = wireHeartbeat({ seq: 2, uptimeSeconds: 601 });
    expect(sensorVersion).toBeDefined();
    expect(await outcomesOf(pc.credential, [first, second])).toEqual(['ACCEPTED', 'ACCEPTED']);
    const facts = await app.client.query(
      `query ($id: ID!) { machine(id: $id) { hostname facts { sensorVersion osBuild } } }`,
      { id: pc.id },
    );
    expect(facts).toEqual({
      machine: { hostname: 'RENAMED', facts: { sensorVersion: '7.15.18513.0', osBuild: '22631.3880' } },
    });
  });

  it('stores nothing of a refused heartbeat', async () => {
    const pc = await enrol(PRACTICE);
    const before = await pc.seen();
    await outcomesOf(pc.credential, [{ ...wireHeartbeat(), hostname: 'SPY', userName: 'jane' }]);
    expect(await pc.seen()).toEqual(before);
  });
});

describe('a relay', () => {
  it('names the machine of each heartbeat, and reaches machines of its organisation only', async () => {
    const [here, near, far] = [await enrol(PRACTICE), await enrol(NEIGHBOUR), await enrol(LONDON_PRACTICE)];
    const ofIcb = await app.client.createRelay(GREATER_MANCHESTER);
    const ofPractice = await app.client.createRelay(PRACTICE);
    const heartbeats = [
      wireHeartbeat({ machineId: here.id }),
      wireHeartbeat({ machineId: near.id }),
      wireHeartbeat({ machineId: far.id }),
      wireHeartbeat({ machineId: `${PRACTICE}.${randomUUID()}` }),
      wireHeartbeat({ machineId: `${CLOSED_PRACTICE}.${randomUUID()}` }),
      wireHeartbeat({ machineId: 'PC-1' }),
      wireHeartbeat(),
    ];
    const unknown = 'REJECTED UNKNOWN_MACHINE';
    const rest = [unknown, unknown, unknown, unknown, 'REJECTED MACHINE_ID_MISSING'];
    expect(await outcomesOf(ofPractice.credential, heartbeats)).toEqual(['ACCEPTED', unknown, ...rest]);
    expect(await outcomesOf(ofIcb.credential, heartbeats)).toEqual(['DUPLICATE', 'ACCEPTED', ...rest]);
    expect(await far.seen()).toMatchObject({ contact: { lastHeardAt: null, freshness: 'NEVER' } });
    expect(await near.seen()).toMatchObject({ contact: { freshness: 'FRESH' } });
  });

  it('reports up to a thousand heartbeats of many machines at once, in order', async () => {
    const machines = await app.client.enrolAll(Array.from({ length: 250 }, () => wireMachine(NEIGHBOUR)));
    const relay = await app.client.createRelay(NEIGHBOUR);
    const reports = [1, 2, 3, 4].flatMap((seq) =>
      machines.map(({ id }) => wireHeartbeat({ machineId: id, seq, uptimeSeconds: 100 + seq })),
    );
    const { body } = await app.client.report(relay.credential, reports);
    expect(body.results).toEqual(reports.map(({ seq }) => ({ seq, outcome: 'ACCEPTED', code: null })));
  });
});

describe('the mutation reportHeartbeats', () => {
  const REPORT = `mutation ($input: ReportHeartbeatsInput!) { reportHeartbeats(input: $input) { serverTime results { seq outcome code } } }`;
  type Reported = {
    reportHeartbeats: {
      serverTime: string;
      results: { seq: number | null; outcome: string; code: string | null }[];
    } | null;
  };

  it('takes the same facts by the same path as the HTTP route', async () => {
    const named = (): Promise<Pc> => Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'BEFORE' }));
    const [byHttp, byGraphql] = [await named(), await named()];
    const heartbeats = [
      wireHeartbeat({
        seq: 1,
        uptimeSeconds: 30,
        crashes: [{ at: '2024-07-19T04:31:07Z', stopCode: 80 }],
        osBuild: '22631.3880',
        ageSeconds: 60,
        sentAt: '2024-07-19T09:00:01Z',
      }),
      wireHeartbeat({
        seq: 2,
        uptimeSeconds: 90,
        hostname: 'AFTER',
        channelFileWrittenAt: null,
        sensorVersion: null,
        sensorRunning: false,
        bitlocker: 'SUSPENDED',
        safeBootFlag: true,
      }),
      wireHeartbeat({ seq: 2, uptimeSeconds: 90 }),
      wireHeartbeat({ seq: 3, channelFileWrittenAt: '2024-07-19T05:30:00' }),
      wireHeartbeat({ seq: 4, machineId: byHttp.id }),
    ];
    const http = await app.client.report(byHttp.credential, heartbeats);
    const graphql = await app.client.ask<Reported>(REPORT, { input: { heartbeats } }, byGraphql.credential);
    expect(graphql.body.data?.reportHeartbeats).toMatchObject({ serverTime: http.body.serverTime });
    const plain = http.body.results.map(({ seq, outcome, code }) => ({ seq, outcome, code }));
    expect(graphql.body.data?.reportHeartbeats?.results).toEqual(plain);
    expect(plain.map(({ outcome }) => outcome)).toEqual([
      'STALE',
      'ACCEPTED',
      'DUPLICATE',
      'REJECTED',
      'REJECTED',
    ]);
    expect({ ...(await byGraphql.seen()), id: '' }).toEqual({ ...(await byHttp.seen()), id: '' });
  });

  it('is refused with the codes of the HTTP route, and never by the administrator’s token', async () => {
    const input = { heartbeats: [wireHeartbeat()] };
    for (const [bearer, code] of [
      [null, 'CREDENTIAL_MISSING'],
      ['x', 'CREDENTIAL_INVALID'],
      [app.adminToken, 'CREDENTIAL_INVALID'],
    ] as const) {
      const { body } = await app.client.ask<Reported>(REPORT, { input }, bearer);
      expect([body.data ?? null, body.errors?.[0]?.extensions]).toEqual([null, { code }]);
    }
    for (const heartbeats of [[], Array(1_001).fill(wireHeartbeat())]) {
      const { body } = await app.client.ask<Reported>(
        REPORT,
        { input: { heartbeats } },
        (await enrol(PRACTICE)).credential,
      );
      expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });
});
