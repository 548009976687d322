import { openToolDatabase } from '../../apps/api/src/tool-database';
import { createTestDatabase, runStatement, type TestDatabase } from '../support/database';

/** The moment that a tool beside the service takes for now. */
let database: TestDatabase;
const environment = { ...process.env };

beforeEach(async () => {
  database = await createTestDatabase();
  process.env['DATABASE_URL'] = database.url;
});

afterEach(async () => {
  for (const name of ['DATABASE_URL', 'RECOVERY_CLOCK', 'NODE_ENV']) {
    if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = environment[name];
  }
  await database.drop();
});

async function timeOfATool(clock: string): Promise<Date> {
  process.env['RECOVERY_CLOCK'] = clock;
  const tool = await openToolDatabase();
  await tool.close();
  return tool.now;
}

it('is real where the service has no other clock', async () => {
  const before = Date.now();
  const now = (await timeOfATool('')).getTime();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

it('is that of the clock that the service is set to, and not before the service was last there', async () => {
  const clock = 'manual 2024-07-19T00:00:00Z';
  expect(await timeOfATool(clock)).toEqual(new Date('2024-07-19T00:00:00Z'));
  await runStatement(
    database.url,
    `INSERT INTO ingest_presence VALUES ('6f0c5d1e-0000-4000-8000-000000000000', '2024-07-20T08:30:00Z')`,
  );
  expect(await timeOfATool(clock)).toEqual(new Date('2024-07-20T08:30:00Z'));
  expect(await timeOfATool('manual 2024-07-21T00:00:00Z')).toEqual(new Date('2024-07-21T00:00:00Z'));
});

it('is refused where it cannot be read, or in production', async () => {
  await expect(timeOfATool('yesterday')).rejects.toThrow('RECOVERY_CLOCK must read');
  process.env['NODE_ENV'] = 'production';
  await expect(timeOfATool('manual 2024-07-19T00:00:00Z')).rejects.toThrow('must not be set in production');
});
