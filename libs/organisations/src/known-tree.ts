import type { CalendarDate } from './calendar-date';
import type { PracticeSource } from './practice-file';

/** The levels of the hierarchy, from the top. */
export type OrganisationLevel = 'NATIONAL' | 'REGION' | 'ICB' | 'PRACTICE';

/** Where an organisation hangs now: its link without an end. */
export type CurrentLink = {
  readonly parentCode: string;
  /** Epoch milliseconds; null when it holds since ever, as the first link known of an organisation does. */
  readonly startsAtMs: number | null;
};

/** What is recorded of a practice beside its name and place. */
export type PracticeFacts = {
  readonly postcode: string | null;
  readonly openedOn: CalendarDate | null;
  readonly closedOn: CalendarDate | null;
  readonly supplier: string | null;
  /** The kind of file that last added or changed it. */
  readonly source: PracticeSource;
};

/** One organisation as the database has it. */
export type KnownOrganisation = {
  readonly code: string;
  readonly level: OrganisationLevel;
  readonly name: string;
  readonly link: CurrentLink | null;
  /** The newest day that a file described which told of it; null when none has said which day. */
  readonly vintage: CalendarDate | null;
  /** Null for every level but PRACTICE. */
  readonly practice: PracticeFacts | null;
};

/** The whole tree as it stands now, by code. */
export type KnownTree = ReadonlyMap<string, KnownOrganisation>;
