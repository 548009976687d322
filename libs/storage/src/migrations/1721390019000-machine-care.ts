import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What people know of machines and do for them.
 *
 * - What a list filters and sorts by stands in `machine`, which every list joins anyway; heartbeats write that row only when a
 *   fact changes, and never these columns. The indexes hold only the few rows that have the fact.
 * - Tags have rows of their own: an index over an array in `machine` would be written with every change of a fact.
 * - A machine without `enrolled_at` is one that the register expects; it counts like any other.
 */
export class MachineCare1721390019000 implements MigrationInterface {
  readonly name = 'MachineCare1721390019000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FACTS);
    await runner.query(TAGS);
    await runner.query(EVENTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE care_action, care_event, machine_tag');
    await runner.query(`
      DELETE FROM machine WHERE enrolled_at IS NULL;
      ALTER TABLE machine
        ALTER COLUMN enrolled_at SET NOT NULL,
        DROP COLUMN registered_at, DROP COLUMN role, DROP COLUMN asset_tag, DROP COLUMN location,
        DROP COLUMN bitlocker_key_id, DROP COLUMN bitlocker_key_escrowed, DROP COLUMN assignee,
        DROP COLUMN assigned_until, DROP COLUMN review_on, DROP COLUMN attested_at, DROP COLUMN moved_to,
        DROP COLUMN care_version`);
  }
}

const FACTS = `
  ALTER TABLE machine
    ALTER COLUMN enrolled_at DROP NOT NULL,
    ADD COLUMN registered_at timestamptz,
    ADD COLUMN role text CONSTRAINT machine_role
      CHECK (role IN ('RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER')),
    ADD COLUMN asset_tag text,
    ADD COLUMN location text,
    ADD COLUMN bitlocker_key_id text,
    ADD COLUMN bitlocker_key_escrowed boolean,
    ADD COLUMN assignee text,
    ADD COLUMN assigned_until timestamptz,
    ADD COLUMN review_on date,
    ADD COLUMN attested_at timestamptz,
    ADD COLUMN moved_to text,
    ADD COLUMN care_version integer NOT NULL DEFAULT 0;
  CREATE INDEX machine_by_asset_tag ON machine (lower(asset_tag) text_pattern_ops, practice_id, machine_id)
    WHERE asset_tag IS NOT NULL;
  CREATE INDEX machine_by_assignee ON machine (assignee, practice_id, machine_id) WHERE assignee IS NOT NULL;
  CREATE INDEX machine_by_successor ON machine (practice_id, successor_id) WHERE successor_id IS NOT NULL;
  CREATE INDEX machine_by_review ON machine (review_on, practice_id, machine_id) WHERE review_on IS NOT NULL;
  CREATE INDEX machine_attested ON machine (practice_id, machine_id) WHERE attested_at IS NOT NULL;
`;

const TAGS = `
  CREATE TABLE machine_tag (
    practice_id text COLLATE "C" NOT NULL,
    machine_id uuid NOT NULL,
    tag text COLLATE "C" NOT NULL,
    PRIMARY KEY (practice_id, machine_id, tag)
  );
  CREATE INDEX machine_tag_by_tag ON machine_tag (tag, practice_id, machine_id);
`;

const EVENTS = `
  CREATE TABLE care_event (
    practice_id text COLLATE "C" NOT NULL,
    machine_id uuid NOT NULL,
    ordinal integer NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    action_id uuid NOT NULL,
    details jsonb NOT NULL,
    PRIMARY KEY (practice_id, machine_id, ordinal)
  );
  CREATE INDEX care_event_by_action ON care_event (action_id, practice_id, machine_id);

  CREATE TABLE care_action (
    action_id uuid PRIMARY KEY,
    actor text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    result jsonb
  );
  CREATE UNIQUE INDEX care_action_by_key ON care_action (actor, idempotency_key);
`;
