import type { CalendarDate } from './calendar-date';
import type { SkippedRows } from './skipped-rows';

/** Kinds of practice files that can be read; also where a practice's facts came from (`practice.source`). */
export type PracticeSource = 'EPRACCUR_LEGACY' | 'EPRACCUR_DSE' | 'PRACTICE_MAP' | 'SYNTHETIC';

/**
 * A practice as a file describes it. An omitted field means that this kind of file does not tell, so what is
 * known stays; null means that the file tells there is none.
 */
export type PracticeRow = {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly code: string;
  readonly name: string;
  readonly postcode: string | null;
  /** Its address without the postcode, lines parted by commas. */
  readonly address?: string | null;
  /** As written in the file. */
  readonly telephone?: string | null;
  readonly openedOn?: CalendarDate | null;
  /** The day it closed; a dormant practice has none. */
  readonly closedOn?: CalendarDate | null;
  /** Supplier of its clinical system, as written in the file. */
  readonly supplier?: string;
  readonly icbCode: string;
  readonly regionCode: string;
};

/** An ICB that a file itself names. */
export type IcbRow = { readonly code: string; readonly name: string; readonly regionCode: string };

/** A practice file, read and checked, before anything is compared with a database. */
export type PracticeFile = {
  readonly format: PracticeSource;
  /** The day the file itself says it describes (practice map); null when it does not say (epraccur). */
  readonly extractedOn: CalendarDate | null;
  /**
   * Days on which a practice of the file opened or closed, each once, newest first (epraccur): they end about the day that the
   * file describes.
   */
  readonly daysTold: readonly CalendarDate[];
  /** Rows in the file, without header and blank lines: `practices` and `skipped` together. */
  readonly rowCount: number;
  readonly practices: readonly PracticeRow[];
  /** ICBs named by the file (practice map); epraccur has codes only. */
  readonly icbs: readonly IcbRow[];
  /** Every organisation code the file has a row for, whether the row was taken or not. */
  readonly mentionedCodes: ReadonlySet<string>;
  readonly skipped: SkippedRows;
};

/** Largest file that is read. The real ones have under 4 MB; 64 MiB leaves room and bounds the memory. */
export const PRACTICE_FILE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Most rows that are read. The real files have 6,000 to 17,000; bounds the one transaction that writes them.
 */
export const PRACTICE_FILE_ROWS_MAX = 100_000;
