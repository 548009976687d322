import type { CalendarDate } from './calendar-date';
import type { PracticeSource } from './practice-file';
import type { SkippedRows } from './skipped-rows';
import type { VintageBasis } from './vintage';

/**
 * What an import did. Every row of the file is counted exactly once:
 * `rows = taken + unchanged + skipped.total` and `taken = added + changed`.
 */
export type ImportReport = {
  readonly format: PracticeSource;
  /** The day that the file describes; null when nobody knows. */
  readonly vintage: CalendarDate | null;
  /** Who says so. */
  readonly vintageBasis: VintageBasis;
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
  /** Of the changed ones: practices that are in another ICB now than before the import. */
  readonly moved: number;
  /** ICBs that were not known before. */
  readonly icbsAdded: number;
  /**
   * Of the taken and unchanged ones: practices of which newer things are known than the file tells. It fills what those
   * leave open, and says where the practice was before.
   */
  readonly older: number;
  /** Practices of earlier files, not of this one, that can be placed or dated only by what this one says. */
  readonly placedLater: number;
  /** Practices known and not closed that the file has no row for. A file never deletes: they stay. */
  readonly missing: number;
  readonly skipped: SkippedRows;
};
