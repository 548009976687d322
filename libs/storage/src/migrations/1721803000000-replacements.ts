import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Claims by which one machine is to take another one's place. A machine is REPLACED only when its claim was confirmed, so what was
 * replaced before is taken over as confirmed.
 *
 * `machine.claimed_at` says to the write path, which reads the row anyway, from when on a report of the machine speaks against a claim.
 */
export class Replacements1721803000000 implements MigrationInterface {
  readonly name = 'Replacements1721803000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE machine ADD COLUMN claimed_at timestamptz;

      CREATE TABLE replacement (
        practice_id text COLLATE "C" NOT NULL,
        claim_id uuid NOT NULL,
        machine_id uuid NOT NULL,
        successor_id uuid NOT NULL,
        claimed_at timestamptz NOT NULL,
        verdict text CONSTRAINT replacement_verdict CHECK (verdict IN ('APPROVED', 'REFUSED')),
        decided_at timestamptz,
        confirmed_at timestamptz,
        PRIMARY KEY (practice_id, claim_id)
      );
      CREATE UNIQUE INDEX replacement_once ON replacement (practice_id, machine_id, successor_id);
      CREATE INDEX replacement_by_successor ON replacement (practice_id, successor_id);
      CREATE INDEX replacement_listed ON replacement (claimed_at, practice_id, claim_id);
      CREATE INDEX enrolment_request_by_installation ON enrolment_request (installation_id);
      CREATE INDEX enrolment_use_by_installation ON enrolment_use (installation_id, used_at);

      INSERT INTO replacement (practice_id, claim_id, machine_id, successor_id, claimed_at, verdict, decided_at, confirmed_at)
      SELECT machine.practice_id, machine.machine_id, machine.machine_id, machine.successor_id, status.since, 'APPROVED',
             status.since, status.since
      FROM machine
      JOIN machine_status AS status
        ON status.practice_id = machine.practice_id AND status.machine_id = machine.machine_id
      WHERE machine.successor_id IS NOT NULL AND status.state = 10;
      UPDATE machine SET claimed_at = replacement.claimed_at
      FROM replacement
      WHERE replacement.practice_id = machine.practice_id AND replacement.machine_id = machine.machine_id;

      ALTER TABLE replacement ENABLE ROW LEVEL SECURITY;
      CREATE POLICY in_scope ON replacement FOR SELECT USING (practice_id IN (SELECT practices_in_scope()));`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX enrolment_use_by_installation;
      DROP INDEX enrolment_request_by_installation;
      DROP TABLE replacement;
      ALTER TABLE machine DROP COLUMN claimed_at;`);
  }
}
