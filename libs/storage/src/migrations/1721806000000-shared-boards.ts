import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds machines by the UUID of their board wherever they are, without its hyphens, as serial numbers and asset tags are found
 * already: a value that more than a few machines share identifies none of them.
 */
export class SharedBoards1721806000000 implements MigrationInterface {
  readonly name = 'SharedBoards1721806000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX machine_by_smbios_uuid ON machine (replace(lower(smbios_uuid), '-', '') text_pattern_ops)
        WHERE smbios_uuid IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX machine_by_smbios_uuid');
  }
}
