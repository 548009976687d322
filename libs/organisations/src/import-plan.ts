import type { CalendarDate } from './calendar-date';
import type { KnownLink, OrganisationLevel, PracticeFacts } from './known-tree';
import type { SkippedRows } from './skipped-rows';
import type { Statement } from './statement';

/** An organisation to be added or whose name, place or facts change. */
export type OrganisationWrite = {
  readonly code: string;
  readonly level: OrganisationLevel;
  readonly name: string;
  readonly synthetic: boolean;
  /** The day of the newest file that told of it; null when nobody knows. */
  readonly vintage: CalendarDate | null;
};

/** A practice to be written as all files together describe it. */
export type PracticeWrite = { readonly code: string } & PracticeFacts;

/** All links of one organisation, oldest first, in place of those recorded. */
export type LinksWrite = { readonly childCode: string; readonly links: readonly KnownLink[] };

/** An organisation of which nothing changes but the day of the newest file that said so. */
export type Confirmation = { readonly code: string; readonly vintage: CalendarDate };

/**
 * Everything one import will write, and what it will report. Nothing is in it twice, and every list is
 * sorted.
 */
export type ImportPlan = {
  readonly organisations: readonly OrganisationWrite[];
  readonly practices: readonly PracticeWrite[];
  readonly links: readonly LinksWrite[];
  readonly confirmations: readonly Confirmation[];
  /** What the file says that was not known, also of practices that no place is found for yet. */
  readonly statements: readonly Statement[];
  /** Practices of the file that were not known before, and known ones of which something changes. */
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Of these three together: practices for which the file gives a close date. */
  readonly closed: number;
  /** Of `changed`: practices that had no close date before. */
  readonly newlyClosed: number;
  /** Of `changed`: practices that are in another ICB now. */
  readonly moved: number;
  readonly icbsAdded: number;
  /** Of these three together: practices of which newer things are known than the file tells; those stay. */
  readonly older: number;
  /** Practices of earlier files, not of this one, that can be placed or dated only by what this one says. */
  readonly placedLater: number;
  /** Practices known and not closed that the file has no row for. They stay as they are. */
  readonly missing: number;
  readonly skipped: SkippedRows;
};
