import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What became of enrolment tokens: every use, and the requests that wait for a person's word. Both hold machines and installations,
 * so their keys begin with the practice as those of all machine tables do.
 */
export class EnrolmentRecords1721782000000 implements MigrationInterface {
  readonly name = 'EnrolmentRecords1721782000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE enrolment_token ADD COLUMN requires_approval boolean NOT NULL DEFAULT false;
      ALTER TABLE relay_credential ADD COLUMN certificate_sha256 text;

      CREATE TABLE enrolment_use (
        practice_id text COLLATE "C" NOT NULL,
        use_id uuid NOT NULL,
        token_id uuid NOT NULL,
        installation_id text COLLATE "C" NOT NULL,
        machine_id uuid NOT NULL,
        outcome text NOT NULL CONSTRAINT enrolment_use_outcome CHECK (outcome IN ('ENROLLED', 'KNOWN')),
        address text NOT NULL,
        used_at timestamptz NOT NULL,
        PRIMARY KEY (practice_id, use_id)
      );
      CREATE INDEX enrolment_use_by_token ON enrolment_use (token_id, used_at, use_id);

      CREATE TABLE enrolment_request (
        practice_id text COLLATE "C" NOT NULL,
        request_id uuid NOT NULL,
        token_id uuid NOT NULL,
        installation_id text COLLATE "C" NOT NULL,
        generation smallint NOT NULL,
        hostname text NOT NULL,
        serial_number text,
        address text NOT NULL,
        requested_at timestamptz NOT NULL,
        verdict text CONSTRAINT enrolment_request_verdict CHECK (verdict IN ('APPROVED', 'DENIED')),
        decided_at timestamptz,
        PRIMARY KEY (practice_id, request_id)
      );
      CREATE UNIQUE INDEX enrolment_request_once
        ON enrolment_request (practice_id, installation_id, token_id, generation);
      CREATE INDEX enrolment_request_waiting
        ON enrolment_request (requested_at, practice_id, request_id) WHERE verdict IS NULL;
    `);
    for (const table of ['enrolment_use', 'enrolment_request']) {
      await runner.query(`
        ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY in_scope ON ${table} FOR SELECT USING (practice_id IN (SELECT practices_in_scope()));`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE enrolment_request, enrolment_use;
      ALTER TABLE relay_credential DROP COLUMN certificate_sha256;
      ALTER TABLE enrolment_token DROP COLUMN requires_approval;
    `);
  }
}
