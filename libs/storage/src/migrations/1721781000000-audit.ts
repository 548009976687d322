import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit log. What its shape owes to what it is for:
 *
 * - one chain for the whole database: entries are numbered without a gap, and each hash covers its entry and the hash before;
 * - `audit_head` is one row: who appends locks it, so that processes that write at once take turns and the chain cannot fork;
 *   it also says, under a key that the database never sees, where the log ends;
 * - `details` is text and not jsonb, because the hash covers it as it was written;
 * - the service's own role may not change or remove an entry by a stray statement. It could give itself the right back, and a
 *   superuser needs none: against those stands the chain, not the privilege.
 */
export class Audit1721781000000 implements MigrationInterface {
  readonly name = 'Audit1721781000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ENTRIES);
    await runner.query(HEAD);
    await runner.query('REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM CURRENT_USER');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_head, audit_entry');
  }
}

const ENTRIES = `
  CREATE TABLE audit_entry (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    operation_id uuid NOT NULL,
    action text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id text COLLATE "C" NOT NULL,
    organisation_code text COLLATE "C",
    object text COLLATE "C",
    details text NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL
  );
  CREATE INDEX audit_entry_by_time ON audit_entry (at, seq);
  CREATE INDEX audit_entry_by_actor ON audit_entry (actor_id, seq);
  CREATE INDEX audit_entry_by_action ON audit_entry (action, seq);
  CREATE INDEX audit_entry_by_object ON audit_entry (object, seq) WHERE object IS NOT NULL;
`;

/** No key has signed the first state: the log is empty. */
const HEAD = `
  CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY CONSTRAINT audit_head_only_row CHECK (only_row),
    seq bigint NOT NULL,
    hash text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    mac text COLLATE "C" NOT NULL
  );
  INSERT INTO audit_head VALUES (true, 0, repeat('0', 64), '', '');
`;
