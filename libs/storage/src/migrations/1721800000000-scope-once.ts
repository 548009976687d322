import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The practices of a scope are worked out once for a transaction, when it takes the reading role, and not by every table that a
 * statement reads: with four tables that was most of the time of a page.
 *
 * They are worked out downwards, from the codes of the scope to what lies below them: what is read follows from the scope's size, where
 * placing every practice of the nation took as long for an ICB as for a region.
 */
export class ScopeOnce1721800000000 implements MigrationInterface {
  readonly name = 'ScopeOnce1721800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION codes_in_scope(scope text[], moment timestamptz) RETURNS SETOF text LANGUAGE sql STABLE AS $$
        WITH RECURSIVE below AS (
          SELECT unnest(scope) COLLATE "C" AS code
          UNION
          SELECT link.child_code
          FROM below JOIN organisation_link AS link ON link.parent_code = below.code
            AND link.valid_from <= moment AND (link.valid_until IS NULL OR moment < link.valid_until)
        )
        SELECT code FROM below
      $$;
      CREATE OR REPLACE FUNCTION practices_in_scope() RETURNS SETOF text LANGUAGE sql STABLE AS $$
        SELECT unnest(string_to_array(NULLIF(current_setting('recovery.scope', true), ''), ','))
      $$;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION codes_in_scope(text[], timestamptz);
      ${PRACTICES_PLACED_EACH_TIME}`);
  }
}

/** As it was. */
const PRACTICES_PLACED_EACH_TIME = `
  CREATE OR REPLACE FUNCTION practices_in_scope() RETURNS SETOF text LANGUAGE sql STABLE AS $$
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
