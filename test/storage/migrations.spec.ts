import type { DataSource } from 'typeorm';
import { MACHINE_ROLES, URGENT_STATES } from '@app/recovery';
import { EXPOSURE_CODE, KIND_PARTS, makeDataSource, REASON_CODE, roleCode, STATE_CODE } from '@app/storage';
import { createTestDatabase, type TestDatabase } from '../support/database';

const { NOT_AFFECTED, LATENT } = STATE_CODE;

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
    // TypeORM's own notes about generated columns, made when it compared schema and entities.
    expect(tables.filter((name) => name !== 'typeorm_metadata')).toEqual(['migrations']);
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

  it('makes the kind of a machine that needs somebody of the words that it stands for, and of no others', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    const kindOf = async (state: number): Promise<number | null> => {
      const [row] = (await runner.query(
        `INSERT INTO machine_status (practice_id, machine_id, version, since, booked_at, transitions, facts_hash,
                                     exposure, state, reason, generation, role_code, traits)
         VALUES ('P81001', gen_random_uuid(), 1, '2024-07-22T08:01Z', '2024-07-22T08:01Z', 0, 0, $2, $1, $3, 1, $4, 8191)
         RETURNING kind`,
        [state, EXPOSURE_CODE.CRASHED, REASON_CODE.LEFT_REGISTER, roleCode('OTHER')],
      )) as { kind: number | null }[];
      return row?.kind ?? null;
    };
    const { state, exposure, reason, role } = KIND_PARTS;
    for (const code of Object.values(STATE_CODE)) {
      const expected =
        code * state.factor +
        6 * exposure.factor +
        5 * role.factor +
        REASON_CODE.LEFT_REGISTER * reason.factor +
        8191;
      const urgent = URGENT_STATES.some((one) => STATE_CODE[one] === code);
      expect(await kindOf(code)).toBe(urgent ? expected : null);
    }
    const [{ count }] = (await runner.query('SELECT count(*)::int AS count FROM kinds_in_use()')) as [
      { count: number },
    ];
    expect(count).toBe(URGENT_STATES.length);
    await runner.rollbackTransaction();
    await runner.release();
  });

  it('lets every heartbeat update its status within the page: no index holds a column that heartbeats change', async () => {
    const rows = await dataSource.query<{ indexdef: string }[]>(
      `SELECT indexdef FROM pg_indexes WHERE tablename = 'machine_status'`,
    );
    const columns = rows.map((row) => /\(([^)]*)\)/.exec(row.indexdef)?.[1] ?? '').join(',');
    for (const changing of ['version', 'heard_at', 'heard_seq', 'due_at'])
      expect(columns).not.toContain(changing);
    expect(rows.map((row) => row.indexdef).join(' ')).not.toMatch(/WHERE .*(heard_at|due_at|version)/);
  });

  it('keeps it so for machines that lists and sweeps find: what they go by changes four times an hour at most', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    for (const [number, state] of [NOT_AFFECTED, LATENT].entries()) {
      await runner.query(
        `INSERT INTO machine_status (practice_id, machine_id, version, heard_at, due_at, since, booked_at, transitions, facts_hash,
                                     exposure, state, reason, generation)
         VALUES ('P81001', $1, 1, '2024-07-22T08:01Z', $3, '2024-07-22T08:01Z', '2024-07-22T08:01Z', 0, 0, 4, $2, 0, 1)`,
        [
          `00000000-0000-4000-8000-00000000000${number}`,
          state,
          state === LATENT ? '2024-07-22T09:01Z' : null,
        ],
      );
    }
    const hearAt = async (minute: string, state: number): Promise<number> => {
      await runner.query(
        `UPDATE machine_status SET version = version + 1, heard_seq = version, heard_at = $1::timestamptz,
                                   due_at = CASE WHEN due_at IS NULL THEN NULL ELSE $1::timestamptz + interval '1 hour' END
         WHERE state = $2`,
        [`2024-07-22T08:${minute}Z`, state],
      );
      const [row] = (await runner.query(
        `SELECT pg_stat_get_xact_tuples_hot_updated('machine_status'::regclass)::int AS hot`,
      )) as { hot: number }[];
      return row?.hot ?? 0;
    };
    // Everybody who awaits nothing, at any time; whoever is unrecovered, within the quarter of an hour.
    expect(await hearAt('06', NOT_AFFECTED)).toBe(1);
    expect(await hearAt('31', NOT_AFFECTED)).toBe(2);
    expect(await hearAt('06', LATENT)).toBe(3);
    expect(await hearAt('14', LATENT)).toBe(4);
    expect(await hearAt('16', LATENT)).toBe(4);
    await runner.rollbackTransaction();
    await runner.release();
  });
});

async function tableNames(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ tablename: string }[]>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
  );
  return rows.map((row) => row.tablename);
}
