import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * By this what changed since a moment is found without reading all that ever changed. Transitions are appended in the order in which
 * they are recorded, so a block range index knows where a moment lies in the table: some kilobytes for millions of rows, and next to
 * nothing for whoever appends.
 */
export class TransitionTimes1721783400000 implements MigrationInterface {
  readonly name = 'TransitionTimes1721783400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX transition_by_record ON transition USING brin (recorded_at) WITH (pages_per_range = 32, autosummarize = on)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX transition_by_record');
  }
}
