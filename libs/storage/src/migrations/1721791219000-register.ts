import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The register: which machines there should be at each practice, as the asset list of its IT team says.
 *
 * Every entry stands for a machine: one that is enrolled, or one of its own that was never enrolled and counts as UNVERIFIED. So
 * the sum of all counts stays the number of machines, with the register or without.
 */
export class Register1721791219000 implements MigrationInterface {
  readonly name = 'Register1721791219000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ENTRIES);
    await runner.query(`
      ALTER TABLE register_entry ENABLE ROW LEVEL SECURITY;
      CREATE POLICY in_scope ON register_entry FOR SELECT USING (practice_id IN (SELECT practices_in_scope()))`);
    await runner.query(
      `CREATE INDEX machine_expected ON machine (practice_id, machine_id) WHERE enrolled_at IS NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX machine_expected; DROP TABLE register_import, register_entry');
  }
}

const ENTRIES = `
  CREATE TABLE register_entry (
    practice_id text COLLATE "C" NOT NULL,
    entry_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    serial_number text,
    asset_tag text,
    smbios_uuid text,
    hostname text,
    role text,
    location text,
    bitlocker_key_id text,
    bitlocker_key_escrowed boolean,
    first_import_id uuid NOT NULL,
    changed_import_id uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (practice_id, entry_id)
  );
  CREATE INDEX register_entry_by_machine ON register_entry (practice_id, machine_id);

  CREATE TABLE register_import (
    import_id uuid PRIMARY KEY,
    imported_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_name text NOT NULL,
    file_name text,
    dialect text NOT NULL,
    mode text NOT NULL,
    result jsonb NOT NULL
  );
`;
