import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What lists of unrecovered machines and sweeps are read from, however large the fleet. Every index holds only the rows that it is
 * for, and none holds a column that every heartbeat changes: a contact still updates its row within the page (HOT).
 *
 * - `host_order`: the host name in lower case, a second time, because no index reaches over two tables. Whoever writes
 *   `machine.hostname` writes it, too.
 * - `heard_order`: the quarter of an hour in which an unrecovered machine was last heard. Null for all others, so that a heartbeat of
 *   a sound machine leaves it as it is, and one of an unrecovered machine changes it four times an hour at most.
 * - `due_from`: the quarter of an hour of the deadline, for the same reason. What it finds is held against `due_at` itself.
 *
 * The two are generated: no statement writes them, so none can forget them.
 *
 * Lists by an order have two indexes each: by exposure and state for lists of the nation, by practice for those of a place. Both end in
 * the key, and carry what lists are filtered by most.
 *
 * Rewrites `machine_status` once: some minutes for millions of machines.
 */
export class MachineLists1721707200000 implements MigrationInterface {
  readonly name = 'MachineLists1721707200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMNS);
    await runner.query(INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX machine_status_due, unrecovered_by_key, unrecovered_by_since, unrecovered_by_host, unrecovered_by_heard,
        unrecovered_at_practice_by_since, unrecovered_at_practice_by_host, unrecovered_at_practice_by_heard;
      ALTER TABLE machine_status DROP COLUMN due_from, DROP COLUMN heard_order, DROP COLUMN host_order;
      CREATE INDEX machine_status_awaited ON machine_status (practice_id, machine_id)
        WHERE state IN (0, 2, 4, 5, 6, 9);
      CREATE INDEX machine_status_unrecovered ON machine_status (since, practice_id, machine_id)
        WHERE state IN (2, 3, 4, 5, 6, 9);`);
  }
}

/** The generated columns come last: adding them writes the table anew, and clears away what filling the first one left behind. */
const COLUMNS = `
  ALTER TABLE machine_status ADD COLUMN host_order text COLLATE "C" NOT NULL DEFAULT '';
  UPDATE machine_status AS status SET host_order = lower(machine.hostname)
  FROM machine
  WHERE machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id;
  ALTER TABLE machine_status
    ADD COLUMN heard_order timestamptz GENERATED ALWAYS AS (
      CASE WHEN state IN (2, 3, 4, 5, 6, 9)
        THEN COALESCE(date_bin('15 min', heard_at, '1970-01-01T00:00:00Z'), '-infinity') END) STORED,
    ADD COLUMN due_from timestamptz GENERATED ALWAYS AS (
      date_bin('15 min', due_at, '1970-01-01T00:00:00Z')) STORED;
`;

const UNRECOVERED = 'WHERE state IN (2, 3, 4, 5, 6, 9)';

const INDEXES = `
  DROP INDEX machine_status_awaited, machine_status_unrecovered;
  CREATE INDEX machine_status_due ON machine_status (due_from, practice_id, machine_id) WHERE due_from IS NOT NULL;
  CREATE INDEX unrecovered_by_key ON machine_status (practice_id, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_since ON machine_status (exposure, state, since, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_host ON machine_status (exposure, state, host_order, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_by_heard ON machine_status (exposure, state, heard_order, practice_id, machine_id) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_since ON machine_status (practice_id, since, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_host ON machine_status (practice_id, host_order, machine_id, exposure, state) ${UNRECOVERED};
  CREATE INDEX unrecovered_at_practice_by_heard ON machine_status (practice_id, heard_order, machine_id, exposure, state) ${UNRECOVERED};
`;
