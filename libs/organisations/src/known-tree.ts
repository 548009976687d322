import type { CalendarDate } from './calendar-date';
import type { PracticeSource } from './practice-file';
import type { Statement } from './statement';

/** The levels of the hierarchy, from the top. */
export type OrganisationLevel = 'NATIONAL' | 'REGION' | 'ICB' | 'PRACTICE';

/** Which organisation another belongs to, from a moment until the next link of the same child begins. */
export type KnownLink = {
  readonly parentCode: string;
  /** Epoch milliseconds; null when it holds since ever, as the first link of every organisation does. */
  readonly startsAtMs: number | null;
};

/** What is recorded of a practice beside its name and place. */
export type PracticeFacts = {
  readonly postcode: string | null;
  /** Without the postcode, lines parted by commas. */
  readonly address: string | null;
  readonly telephone: string | null;
  readonly openedOn: CalendarDate | null;
  readonly closedOn: CalendarDate | null;
  readonly supplier: string | null;
  /** The kind of the newest file that told of it. */
  readonly source: PracticeSource;
};

/** One organisation as the database has it. */
export type KnownOrganisation = {
  readonly code: string;
  readonly level: OrganisationLevel;
  readonly name: string;
  /** Where it has hung, oldest first; the last link holds now. Empty for the nation. */
  readonly links: readonly KnownLink[];
  /** The newest day that a file described which told of it; null when none has said which day. */
  readonly vintage: CalendarDate | null;
  /** Null for every level but PRACTICE. */
  readonly practice: PracticeFacts | null;
};

/** All that the database knows: the tree, and the statements of files from which it is made. */
export type KnownTree = {
  readonly organisations: ReadonlyMap<string, KnownOrganisation>;
  /** By the code of the organisation that they are about; also those that no place has been found for yet. */
  readonly statements: ReadonlyMap<string, readonly Statement[]>;
};
