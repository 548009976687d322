import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { PRACTICE } from '../support/practices';
import {
  BAD_FILE,
  GOOD_FILE,
  OLD_FILE,
  PAGE_FAULT,
  Pc,
  POWER_FAILURE,
  wireHeartbeat,
  wireMachine,
  type WireFacts,
} from '../support/wire';

/** The scenarios that the rules exist for, each told over HTTP to a service of its own. Opening hours are 07:00 to 17:30Z. */
let database: ApplicationDatabase;
let app: Application;

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
});

afterEach(() => app.close());

const CRASHED: WireFacts = {
  channelFileWrittenAt: BAD_FILE,
  crashes: [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }],
};
const REPAIRED: WireFacts = { ...CRASHED, channelFileWrittenAt: GOOD_FILE };

function newPc(): Promise<Pc> {
  return Pc.enrol(app.client, wireMachine(PRACTICE));
}

/** A PC that crashed in the window, was repaired, and has passed every test at 10:30Z on Friday. */
async function recoveredPc(): Promise<Pc> {
  const pc = (await newPc()).boot('2024-07-19T09:20:00Z', REPAIRED);
  await pc.reportAt('2024-07-19T09:30:00Z', '2024-07-19T10:00:00Z', '2024-07-19T10:30:00Z');
  expect(await pc.seen()).toMatchObject({ exposure: 'CRASHED', state: 'RECOVERED', failingTests: [] });
  return pc;
}

describe('alive is not recovered', () => {
  it.each(['SAFE_MODE', 'SAFE_MODE_NETWORK', 'WINRE'])(
    'heartbeats from %s do not recover a machine, however many and long',
    async (bootMode) => {
      const pc = (await newPc()).boot('2024-07-19T08:00:00Z', { ...REPAIRED, bootMode });
      await pc.reportAt(
        '2024-07-19T08:05:00Z',
        '2024-07-19T08:40:00Z',
        '2024-07-19T09:10:00Z',
        '2024-07-19T10:10:00Z',
      );
      expect(await pc.seen()).toMatchObject({
        state: 'IN_REPAIR',
        group: 'UNRECOVERED',
        failingTests: ['NORMAL_BOOT'],
      });
      expect((await app.client.progress()).total).toMatchObject({
        everAffected: 1,
        recovered: 0,
        unrecovered: 1,
      });
    },
  );

  it('one heartbeat of a looping machine does not recover it; it leaves the loop after 15 minutes and recovers after 60 and three reports', async () => {
    const pc = (await newPc()).boot('2024-07-19T08:00:00Z', CRASHED);
    await pc.report('2024-07-19T08:01:00Z');
    expect(await pc.seen()).toMatchObject({ exposure: 'CRASHED', state: 'STABILISING' });
    pc.boot('2024-07-19T08:08:00Z');
    await pc.report('2024-07-19T08:09:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'CRASH_LOOPING', reason: 'TWO_STARTS_OR_CRASHES' });
    pc.now(REPAIRED);
    await pc.report('2024-07-19T08:22:59Z');
    expect(await pc.seen()).toMatchObject({ state: 'CRASH_LOOPING' });
    await pc.report('2024-07-19T08:23:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING', failingTests: ['UPTIME_60_MIN'] });
    await pc.report('2024-07-19T09:07:59Z');
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING' });
    await pc.report('2024-07-19T09:08:00Z');
    expect(await pc.path()).toEqual(['STABILISING', 'CRASH_LOOPING', 'STABILISING', 'RECOVERED']);
  });

  it('an hour of uptime with fewer than three reports does not recover', async () => {
    const pc = (await newPc()).boot('2024-07-19T08:00:00Z', REPAIRED);
    await pc.reportAt('2024-07-19T08:30:00Z', '2024-07-19T11:00:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING', failingTests: ['THREE_HEARTBEATS'] });
    await pc.report('2024-07-19T11:05:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'RECOVERED' });
  });

  it.each([
    ['before', 'ACCEPTED'],
    ['after', 'STALE'],
  ] as const)(
    'a spooled report from before the crash that arrives %s the first one since does not recover',
    async (order, outcome) => {
      const pc = (await newPc()).boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: OLD_FILE });
      const spool = { ...pc.compose('2024-07-19T04:20:00Z', 5 * 3600 - 20 * 60), seq: 240 };
      const since = { ...pc.boot('2024-07-19T08:58:00Z', CRASHED).compose('2024-07-19T09:00:00Z') };
      await app.client.setClock('2024-07-19T09:00:00Z');
      for (const heartbeat of order === 'before' ? [spool, since] : [since, spool]) {
        const result = await app.client.tell(pc, heartbeat);
        if (heartbeat === spool) expect(result.outcome).toBe(outcome);
      }
      expect(await pc.seen()).toMatchObject({ exposure: 'CRASHED', state: 'STABILISING' });
    },
  );

  it('a clone does not recover its twin: the identity is in conflict, and the failing tests say so', async () => {
    const pc = (await newPc()).boot('2024-07-19T09:00:00Z', REPAIRED);
    const twin = pc.clone().boot('2024-07-19T07:30:00Z', { channelFileWrittenAt: GOOD_FILE, crashes: [] });
    await pc.report('2024-07-19T09:01:00Z');
    await twin.reportAt('2024-07-19T09:03:00Z', '2024-07-19T09:30:00Z', '2024-07-19T09:40:00Z');
    const seen = { state: 'STABILISING', identityConflict: true };
    expect(await pc.seen()).toMatchObject({
      ...seen,
      failingTests: expect.arrayContaining(['NO_IDENTITY_CONFLICT']) as unknown,
    });
    await pc.reportAt('2024-07-19T09:45:00Z', '2024-07-19T10:30:00Z');
    expect(await pc.seen()).toMatchObject({ ...seen, failingTests: ['NO_IDENTITY_CONFLICT'] });
    const found = await app.client.query(
      `{ machines(first: 10, filter: { identityConflict: true }) { edges { node { id } } } }`,
    );
    expect(found).toEqual({ machines: { edges: [{ node: { id: pc.id } }] } });
  });
});

describe('evidence is judged by what it proves', () => {
  it('a file from before the incident is not bad', async () => {
    const pc = (await newPc()).boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: OLD_FILE });
    await pc.report('2024-07-19T06:00:00Z');
    expect(await pc.seen()).toMatchObject({
      exposure: 'EXPOSED',
      state: 'NOT_AFFECTED',
      facts: { fileVerdict: 'PRE_INCIDENT' },
    });
    const crashed = (await newPc()).boot('2024-07-19T07:00:00Z', {
      ...CRASHED,
      channelFileWrittenAt: OLD_FILE,
    });
    await crashed.reportAt('2024-07-19T07:10:00Z', '2024-07-19T07:40:00Z', '2024-07-19T08:00:00Z');
    expect(await crashed.seen()).toMatchObject({ exposure: 'CRASHED', state: 'RECOVERED' });
  });

  it('local times are refused, one by one', async () => {
    const pc = await newPc();
    await app.client.setClock('2024-07-19T09:00:00Z');
    const { body } = await app.client.report(pc.credential, [
      wireHeartbeat({ seq: 1, channelFileWrittenAt: '2024-07-19T05:30:00' }),
      wireHeartbeat({ seq: 2, channelFileWrittenAt: '2024-07-19 05:30' }),
      wireHeartbeat({ seq: 3, crashes: [{ at: '2024-07-19T05:31:07', stopCode: PAGE_FAULT }] }),
      wireHeartbeat({ seq: 4, sentAt: '2024-07-19T10:00:00' }),
      wireHeartbeat({ seq: 5, channelFileWrittenAt: '2024-07-19T06:30:00+01:00' }),
    ]);
    expect(body.results.map(({ code }) => code)).toEqual([
      'LOCAL_TIME',
      'LOCAL_TIME',
      'LOCAL_TIME',
      'LOCAL_TIME',
      null,
    ]);
    expect(await pc.seen()).toMatchObject({ facts: { fileVerdict: 'GOOD' } });
  });

  it('a machine out of scope is not affected: without a sensor, or with one too old', async () => {
    for (const facts of [{ sensorVersion: null, sensorRunning: false }, { sensorVersion: '7.10.17605.0' }]) {
      const pc = (await newPc()).boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: null, ...facts });
      await pc.report('2024-07-19T06:00:00Z');
      expect(await pc.seen()).toMatchObject({ exposure: 'OUT_OF_SCOPE', state: 'NOT_AFFECTED' });
    }
  });

  it('a file time within the skew of a wrong clock proves nothing', async () => {
    const pc = (await newPc()).boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: '2024-07-19T05:40:00Z' });
    await pc.report('2024-07-19T08:00:00Z', { sentAt: '2024-07-19T09:00:00Z' });
    expect(await pc.seen()).toMatchObject({ state: 'NOT_AFFECTED', facts: { fileVerdict: 'NOT_COLLECTED' } });
  });

  it('another stop code is a crash of the incident only where the bad file was', async () => {
    const crashes = [{ at: '2024-07-19T04:40:00Z', stopCode: POWER_FAILURE }];
    const harmless = (await newPc()).boot('2024-07-19T04:42:00Z', {
      crashes,
      channelFileWrittenAt: OLD_FILE,
    });
    const harmed = (await newPc()).boot('2024-07-19T04:42:00Z', { crashes, channelFileWrittenAt: BAD_FILE });
    await harmless.report('2024-07-19T06:00:00Z');
    await harmed.report('2024-07-19T06:00:00Z');
    expect(await harmless.seen()).toMatchObject({ exposure: 'EXPOSED', state: 'NOT_AFFECTED' });
    expect(await harmed.seen()).toMatchObject({ exposure: 'CRASHED' });
  });
});

describe('the ways through the states', () => {
  it('a latent machine that gets the good file recovers', async () => {
    const pc = (await newPc()).boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: BAD_FILE });
    await pc.reportAt('2024-07-19T05:00:00Z', '2024-07-19T05:05:00Z');
    expect(await pc.seen()).toMatchObject({
      exposure: 'FAULTY_FILE',
      state: 'LATENT',
      failingTests: expect.arrayContaining(['FILE_HARMLESS']) as unknown,
    });
    await pc.report('2024-07-19T05:40:00Z', { channelFileWrittenAt: GOOD_FILE });
    expect(await pc.seen()).toMatchObject({ exposure: 'FAULTY_FILE', state: 'RECOVERED', failingTests: [] });
    expect(await pc.path()).toEqual(['LATENT', 'STABILISING', 'RECOVERED']);
  });

  it('a recovered machine relapses by a later crash, and by the bad file, and can recover again', async () => {
    const pc = await recoveredPc();
    const again = {
      ...REPAIRED,
      crashes: [...(CRASHED.crashes ?? []), { at: '2024-07-19T11:00:00Z', stopCode: 126 }],
    };
    pc.boot('2024-07-19T11:30:00Z', again);
    await pc.report('2024-07-19T11:32:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'RELAPSED', group: 'UNRECOVERED' });
    expect((await app.client.progress()).total).toMatchObject({
      everAffected: 1,
      recovered: 0,
      unrecovered: 1,
    });
    await pc.reportAt('2024-07-19T12:00:00Z', '2024-07-19T12:40:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'RECOVERED' });
    await pc.report('2024-07-19T12:45:00Z', { channelFileWrittenAt: BAD_FILE });
    expect(await pc.path()).toEqual(['STABILISING', 'RECOVERED', 'RELAPSED', 'RECOVERED', 'RELAPSED']);
  });

  it('a machine is recovered at risk until its after-care is closed', async () => {
    const pc = (await newPc()).boot('2024-07-19T09:20:00Z', { ...REPAIRED, bitlocker: 'SUSPENDED' });
    await pc.reportAt('2024-07-19T09:30:00Z', '2024-07-19T10:00:00Z', '2024-07-19T10:30:00Z');
    expect(await pc.seen()).toMatchObject({ state: 'RECOVERED_AT_RISK', group: 'RECOVERED' });
    await pc.report('2024-07-19T10:35:00Z', { bitlocker: 'PROTECTED' });
    expect(await pc.seen()).toMatchObject({ state: 'RECOVERED' });
  });
});
