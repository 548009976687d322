import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An incident says since when its files exist, and until when an ordinary crash is a sign of it. Source of the values: see
 * CHANNEL_FILE_291 in the rules. An incident that was added by hand keeps its meaning: any time is believed, and harm never ends.
 */
export class EndOfHarm1721805000000 implements MigrationInterface {
  readonly name = 'EndOfHarm1721805000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE incident
        ADD COLUMN files_since timestamptz NOT NULL DEFAULT '2000-01-01T00:00:00Z',
        ADD COLUMN harm_until timestamptz NOT NULL DEFAULT '9999-01-01T00:00:00Z';
      ALTER TABLE incident ALTER COLUMN files_since DROP DEFAULT, ALTER COLUMN harm_until DROP DEFAULT;
      UPDATE incident SET files_since = '2024-02-28T00:00:00Z', harm_until = '2024-08-16T05:27:00Z'
        WHERE id = 'channel-file-291'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE incident DROP COLUMN files_since, DROP COLUMN harm_until');
  }
}
