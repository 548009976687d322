import { Pool } from 'pg';
import { Database, NATION, ScopedReads, scopeOf, type Scope } from '@app/storage';
import { READER_ROLE, SCOPED_TABLES } from '../../libs/storage/src/reader-role';
import { createTestDatabase, runStatement, type TestDatabase } from '../support/database';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  insertPractices,
  LONDON_PRACTICE,
  movePractice,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';

/** The second line: PostgreSQL itself holds whoever reads for somebody to their practices, whatever the statement asks for. */
const NOW = Date.parse('2024-07-22T09:00:00Z');
const PLACES = [PRACTICE, NEIGHBOUR, CHESHIRE_PRACTICE, LONDON_PRACTICE];

let clone: TestDatabase;
let database: Database;
let reads: ScopedReads;

beforeAll(async () => {
  clone = await createTestDatabase();
  database = await Database.open(clone.url);
  await insertPractices(database.pool);
  for (const table of SCOPED_TABLES) await fill(table);
  reads = await ScopedReads.open(database, true);
});

afterAll(async () => {
  await database.close();
  await clone.drop();
});

/** Whatever a row needs, by the type of its column; the checks of these tables let it be. */
const ANYTHING: Readonly<Record<string, string>> = {
  uuid: `'00000000-0000-4000-8000-000000000001'`,
  text: `'x'`,
  smallint: '0',
  integer: '0',
  boolean: 'false',
  jsonb: `'{}'`,
  'timestamp with time zone': `'2024-07-01Z'`,
};

/** Columns that a check sets in order. */
const PARTICULAR: Readonly<Record<string, string>> = {
  valid_until: `'2024-07-02Z'`,
  mode: `'NORMAL'`,
  outcome: `'KNOWN'`,
};

/** One row for each practice in a table, whatever its columns. */
async function fill(table: string): Promise<void> {
  const { rows } = await database.pool.query<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL AND column_name <> 'practice_id'`,
    [table],
  );
  const names = rows.map(({ name }) => `, ${name}`).join('');
  const values = rows.map(({ name, type }) => `, ${PARTICULAR[name] ?? ANYTHING[type] ?? 'NULL'}`).join('');
  await database.pool.query(
    `INSERT INTO ${table} (practice_id${names}) SELECT code${values} FROM unnest($1::text[]) AS code`,
    [PLACES],
  );
}

/** Which practices a statement without any condition finds in a table. */
async function found(table: string, scope: Scope, nowMs = NOW): Promise<readonly string[]> {
  const text = `SELECT practice_id FROM ${table} ORDER BY practice_id`;
  return (await reads.query<{ practice_id: string }>(scope, nowMs, text, [])).map((row) => row.practice_id);
}

describe.each(SCOPED_TABLES)('%s', (table) => {
  it.each<[readonly string[], readonly string[]]>([
    [[GREATER_MANCHESTER], [PRACTICE, NEIGHBOUR]],
    [[NORTH_WEST], [CHESHIRE_PRACTICE, PRACTICE, NEIGHBOUR]],
    [
      [NEIGHBOUR, LONDON_PRACTICE],
      [LONDON_PRACTICE, NEIGHBOUR],
    ],
    [[], []],
    [['X99'], []],
    [["'); DROP TABLE machine; --"], []],
  ])('shows to a scope of %j, without any condition, %j', async (codes, practices) => {
    expect(await found(table, scopeOf(codes))).toEqual(practices);
  });

  it('shows everything to the nation', async () => {
    expect(await found(table, NATION)).toEqual([...PLACES].sort());
  });

  it('is the role’s to read and not to change', async () => {
    for (const change of [`DELETE FROM ${table}`, `UPDATE ${table} SET practice_id = 'X'`]) {
      const changing = reads.query(scopeOf([PRACTICE]), NOW, change, []);
      await expect(changing).rejects.toThrow(/read-only|permission denied/);
    }
  });
});

it('follows the hierarchy as of the moment given', async () => {
  await movePractice(database.pool, NEIGHBOUR, CHESHIRE, '2024-08-01T00:00:00Z');
  const after = Date.parse('2024-08-01T00:00:00Z');
  expect(await found('machine', scopeOf([CHESHIRE]))).toEqual([CHESHIRE_PRACTICE]);
  expect(await found('machine', scopeOf([CHESHIRE]), after)).toEqual([CHESHIRE_PRACTICE, NEIGHBOUR]);
  expect(await found('machine', scopeOf([GREATER_MANCHESTER]), after)).toEqual([PRACTICE]);
});

it('leaves no scope and no role behind on a connection, whether a statement works or fails', async () => {
  const pool = new Pool({ connectionString: clone.url, max: 1 });
  const single = Object.create(database, { pool: { value: pool } }) as Database;
  const alone = await ScopedReads.open(single, true);
  const inEffect = async (): Promise<readonly object[]> =>
    (await pool.query<{ own: boolean; scope: string }>(IN_EFFECT)).rows;
  try {
    await alone.query(scopeOf([PRACTICE]), NOW, 'SELECT FROM machine', []);
    expect(await inEffect()).toEqual([{ own: true, scope: '' }]);
    await expect(alone.query(scopeOf([PRACTICE]), NOW, 'SELECT 1 / 0', [])).rejects.toThrow(
      'division by zero',
    );
    expect(await inEffect()).toEqual([{ own: true, scope: '' }]);
  } finally {
    await pool.end();
  }
});

it('shows the role no token, no credential, no installation and no record', async () => {
  const hidden = ['api_token', 'enrolment_token', 'relay_credential', 'installation', 'migrations'];
  for (const table of [...hidden, 'audit_entry', 'audit_head']) {
    const reading = reads.query(scopeOf([NORTH_WEST]), NOW, `SELECT FROM ${table}`, []);
    await expect(reading).rejects.toThrow('permission denied');
  }
});

const IN_EFFECT = `SELECT current_user = session_user AS own, current_setting('recovery.scope', true) AS scope`;

/** Whoever adds a table of machines is told here to put it behind the policy (`SCOPED_TABLES` and a migration). */
it('stands before every table with rows of practices that the role may read', async () => {
  const { rows } = await database.pool.query<{ name: string; secured: boolean }>(`
    SELECT class.relname AS name, class.relrowsecurity AS secured
    FROM pg_class AS class
    JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = 'practice_id'
    WHERE class.relkind IN ('r', 'p', 'v', 'm') AND class.relnamespace = 'public'::regnamespace
      AND has_table_privilege('${READER_ROLE}', class.oid, 'SELECT')
    ORDER BY class.relname`);
  expect(rows).toEqual([...SCOPED_TABLES].sort().map((name) => ({ name, secured: true })));
});

describe('where the second line cannot be drawn', () => {
  const USER = 'recovery_without_rights';

  afterEach(async () => {
    await database.pool.query(`DROP OWNED BY ${USER}`);
    await database.pool.query(`DROP ROLE ${USER}`);
  });

  it('is said at start, with what an administrator has to run', async () => {
    await database.pool.query(`CREATE ROLE ${USER} LOGIN PASSWORD 'secret' NOSUPERUSER`);
    for (const table of SCOPED_TABLES) await database.pool.query(`GRANT SELECT ON ${table} TO ${USER}`);
    const url = new URL(clone.url);
    [url.username, url.password] = [USER, 'secret'];
    const other = await Database.open(url.href);
    try {
      await expect(ScopedReads.open(other, true)).rejects.toThrow(/binds the service itself/);
      // Without the second line it would see no machine all the same.
      await expect(ScopedReads.open(other, false)).rejects.toThrow(/binds the service itself/);
      await runStatement(clone.url, `ALTER ROLE ${USER} BYPASSRLS`);
      await expect(ScopedReads.open(other, true)).rejects.toThrow(`GRANT ${READER_ROLE} TO`);
      await expect(ScopedReads.open(other, false)).resolves.toBeInstanceOf(ScopedReads);
    } finally {
      await other.close();
    }
  });
});
