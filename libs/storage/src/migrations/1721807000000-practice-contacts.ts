import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where a practice is and how it is called, for whoever has to go there or to ring. Nothing is filled in here: a file that was
 * imported before fills the gap when it is imported once more.
 */
export class PracticeContacts1721807000000 implements MigrationInterface {
  readonly name = 'PracticeContacts1721807000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE practice ADD COLUMN address text, ADD COLUMN telephone text');
    await runner.query(
      'ALTER TABLE organisation_statement ADD COLUMN address text, ADD COLUMN telephone text',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organisation_statement DROP COLUMN telephone, DROP COLUMN address');
    await runner.query('ALTER TABLE practice DROP COLUMN telephone, DROP COLUMN address');
  }
}
