import type { CalendarDate } from './calendar-date';
import type { OrganisationLevel, PracticeFacts } from './known-tree';
import type { SkippedRows } from './skipped-rows';

/** An organisation to be added or whose name, place or facts change. */
export type OrganisationWrite = {
  readonly code: string;
  readonly level: OrganisationLevel;
  readonly name: string;
  readonly synthetic: boolean;
  /** The day that the file describes which it is written from; null leaves what is recorded. */
  readonly vintage: CalendarDate | null;
};

/** A practice to be written as the file describes it. */
export type PracticeWrite = { readonly code: string } & PracticeFacts;

/**
 * A link to be written. FIRST the child has none yet, it holds since ever · MOVE the current one ends at the
 * effective instant and this one starts there · CORRECT the current one started at that very instant and gets
 * another parent
 */
export type LinkWrite = {
  readonly childCode: string;
  readonly parentCode: string;
  readonly kind: 'FIRST' | 'MOVE' | 'CORRECT';
};

/**
 * Everything one import will write, and what it will report. Nothing is in it twice, and every list is
 * sorted.
 */
export type ImportPlan = {
  readonly organisations: readonly OrganisationWrite[];
  readonly practices: readonly PracticeWrite[];
  readonly links: readonly LinkWrite[];
  /** Organisations of which nothing changes but that a newer file says the same of them. */
  readonly confirmedCodes: readonly string[];
  /** Practices that were not known before, and known ones of which something changes. */
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Of these three together: practices for which the file gives a close date. */
  readonly closed: number;
  /** Of `changed`: practices that had no close date before. */
  readonly newlyClosed: number;
  /** Of `changed`: practices that move to another ICB. */
  readonly moved: number;
  readonly icbsAdded: number;
  /** Of `changed` and `unchanged`: practices of which newer things are known than the file tells; those stay. */
  readonly older: number;
  /** Practices known and not closed that the file has no row for. They stay as they are. */
  readonly missing: number;
  readonly skipped: SkippedRows;
};
