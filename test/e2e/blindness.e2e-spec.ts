import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { PRACTICE } from '../support/practices';
import { GOOD_FILE, OLD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Time in which we could not listen counts for nobody's silence. Opening hours are 07:00 to 17:30Z. */
let database: ApplicationDatabase;
let app: Application;
let running: Application;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
  running = app;
});

afterEach(async () => {
  if (running !== app) await running.close();
  await app.close();
});

/** Stops the service as its clock stands, and starts it again when the clock says `now`. */
async function restartAt(now: string): Promise<void> {
  await running.stop();
  running = await startApplication({ database, now });
  await running.client.setClock(now);
}

async function stateOf(pc: Pc): Promise<string> {
  const { state, exposure, since } = await running.client.machine(pc.id);
  return `${exposure} ${state} since ${since}`;
}

async function crashedPc(heardAt: string): Promise<Pc> {
  const pc = (await Pc.enrol(app.client, wireMachine(PRACTICE))).boot('2024-07-19T07:50:00Z', {
    channelFileWrittenAt: GOOD_FILE,
    crashes: CRASHES,
  });
  await pc.report(heardAt);
  return pc;
}

it('a service that was stopped for hours declares nobody down for that time, and counts later silence again', async () => {
  const pc = await crashedPc('2024-07-19T08:00:00Z');
  await app.client.setClock('2024-07-19T08:20:00Z');
  await restartAt('2024-07-19T12:20:00Z');
  expect(await stateOf(pc)).toBe('CRASHED STABILISING since 2024-07-19T08:00:00.000Z');
  await running.client.setClock('2024-07-19T12:59:59Z');
  expect(await stateOf(pc)).toBe('CRASHED STABILISING since 2024-07-19T08:00:00.000Z');
  // 20 minutes before the stop and 40 after it make the hour.
  await running.client.setClock('2024-07-19T13:00:00Z');
  expect(await stateOf(pc)).toBe('CRASHED DOWN since 2024-07-19T13:00:00.000Z');
});

it('a machine that is heard again after the stop loses nothing', async () => {
  const pc = await crashedPc('2024-07-19T08:00:00Z');
  await restartAt('2024-07-19T12:00:00Z');
  const { outcome } = await running.client.tell(pc, pc.compose('2024-07-19T12:00:00Z'));
  expect(outcome).toBe('ACCEPTED');
  await running.client.setClock('2024-07-19T12:59:00Z');
  expect(await stateOf(pc)).toBe('CRASHED STABILISING since 2024-07-19T08:00:00.000Z');
});

it('a service that was stopped over the window suspects nobody whom it could not hear', async () => {
  const pc = (await Pc.enrol(app.client, wireMachine(PRACTICE))).boot('2024-07-19T03:30:00Z', {
    channelFileWrittenAt: OLD_FILE,
  });
  await pc.report('2024-07-19T04:08:00Z');
  await restartAt('2024-07-19T05:40:00Z');
  expect(await stateOf(pc)).toMatch(/^UNKNOWN UNVERIFIED/);
  await running.client.setClock('2024-07-19T05:54:59Z');
  expect(await stateOf(pc)).toMatch(/^UNKNOWN UNVERIFIED/);
  // More than three intervals of listening without a word.
  await running.client.setClock('2024-07-19T05:55:00Z');
  expect(await stateOf(pc)).toMatch(/^SUSPECTED UNVERIFIED/);
});

it('a machine first heard after a stop over the window is not said to have been off', async () => {
  await app.client.setClock('2024-07-19T03:00:00Z');
  await restartAt('2024-07-19T06:00:00Z');
  const pc = (await Pc.enrol(running.client, wireMachine(PRACTICE))).boot('2024-07-19T06:00:00Z', {
    channelFileWrittenAt: GOOD_FILE,
  });
  await pc.report('2024-07-19T06:05:00Z');
  expect(await stateOf(pc)).toMatch(/^UNKNOWN UNVERIFIED/);
});

it('stops add up: each takes its own time out of the silence', async () => {
  const pc = await crashedPc('2024-07-19T08:00:00Z');
  await app.client.setClock('2024-07-19T08:10:00Z');
  await restartAt('2024-07-19T09:10:00Z');
  await running.client.setClock('2024-07-19T09:30:00Z');
  await restartAt('2024-07-19T11:30:00Z');
  await running.client.setClock('2024-07-19T11:59:59Z');
  expect(await stateOf(pc)).toMatch(/^CRASHED STABILISING/);
  await running.client.setClock('2024-07-19T12:00:00Z');
  expect(await stateOf(pc)).toBe('CRASHED DOWN since 2024-07-19T12:00:00.000Z');
});

it('is not blind while another service listens', async () => {
  const pc = await crashedPc('2024-07-19T08:00:00Z');
  const other = await startApplication({ database, now: '2024-07-19T08:00:00Z' });
  try {
    await running.stop();
    await other.client.setClock('2024-07-19T08:50:00Z');
    running = await startApplication({ database, now: '2024-07-19T08:50:00Z' });
    await running.client.setClock('2024-07-19T09:00:00Z');
    expect(await stateOf(pc)).toBe('CRASHED DOWN since 2024-07-19T09:00:00.000Z');
  } finally {
    await other.close();
  }
});
