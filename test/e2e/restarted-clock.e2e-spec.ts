import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { PRACTICE } from '../support/practices';
import { GOOD_FILE, Pc, wireMachine } from '../support/wire';

/** A service with a replaced clock is started again as it was started first: with a moment that has long passed. */
let database: ApplicationDatabase;
let running: Application | null = null;
const logs: string[] = [];

beforeEach(async () => {
  database = await createApplicationDatabase();
});

afterEach(async () => {
  await running?.close();
  running = null;
  await database.drop();
});

/** Stops what runs, and starts it with this clock. */
async function restart(clock: string): Promise<Application> {
  await running?.close();
  running = null;
  logs.length = 0;
  running = await startApplication({ database, logs, env: { RECOVERY_CLOCK: clock } });
  return running;
}

it.each(['manual 2024-07-19T00:00:00Z', '2024-07-19T00:00:00Z x1'])(
  'the clock "%s" continues where the service was, and says so',
  async (clock) => {
    const first = await restart('manual 2024-07-19T00:00:00Z');
    const pc = (await Pc.enrol(first.client, wireMachine(PRACTICE))).boot('2024-07-22T07:50:00Z', {
      channelFileWrittenAt: GOOD_FILE,
    });
    await pc.report('2024-07-22T08:00:00Z');

    const again = await restart(clock);
    const moved = '"set":"2024-07-19T00:00:00.000Z","to":"2024-07-22T08:00:00.000Z"';
    expect(logs.filter((line) => line.includes('clock_moved')).join()).toContain(moved);
    expect((await again.client.request('/readyz')).body).toEqual({
      ...{ status: 'ready', missing: [] },
      clockContinuesFrom: '2024-07-22T08:00:00.000Z',
    });
    const { outcome } = await again.client.tell(pc, pc.compose('2024-07-22T08:05:00Z'));
    expect(outcome).toBe('ACCEPTED');
  },
);

it('a clock that is set to a later moment is taken as it is set, without a word', async () => {
  await restart('manual 2024-07-19T00:00:00Z');
  const later = await restart('manual 2024-07-20T00:00:00Z');
  expect(logs.join()).not.toContain('clock_');
  expect((await later.client.request('/readyz')).body).toEqual({ status: 'ready', missing: [] });
});

it('the real clock cannot be moved, so that it is behind the database is said', async () => {
  await restart(`manual ${new Date(Date.now() + 3_600_000).toISOString()}`);
  await restart('');
  expect(logs.join()).toContain('clock_behind');
});
