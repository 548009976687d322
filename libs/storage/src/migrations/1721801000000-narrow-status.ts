import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Makes the row that every heartbeat writes half as long, and lists fast by everything that takes one of a few words.
 *
 * - `memory` moves to `machine`: it changes when something is decided, which is rare, and a heartbeat would copy it each time.
 * - `traits`: what `machine` says of boot mode, file verdict, BitLocker, sensor, safe-boot flag and identity conflict, as one number
 *   (`machine-kind.ts`), a second time, because no index reaches over two tables. Whoever writes those columns writes it, too.
 * - `kind`: state, exposure, role, reason and traits of a machine that needs somebody, as one number; generated, so that no statement can
 *   forget it. Lists of the nation are read kind by kind: whatever a filter says of these words is known of a kind before a machine
 *   of it is looked at.
 *
 * Rewrites `machine` and `machine_status` once: some minutes for millions of machines.
 */
export class NarrowStatus1721801000000 implements MigrationInterface {
  readonly name = 'NarrowStatus1721801000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX unrecovered_by_key, unrecovered_by_since, unrecovered_by_host, unrecovered_by_heard,
        unrecovered_at_practice_by_since, unrecovered_at_practice_by_host, unrecovered_at_practice_by_heard,
        machine_status_urgent, machine_status_urgent_at_practice`);
    await runner.query(COLUMNS);
    await runner.query(INDEXES);
    await runner.query(KINDS_IN_USE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION kinds_in_use();
      DROP INDEX unrecovered_by_key, unrecovered_by_host, unrecovered_by_heard, unrecovered_at_practice_by_host,
        unrecovered_at_practice_by_heard, urgent_by_since, urgent_at_practice_by_since, machine_by_os_build,
        machine_by_sensor_version;
      ALTER TABLE machine_status DROP COLUMN kind;
      ALTER TABLE machine_status DROP COLUMN traits;
      ALTER TABLE machine_status ADD COLUMN memory text NOT NULL DEFAULT '';
      UPDATE machine_status AS status SET memory = machine.memory FROM machine
      WHERE machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id;
      ALTER TABLE machine_status ALTER COLUMN memory DROP DEFAULT;
      ALTER TABLE machine DROP COLUMN memory;`);
    await runner.query(EARLIER_INDEXES);
  }
}

/** The generated column comes last: adding it writes the table anew, and clears away what was dropped and filled before. */
const COLUMNS = `
  ALTER TABLE machine ADD COLUMN memory text NOT NULL DEFAULT '';
  UPDATE machine SET memory = status.memory FROM machine_status AS status
  WHERE machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id;
  ALTER TABLE machine ALTER COLUMN memory DROP DEFAULT;
  ALTER TABLE machine_status DROP COLUMN memory;
  ALTER TABLE machine_status ADD COLUMN traits smallint NOT NULL DEFAULT 0;
  UPDATE machine_status AS status
  SET traits =
    COALESCE(array_position(ARRAY['NORMAL', 'SAFE_MODE', 'SAFE_MODE_NETWORK', 'WINRE'], machine.boot_mode), 0)
    + 8 * (COALESCE(array_position(ARRAY['ABSENT', 'PRE_INCIDENT', 'BAD', 'GOOD', 'AMBIGUOUS'], machine.file_verdict), 0))
    + 64 * (COALESCE(array_position(ARRAY['PROTECTED', 'SUSPENDED', 'OFF'], machine.bitlocker), 0))
    + 256 * (CASE WHEN machine.sensor_running THEN 1 WHEN NOT machine.sensor_running THEN 2 ELSE 0 END)
    + 1024 * (CASE WHEN machine.safe_boot_flag THEN 2 WHEN NOT machine.safe_boot_flag THEN 1 ELSE 0 END)
    + 4096 * (machine.identity_conflict_since IS NOT NULL)::int
  FROM machine
  WHERE machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id;
  ALTER TABLE machine_status
    ADD COLUMN kind integer GENERATED ALWAYS AS (
      CASE WHEN state IN (0, 2, 3, 4, 5, 6, 8, 9)
        THEN (((state::integer * 8 + exposure) * 8 + role_code) * 64 + reason) * 8192 + traits END) STORED;
`;

const UNRECOVERED = 'WHERE state IN (2, 3, 4, 5, 6, 9)';
/** The machines that have a kind: those that need somebody. */
const URGENT = 'WHERE kind IS NOT NULL';

const INDEXES = `
  CREATE INDEX urgent_by_since ON machine_status (kind, since, practice_id, machine_id) ${URGENT};
  CREATE INDEX unrecovered_by_key ON machine_status (kind, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_host ON machine_status (kind, host_order, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_heard ON machine_status (kind, heard_order, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX urgent_at_practice_by_since ON machine_status (practice_id, since, machine_id, kind) ${URGENT};
  CREATE INDEX unrecovered_at_practice_by_host ON machine_status (practice_id, host_order, machine_id, kind) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_heard ON machine_status (practice_id, heard_order, machine_id, kind) ${UNRECOVERED};
  CREATE INDEX machine_by_os_build ON machine (lower(os_build) text_pattern_ops) WHERE os_build IS NOT NULL;
  CREATE INDEX machine_by_sensor_version ON machine (lower(sensor_version) text_pattern_ops)
    WHERE sensor_version IS NOT NULL;
`;

/**
 * Every kind of which there is a machine: one step down the index for each. Kinds are no secret and their machines are, so whoever reads
 * as somebody with a scope is told by the owner of the tables, and does not pass over all machines out of scope.
 */
const KINDS_IN_USE = `
  CREATE FUNCTION kinds_in_use() RETURNS SETOF integer LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
  SET search_path FROM CURRENT AS $$
    WITH RECURSIVE step (kind) AS (
      SELECT min(status.kind) FROM machine_status AS status WHERE status.kind IS NOT NULL
      UNION ALL
      SELECT (SELECT min(status.kind) FROM machine_status AS status WHERE status.kind > step.kind)
      FROM step WHERE step.kind IS NOT NULL
    )
    SELECT kind FROM step WHERE kind IS NOT NULL
  $$;
`;

const URGENT_STATES = 'WHERE state IN (0, 2, 3, 4, 5, 6, 8, 9)';

const EARLIER_INDEXES = `
  CREATE INDEX unrecovered_by_key ON machine_status (practice_id, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_since ON machine_status (exposure, state, since, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_host ON machine_status (exposure, state, host_order, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_heard ON machine_status (exposure, state, heard_order, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_since ON machine_status (practice_id, since, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_host ON machine_status (practice_id, host_order, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_heard ON machine_status (practice_id, heard_order, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX machine_status_urgent ON machine_status (state, role_code, since, practice_id, machine_id) ${URGENT_STATES};
  CREATE INDEX machine_status_urgent_at_practice ON machine_status (practice_id, state) ${URGENT_STATES};
`;
