import type { PracticeSource } from './practice-file';
import type { SkippedRows } from './skipped-rows';

/**
 * What an import did. Every row of the file is counted exactly once:
 * `rows = taken + unchanged + skipped.total` and `taken = added + changed`.
 */
export type ImportReport = {
  readonly format: PracticeSource;
  /** When moves to another ICB took effect. */
  readonly effectiveAt: Date;
  readonly rows: number;
  readonly taken: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Of the rows taken or unchanged: practices for which the file gives a close date. */
  readonly closed: number;
  /** Of the changed ones: practices that had no close date before. */
  readonly newlyClosed: number;
  /** Of the changed ones: practices that moved to another ICB. */
  readonly moved: number;
  /** ICBs that were not known before. */
  readonly icbsAdded: number;
  /** Practices known and not closed that the file has no row for. A file never deletes: they stay. */
  readonly missing: number;
  readonly skipped: SkippedRows;
};
