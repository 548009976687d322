import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Opening hours of practices, dated closures and openings of practices and the organisations above them, and bank holidays told by a
 * file. `hours_revision` rises with every change, in its transaction: other processes look at this one row. `deadline_recheck` names
 * practices whose machines' stored deadlines may be out of date. `hours_change` remembers which requests were done.
 */
export class OpeningHours1721804100000 implements MigrationInterface {
  readonly name = 'OpeningHours1721804100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE weekly_hours (
        organisation_code text COLLATE "C" NOT NULL,
        weekday smallint NOT NULL CONSTRAINT weekly_hours_weekday CHECK (weekday >= 1 AND weekday < 8),
        minutes integer[] NOT NULL,
        PRIMARY KEY (organisation_code, weekday)
      );
      CREATE TABLE dated_hours (
        organisation_code text COLLATE "C" NOT NULL,
        day date NOT NULL,
        kind text NOT NULL CONSTRAINT dated_hours_kind CHECK (kind IN ('CLOSED', 'OPEN')),
        from_minute integer NOT NULL,
        until_minute integer NOT NULL,
        reason text NOT NULL,
        entered_at timestamptz NOT NULL,
        PRIMARY KEY (organisation_code, day, kind, from_minute, until_minute),
        CONSTRAINT dated_hours_span CHECK (from_minute >= 0 AND from_minute < until_minute AND until_minute <= 1440)
      );
      CREATE INDEX dated_hours_by_day ON dated_hours (day, organisation_code);
      CREATE TABLE bank_holiday (day date PRIMARY KEY, title text NOT NULL);
      CREATE TABLE hours_revision (id integer PRIMARY KEY, revision bigint NOT NULL);
      CREATE TABLE deadline_recheck (practice_id text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL);
      CREATE TABLE hours_change (
        actor_id text NOT NULL,
        idempotency_key text NOT NULL,
        request_hash text NOT NULL,
        done_at timestamptz NOT NULL,
        PRIMARY KEY (actor_id, idempotency_key)
      );`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE hours_change, deadline_recheck, hours_revision, bank_holiday, dated_hours, weekly_hours',
    );
  }
}
