import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Practices that fell silent as a whole. Few rows, written by sweeps only; the open ones are found by a partial index. */
export class SiteSilence1721692800000 implements MigrationInterface {
  readonly name = 'SiteSilence1721692800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE site_silence (
        practice_id text COLLATE "C" NOT NULL,
        silent_since timestamptz NOT NULL,
        machines integer NOT NULL,
        noticed_at timestamptz NOT NULL,
        ended_at timestamptz,
        PRIMARY KEY (practice_id, silent_since),
        CONSTRAINT site_silence_forward CHECK (ended_at IS NULL OR ended_at > silent_since)
      );
      CREATE INDEX site_silence_open ON site_silence (practice_id, silent_since) WHERE ended_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE site_silence');
  }
}
