import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What people say about how practices work. Append-only: a later report stands for the time from its own moment on, and a lapsed one
 * stands for nothing. The index gives the report of any moment by one look-up.
 */
export class PracticeReports1721397219000 implements MigrationInterface {
  readonly name = 'PracticeReports1721397219000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE practice_report (
        practice_id text COLLATE "C" NOT NULL,
        report_id uuid NOT NULL,
        reported_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        valid_until timestamptz NOT NULL,
        mode text NOT NULL CONSTRAINT practice_report_mode
          CHECK (mode IN ('NORMAL', 'DEGRADED', 'PAPER', 'URGENT_ONLY', 'CLOSED_DIVERTED')),
        clinical_system text,
        clinical_access text,
        prescribing text,
        telephony text,
        backlog_days double precision,
        incident_number text,
        note text,
        source text NOT NULL,
        said_by text NOT NULL,
        actor text NOT NULL,
        actor_name text NOT NULL,
        PRIMARY KEY (practice_id, report_id),
        CONSTRAINT practice_report_lapses CHECK (valid_until > reported_at)
      );
      CREATE INDEX practice_report_by_time ON practice_report (practice_id, reported_at, recorded_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE practice_report');
  }
}
