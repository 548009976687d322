import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Row-level security on the tables of machines: whoever reads them without owning them, the reading role above all
 * (`reader-role.ts`), sees the practices of its transaction's scope and no others; without a scope, none.
 *
 * The scope and its moment are settings of the transaction, because policies take no parameters. `IN (SELECT …)` is worked out once
 * for a statement and hashed, however many rows are looked at. The service itself owns the tables, so its write path pays nothing.
 */
export class RowScope1721710120000 implements MigrationInterface {
  readonly name = 'RowScope1721710120000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PRACTICES_IN_SCOPE);
    for (const table of TABLES) {
      await runner.query(`
        ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY in_scope ON ${table} FOR SELECT USING (practice_id IN (SELECT practices_in_scope()));`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(
        `DROP POLICY in_scope ON ${table}; ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY;`,
      );
    }
    await runner.query('DROP FUNCTION practices_in_scope()');
  }
}

const TABLES = [
  'machine',
  'machine_status',
  'transition',
  'progress_count',
  'progress_ledger',
  'machine_tag',
  'care_event',
  'site_silence',
  'practice_report',
] as const;

const PRACTICES_IN_SCOPE = `
  CREATE FUNCTION practices_in_scope() RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH scope AS (
      SELECT string_to_array(NULLIF(current_setting('recovery.scope', true), ''), ',') AS codes,
             to_timestamp(NULLIF(current_setting('recovery.scope_at_ms', true), '')::float8 / 1000) AS at
    )
    SELECT place.practice_id
    FROM scope CROSS JOIN LATERAL placement_at(scope.at) AS place
    WHERE place.icb_code = ANY (scope.codes) OR place.region_code = ANY (scope.codes)
    UNION ALL
    SELECT unnest(scope.codes) FROM scope
  $$;
`;
