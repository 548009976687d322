import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { CHESHIRE_PRACTICE, PRACTICE } from '../support/practices';
import {
  BAD_FILE,
  GOOD_FILE,
  OLD_FILE,
  PAGE_FAULT,
  Pc,
  wireHeartbeat,
  wireMachine,
  type WireFacts,
} from '../support/wire';

/** What silence does, and when it is done. Opening hours are 07:00 to 17:30Z. */
let database: ApplicationDatabase;
let app: Application;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
});

afterEach(() => app.close());

async function startPc(startedAt: string, facts: WireFacts): Promise<Pc> {
  return (await Pc.enrol(app.client, wireMachine(PRACTICE))).boot(startedAt, facts);
}

/** Machines that were heard until the window, more than one sweep takes at a time, and that nobody has heard since. */
async function enrolSilentFleet(machines: number): Promise<void> {
  const relay = await app.client.createRelay('ENGLAND');
  await app.client.setClock('2024-07-19T04:05:00Z');
  for (const practice of [PRACTICE, CHESHIRE_PRACTICE]) {
    const enrolled = await app.client.enrolAll(
      Array.from({ length: machines / 2 }, () => wireMachine(practice)),
    );
    const heartbeats = enrolled.map(({ id }) =>
      wireHeartbeat({ machineId: id, channelFileWrittenAt: OLD_FILE }),
    );
    expect((await app.client.report(relay.credential, heartbeats)).status).toBe(200);
  }
}

async function inState(application: Application, state: string): Promise<number | undefined> {
  return (await application.client.progress()).total.states.find((one) => one.state === state)?.count;
}

/** Transitions of one kind, as `machines × times at event time`. */
async function transitionsTo(reason: string): Promise<readonly unknown[]> {
  const data = await app.client.query<{
    machines: { edges: { node: { transitions: { edges: { node: { reason: string; at: string } }[] } } }[] };
  }>(
    `{ machines(first: 100) { edges { node { transitions(first: 100) { edges { node { reason at } } } } } } }`,
  );
  return data.machines.edges.map(({ node }) =>
    node.transitions.edges.filter((edge) => edge.node.reason === reason).map((edge) => edge.node.at),
  );
}

describe('silent is not broken', () => {
  it('silence never un-recovers a machine, and never condemns one that nothing suspects', async () => {
    const recovered = await startPc('2024-07-19T09:20:00Z', {
      crashes: CRASHES,
      channelFileWrittenAt: GOOD_FILE,
    });
    await recovered.reportAt('2024-07-19T09:30:00Z', '2024-07-19T10:00:00Z', '2024-07-19T10:30:00Z');
    const harmless = await startPc('2024-07-19T08:00:00Z', { channelFileWrittenAt: GOOD_FILE });
    await harmless.report('2024-07-19T10:40:00Z');
    const before = [await recovered.seen(), await harmless.seen()];
    expect(before).toMatchObject([{ state: 'RECOVERED' }, { state: 'NOT_AFFECTED' }]);
    for (const now of ['2024-07-19T17:00:00Z', '2024-07-22T12:00:00Z', '2024-08-30T12:00:00Z']) {
      await app.client.setClock(now);
      const after = [await recovered.seen(), await harmless.seen()];
      const silent = before.map((machine) => ({
        ...machine,
        contact: { ...machine.contact, freshness: 'SILENT' },
      }));
      expect(after).toEqual(silent);
    }
  });

  it('a machine in contact until the window and silent since is suspected, and down after 60 minutes of opening hours', async () => {
    const pc = await startPc('2024-07-19T03:30:00Z', { channelFileWrittenAt: OLD_FILE });
    await pc.reportAt('2024-07-19T04:00:00Z', '2024-07-19T04:10:00Z');
    await app.client.setClock('2024-07-19T05:30:00Z');
    expect(await pc.seen()).toMatchObject({ exposure: 'SUSPECTED', state: 'UNVERIFIED' });
    await app.client.setClock('2024-07-19T07:59:59Z');
    expect(await pc.seen()).toMatchObject({ state: 'UNVERIFIED' });
    await app.client.setClock('2024-07-19T12:00:00Z');
    const { state, since, transitions } = await pc.seen();
    expect({ state, since }).toEqual({ state: 'DOWN', since: '2024-07-19T08:00:00.000Z' });
    expect(transitions.edges.map(({ node }) => node)).toMatchObject([
      {
        toExposure: 'SUSPECTED',
        reason: 'SILENT_SINCE_WINDOW',
        at: '2024-07-19T05:27:00.000Z',
        recordedAt: '2024-07-19T05:30:00.000Z',
      },
      {
        toState: 'DOWN',
        reason: 'SILENT_IN_OPENING_HOURS',
        at: '2024-07-19T08:00:00.000Z',
        recordedAt: '2024-07-19T12:00:00.000Z',
      },
    ]);
  });

  it('a weekend is no silence: a machine last heard on Friday evening is down on Monday morning', async () => {
    const pc = await startPc('2024-07-19T16:30:00Z', { crashes: CRASHES, channelFileWrittenAt: GOOD_FILE });
    await pc.report('2024-07-19T17:00:00Z');
    await app.client.setClock('2024-07-22T07:29:59Z');
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING' });
    await app.client.setClock('2024-07-22T09:00:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'DOWN', since: '2024-07-22T07:30:00.000Z' });
  });
});

it('setting the clock is answered only when every sweep due by then has been done', async () => {
  await enrolSilentFleet(600);
  await app.client.setClock('2024-07-19T05:26:59Z');
  expect((await app.client.progress()).total).toMatchObject({ everAffected: 0, unknown: 600 });
  await app.client.setClock('2024-07-19T05:27:00Z');
  expect((await app.client.progress()).total).toMatchObject({ everAffected: 600, unknown: 600 });
  await app.client.setClock('2024-07-19T08:00:00Z');
  expect(await inState(app, 'DOWN')).toBe(600);
  expect((await app.client.progress()).total.high).toEqual({ numerator: 0, denominator: 0, value: null });
});

it('takes all deadlines in their order when the clock jumps over several, each at its own time', async () => {
  await enrolSilentFleet(10);
  await app.client.setClock('2024-07-22T12:00:00Z');
  expect(await transitionsTo('SILENT_SINCE_WINDOW')).toEqual(Array(10).fill(['2024-07-19T05:27:00.000Z']));
  expect(await transitionsTo('SILENT_IN_OPENING_HOURS')).toEqual(
    Array(10).fill(['2024-07-19T08:00:00.000Z']),
  );
  const then = await app.client.progress({ asOf: '2024-07-19T07:00:00Z' });
  expect(then.total).toMatchObject({ everAffected: 10, unknown: 10, unrecovered: 0 });
});

it('two services that sweep one database at the same time move every machine once', async () => {
  await enrolSilentFleet(600);
  const other = await startApplication({ database, now: '2024-07-19T04:06:00Z' });
  try {
    for (const now of ['2024-07-19T05:30:00Z', '2024-07-19T12:00:00Z']) {
      await Promise.all([app, other, app, other].map(({ client }) => client.setClock(now)));
    }
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS transitions, count(DISTINCT machine_id)::int AS machines, count(DISTINCT ordinal)::int AS each FROM transition`,
    );
    expect(rows).toEqual([{ transitions: 1_200, machines: 600, each: 2 }]);
    for (const service of [app, other]) expect(await inState(service, 'DOWN')).toBe(600);
  } finally {
    await other.close();
  }
});

it('counts what a service receives for the sweep of another', async () => {
  const other = await startApplication({ database });
  try {
    const pc = await startPc('2024-07-19T08:00:00Z', { crashes: CRASHES, channelFileWrittenAt: GOOD_FILE });
    await pc.report('2024-07-19T08:10:00Z');
    await other.client.setClock('2024-07-19T09:00:00Z');
    await other.client.tell(pc, pc.compose('2024-07-19T09:00:00Z'));
    await app.client.setClock('2024-07-19T09:30:00Z');
    expect(await pc.seen()).toMatchObject({
      state: 'STABILISING',
      contact: { lastHeardAt: '2024-07-19T09:00:00.000Z' },
    });
    await other.client.setClock('2024-07-19T10:00:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'DOWN', since: '2024-07-19T10:00:00.000Z' });
  } finally {
    await other.close();
  }
});

it.each<[string, WireFacts, string, string]>([
  [
    'CRASH_LOOPING',
    {
      crashes: [
        ...CRASHES,
        { at: '2024-07-19T09:40:00Z', stopCode: PAGE_FAULT },
        { at: '2024-07-19T09:50:00Z', stopCode: PAGE_FAULT },
      ],
    },
    'LOOP_FELL_SILENT',
    '2024-07-19T10:10:00.000Z',
  ],
  ['IN_REPAIR', { crashes: CRASHES, bootMode: 'WINRE' }, 'REPAIR_ABANDONED', '2024-07-19T13:55:00.000Z'],
  ['STABILISING', { crashes: CRASHES }, 'SILENT_IN_OPENING_HOURS', '2024-07-19T10:55:00.000Z'],
])(
  'a machine %s that falls silent is down at its deadline, and back with any heartbeat',
  async (state, facts, reason, downAt) => {
    const pc = await startPc('2024-07-19T09:53:00Z', { channelFileWrittenAt: GOOD_FILE, ...facts });
    await pc.report('2024-07-19T09:55:00Z');
    expect(await pc.seen()).toMatchObject({ exposure: 'CRASHED', state });
    await app.client.setClock(new Date(Date.parse(downAt) - 1_000).toISOString());
    expect(await pc.seen()).toMatchObject({ state });
    await app.client.setClock('2024-07-19T16:00:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'DOWN', reason, since: downAt });
    await pc.boot('2024-07-19T16:04:00Z', { bootMode: 'NORMAL' }).report('2024-07-19T16:05:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING', contact: { freshness: 'FRESH' } });
  },
);

it('a latent machine that falls silent is down', async () => {
  const pc = await startPc('2024-07-18T08:00:00Z', { channelFileWrittenAt: BAD_FILE });
  await pc.report('2024-07-19T06:00:00Z');
  await app.client.setClock('2024-07-19T12:00:00Z');
  expect(await pc.seen()).toMatchObject({
    exposure: 'FAULTY_FILE',
    state: 'DOWN',
    since: '2024-07-19T08:00:00.000Z',
  });
});

it('the clock is set by the administrator only, forwards, and to a moment with an offset', async () => {
  const refusal = async (body: unknown, bearer: string | null): Promise<string> => {
    const answer = await app.client.post('/v1/simulation/clock', body, bearer);
    return `${answer.status} ${answer.body.code}`;
  };
  expect(await refusal({ now: '2024-07-19T09:00:00Z' }, null)).toBe('401 CREDENTIAL_MISSING');
  expect(await refusal({ now: '2024-07-19T09:00:00Z' }, 'stranger')).toBe('401 UNAUTHENTICATED');
  for (const now of ['2024-07-19T09:00:00', 'tomorrow', 5, null])
    expect(await refusal({ now }, app.adminToken)).toBe('400 BAD_REQUEST');
  expect(await refusal({ now: '2024-07-18T17:59:59Z' }, app.adminToken)).toBe('409 CLOCK_BACKWARDS');
  const { body } = await app.client.request('/v1/simulation/clock', { bearer: app.adminToken });
  expect(body).toEqual({ now: '2024-07-18T18:00:00.000Z', kind: 'MANUAL' });
  const real = await startApplication({ database, env: { RECOVERY_CLOCK: '' } });
  try {
    const answer = await real.client.post(
      '/v1/simulation/clock',
      { now: '2099-01-01T00:00:00Z' },
      app.adminToken,
    );
    expect([answer.status, answer.body.code]).toEqual([409, 'CLOCK_NOT_MANUAL']);
  } finally {
    await real.close();
  }
});
