import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which day the file described that told of an organisation: an older file must not overwrite what a newer one said. */
export class OrganisationVintage1721779200000 implements MigrationInterface {
  readonly name = 'OrganisationVintage1721779200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organisation ADD COLUMN vintage date');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organisation DROP COLUMN vintage');
  }
}
