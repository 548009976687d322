import type { MachineKey } from '@app/storage';
import { aHeartbeat, at, GOOD_FILE, minutes } from '../support/fleet';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { enrolMany, openWritePath, type WritePath } from '../support/write-path';

const ENROLLED = at('2024-07-01T09:00Z');
const MONDAY = at('2024-07-22T08:00Z');

let clone: TestDatabase;
let path: WritePath;
let other: WritePath;
let keys: MachineKey[];

beforeEach(async () => {
  clone = await createTestDatabase();
  [path, other] = [await openWritePath(clone.url, MONDAY), await openWritePath(clone.url, MONDAY)];
  keys = await enrolMany(path.database, 300, ENROLLED);
  await path.database.pool.query('ANALYZE');
});

afterEach(async () => {
  await Promise.all([path.close(), other.close()]);
  await clone.drop();
});

type Statement = { readonly name?: string; readonly text: string; readonly values: unknown[] };

/** Lets the whole fleet report, and tells how the server takes the rows of a statement that saved it (there is one for each lane). */
async function planOf(by: WritePath, seq: number, name: string): Promise<string> {
  const asked = jest.spyOn(by.database.pool, 'query');
  const heartbeat = aHeartbeat()
    .boot('boot-1', seq)
    .uptime(minutes(5 * seq))
    .file(GOOD_FILE)
    .build();
  await by.reports.report(
    keys.map((key) => ({ key, generation: null, heartbeat })),
    MONDAY + minutes(5 * seq),
  );
  const statements = asked.mock.calls.map(([statement]) => statement as unknown as Statement);
  asked.mockRestore();
  const saved = statements.filter((statement) => statement.name?.startsWith('save-'));
  expect(new Set(saved.map((statement) => statement.name))).toEqual(new Set([name]));
  const { text, values } = saved[0] as Statement;
  const { rows } = await path.database.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** A batch as large as the fleet: the planner would rather read the table, and take its rows in the table's order. */
describe('the rows of a batch are taken one by one in write order', () => {
  it('by machines that begin to report, by those that nobody here knows yet, and by mere contacts', async () => {
    const plans = [
      await planOf(path, 1, 'save-decisions'),
      await planOf(other, 2, 'save-decisions'),
      await planOf(other, 3, 'save-contacts'),
    ];
    for (const plan of plans) {
      expect(plan).toMatch(/Index Scan using machine_status_pkey/);
      expect(plan).not.toMatch(/Seq Scan|Hash Join|Merge Join/);
    }
  });
});
