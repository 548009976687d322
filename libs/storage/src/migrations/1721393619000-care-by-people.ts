import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who cares for a machine by identity and by name, and the way of an installation whose machine has moved: its agent is found by
 * the machine, and may still name the practice it came from.
 */
export class CareByPeople1721393619000 implements MigrationInterface {
  readonly name = 'CareByPeople1721393619000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE machine ADD COLUMN assignee_id text;
      ALTER TABLE care_event ADD COLUMN actor_name text NOT NULL;
      ALTER TABLE installation ADD COLUMN moved_from text COLLATE "C";
      CREATE INDEX installation_by_machine ON installation (practice_id, machine_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX installation_by_machine;
      ALTER TABLE installation DROP COLUMN moved_from;
      ALTER TABLE care_event DROP COLUMN actor_name;
      ALTER TABLE machine DROP COLUMN assignee_id`);
  }
}
