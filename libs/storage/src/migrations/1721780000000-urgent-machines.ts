import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What lists by urgency and by name are read from. Each index holds only the rows that it is for, and none holds a column that
 * a heartbeat changes without changing the state.
 *
 * The role of a machine stands here a second time, as a number: lists by urgency go by state, role and age together, and no index
 * reaches over two tables. Whoever writes `machine.role` writes it, too.
 */
export class UrgentMachines1721780000000 implements MigrationInterface {
  readonly name = 'UrgentMachines1721780000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE machine_status ADD COLUMN role_code smallint NOT NULL DEFAULT 0;
      UPDATE machine_status AS status
      SET role_code = array_position(ARRAY['RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER'], machine.role)
      FROM machine
      WHERE machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id
        AND machine.role IS NOT NULL;
      CREATE INDEX machine_status_urgent ON machine_status (state, role_code, since, practice_id, machine_id)
        WHERE state IN (0, 2, 3, 4, 5, 6, 8, 9);
      CREATE INDEX machine_status_urgent_at_practice ON machine_status (practice_id, state)
        WHERE state IN (0, 2, 3, 4, 5, 6, 8, 9);
      CREATE INDEX machine_by_serial_number ON machine (lower(serial_number) text_pattern_ops, practice_id, machine_id)
        WHERE serial_number IS NOT NULL;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX machine_by_serial_number, machine_status_urgent_at_practice, machine_status_urgent;
      ALTER TABLE machine_status DROP COLUMN role_code;`);
  }
}
