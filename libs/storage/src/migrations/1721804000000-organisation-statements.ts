import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What each practice file said of each practice and ICB. The tree is worked out from all of it, so that the order of the
 * imports does not matter. A day of -infinity is earlier than any that is known. Nothing is filled in here: an organisation that
 * was imported before is taken as it is recorded with the next file that tells of it.
 */
export class OrganisationStatements1721804000000 implements MigrationInterface {
  readonly name = 'OrganisationStatements1721804000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE organisation_statement (
        code text COLLATE "C" NOT NULL,
        day date NOT NULL,
        correction integer NOT NULL,
        told text NOT NULL,
        variant integer NOT NULL,
        level text NOT NULL CONSTRAINT organisation_statement_level CHECK (level IN ('ICB', 'PRACTICE')),
        name text NOT NULL,
        parent_code text COLLATE "C" NOT NULL,
        region_code text COLLATE "C",
        placed_since timestamptz,
        postcode text,
        opened_on date,
        closed_on date,
        supplier text,
        PRIMARY KEY (code, day, correction, told, variant)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE organisation_statement');
  }
}
