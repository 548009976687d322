import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets lists pass over what they do not show without looking at it.
 *
 * - The indexes that hold machines kind by kind end with the times that a filter may ask for. A list that goes by another order
 *   looks at those in the index, at a twentieth of what it costs to fetch a machine to see that it was heard too late.
 * - The index by practice and beginning of the state is for statements that read it practice by practice, and say so (`kind >= 0`, which
 *   holds for every kind): the planner took it for large regions too, and sorted all of their machines.
 * - What `machine` is named by in partial indexes has statistics of its own. The planner does not use those of a partial index, and
 *   took every serial number for that of forty thousand machines.
 */
export class ListsByTime1721802000000 implements MigrationInterface {
  readonly name = 'ListsByTime1721802000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DROP_INDEXES);
    await runner.query(`
      CREATE INDEX urgent_by_since ON machine_status (kind, since, practice_id, machine_id, heard_order) ${URGENT};
      CREATE INDEX unrecovered_by_key ON machine_status (kind, practice_id, machine_id, since, heard_order) ${UNRECOVERED};
      CREATE INDEX unrecovered_by_host ON machine_status (kind, host_order, practice_id, machine_id, since, heard_order)
        ${UNRECOVERED};
      CREATE INDEX unrecovered_by_heard ON machine_status (kind, heard_order, practice_id, machine_id, since) ${UNRECOVERED};
      CREATE INDEX urgent_at_practice_by_since ON machine_status (practice_id, since, machine_id, kind) WHERE kind >= 0;`);
    for (const column of NAMES)
      await runner.query(`CREATE STATISTICS machine_${column} ON (lower(${column})) FROM machine`);
    await runner.query(`ANALYZE machine (${NAMES.join(', ')})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of NAMES) await runner.query(`DROP STATISTICS machine_${column}`);
    await runner.query(DROP_INDEXES);
    await runner.query(`
      CREATE INDEX urgent_by_since ON machine_status (kind, since, practice_id, machine_id) ${URGENT};
      CREATE INDEX unrecovered_by_key ON machine_status (kind, practice_id, machine_id) ${UNRECOVERED};
      CREATE INDEX unrecovered_by_host ON machine_status (kind, host_order, practice_id, machine_id) ${UNRECOVERED};
      CREATE INDEX unrecovered_by_heard ON machine_status (kind, heard_order, practice_id, machine_id) ${UNRECOVERED};
      CREATE INDEX urgent_at_practice_by_since ON machine_status (practice_id, since, machine_id, kind) ${URGENT};`);
  }
}

const DROP_INDEXES = `
  DROP INDEX urgent_by_since, unrecovered_by_key, unrecovered_by_host, unrecovered_by_heard, urgent_at_practice_by_since`;

const UNRECOVERED = 'WHERE state IN (2, 3, 4, 5, 6, 9)';
const URGENT = 'WHERE kind IS NOT NULL';

/** Of a machine; where it may be without one, its index leaves it out. */
const NAMES = ['serial_number', 'asset_tag', 'os_build', 'sensor_version'] as const;
