import type { DataSource } from 'typeorm';
import { MACHINE_ROLES } from '@app/recovery';
import { makeDataSource } from '@app/storage';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('the schema', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await makeDataSource(database.url).initialize();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('is what the entities say: nothing is left to migrate', async () => {
    const pending = await dataSource.driver.createSchemaBuilder().log();
    expect(pending.upQueries.map((query) => query.query)).toEqual([]);
  });

  it('goes down to nothing and up again', async () => {
    let left = dataSource.migrations.length;
    while (left > 0) {
      await dataSource.undoLastMigration({ transaction: 'all' });
      left -= 1;
    }
    const tables = await tableNames(dataSource);
    expect(tables).toEqual(['migrations']);
    await dataSource.runMigrations({ transaction: 'all' });
    expect(await tableNames(dataSource)).toContain('machine_status');
  });

  it('knows the roles of machines that the rules know', async () => {
    const [check] = await dataSource.query<{ definition: string }[]>(
      `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = 'machine_role'`,
    );
    expect([...(check?.definition ?? '').matchAll(/'([A-Z_]+)'/g)].map(([, role]) => role)).toEqual(
      MACHINE_ROLES,
    );
  });

  it('lets every heartbeat update its status within the page: no index holds a column that heartbeats change', async () => {
    const rows = await dataSource.query<{ indexdef: string }[]>(
      `SELECT indexdef FROM pg_indexes WHERE tablename = 'machine_status'`,
    );
    const columns = rows.map((row) => /\(([^)]*)\)/.exec(row.indexdef)?.[1] ?? '').join(',');
    for (const changing of ['version', 'heard_at', 'heard_seq', 'due_at', 'memory'])
      expect(columns).not.toContain(changing);
    expect(rows.map((row) => row.indexdef).join(' ')).not.toMatch(/WHERE .*(heard_at|due_at|version)/);
  });
});

async function tableNames(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ tablename: string }[]>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
  );
  return rows.map((row) => row.tablename);
}
