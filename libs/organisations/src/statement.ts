import { type CalendarDate, dayOf, startOfDay } from './calendar-date';
import type { PracticeSource } from './practice-file';
import { ICBS_BY_CODE } from './reference-data';

/**
 * What one file said of one practice or ICB. Statements are only ever added: the tree is worked out from all of
 * them together, so that it cannot depend on the order in which the files came.
 */
export type Statement = {
  readonly code: string;
  readonly level: 'ICB' | 'PRACTICE';
  /** The day that the file describes; null: earlier than any day that is known. */
  readonly day: CalendarDate | null;
  /**
   * 0 for a file with a day. A file that nobody can date corrects what is known when it comes: its statement has
   * the day of the newest one then, and the next number after it.
   */
  readonly correction: number;
  /** Numbers statements that files of the same kind and day contradict each other with. It has no further meaning. */
  readonly variant: number;
  /** The kind of file. RECORDED: taken from the tree itself, for an organisation recorded without statements. */
  readonly told: PracticeSource | 'RECORDED';
  readonly name: string;
  /** ICB of a practice, region of an ICB. */
  readonly parentCode: string;
  /** The region that a file's row gives for the practice's ICB; null for ICBs and for what was RECORDED. */
  readonly regionCode: string | null;
  /** Since when the place holds, where whoever imported the file said so, in epoch milliseconds. */
  readonly placedSinceMs: number | null;
  readonly postcode: string | null;
  readonly address: string | null;
  readonly telephone: string | null;
  readonly openedOn: CalendarDate | null;
  readonly closedOn: CalendarDate | null;
  readonly supplier: string | null;
};

/** Kinds of files of one day, weakest first: the map is dated by itself, the DSE dialect followed the legacy one. */
const STRENGTH: readonly Statement['told'][] = [
  'RECORDED',
  'SYNTHETIC',
  'EPRACCUR_LEGACY',
  'EPRACCUR_DSE',
  'PRACTICE_MAP',
];

/** Whether the kind of file says of a practice that it has not closed: the practice map has no column for it. */
export function tellsClosing({ told }: Statement): boolean {
  return told !== 'PRACTICE_MAP';
}

/**
 * Order of statements about one organisation, oldest first. Of two files of the same kind and day that contradict each
 * other the one that closes a practice is the newer one, whichever came first; beyond that their order has no meaning.
 */
export function compareStatements(a: Statement, b: Statement): number {
  return compareOrigins(a, b) || compareTexts(contentOf(a), contentOf(b));
}

/** 0 for the same kind of file of the same day. */
function compareOrigins(a: Statement, b: Statement): number {
  return (
    compareDays(a.day, b.day) ||
    a.correction - b.correction ||
    STRENGTH.indexOf(a.told) - STRENGTH.indexOf(b.told)
  );
}

/** The same order by what a statement says of the place. */
export function comparePlaces(a: Statement, b: Statement): number {
  return compareDays(placeDay(a), placeDay(b)) || compareStatements(a, b);
}

/**
 * The day of a statement as to the place: one on which that ICB existed. A file that puts a practice into an ICB
 * which had been abolished by its day tells of the day before, and one that knows an ICB already tells of its
 * first day at the earliest. Mergers are known from the reference data.
 */
export function placeDay({ day, correction, told, level, parentCode }: Statement): CalendarDate | null {
  if (day === null || correction > 0 || told === 'RECORDED' || level === 'ICB') return day;
  const { establishedOn = null, abolishedOn = null } = ICBS_BY_CODE.get(parentCode) ?? {};
  if (establishedOn !== null && day < establishedOn) return establishedOn;
  return abolishedOn !== null && day >= abolishedOn ? dayBefore(abolishedOn) : day;
}

/** Since when the place of a statement holds, in epoch milliseconds; null: since ever. */
export function placedSince(statement: Statement): number | null {
  const day = placeDay(statement);
  return statement.placedSinceMs ?? (day === null ? null : startOfDay(day).getTime());
}

/** Adds a statement to those about the same organisation, unless one of the same origin says the same. */
export function addStatement(
  statements: readonly Statement[],
  added: Omit<Statement, 'variant'>,
): readonly Statement[] {
  const statement = { ...added, variant: 0 };
  const same = statements.filter((known) => compareOrigins(known, statement) === 0);
  if (same.some((known) => contentOf(known) === contentOf(statement))) return statements;
  return [...statements, { ...statement, variant: same.length }];
}

/** All that a statement says, as one text; its place in their order begins with the close date. */
function contentOf(statement: Statement): string {
  const { closedOn, placedSinceMs, openedOn, parentCode, regionCode, name, postcode, supplier } = statement;
  const { address, telephone } = statement;
  return JSON.stringify([
    ...[closedOn ?? '', placedSinceMs === null ? '' : new Date(placedSinceMs).toISOString()],
    ...[openedOn ?? '', parentCode, regionCode ?? '', name, postcode ?? '', supplier ?? ''],
    ...[address ?? '', telephone ?? ''],
  ]);
}

function compareDays(a: CalendarDate | null, b: CalendarDate | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compareTexts(a, b);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function dayBefore(day: CalendarDate): CalendarDate {
  return dayOf(startOfDay(day).getTime() - 1);
}
