import { parse } from 'csv-parse/sync';
import type { DaySpan } from '@app/recovery';
import type { DatedEntry, HoursChange, WeekdayHours, Withdrawal } from '@app/storage';

/** A row that cannot be taken, and what to do about it. */
export type HoursFileProblem = { readonly line: number; readonly problem: string };

/** A day of a list of bank holidays. */
export type BankHoliday = { readonly day: string; readonly title: string };

/** What a file says, or why it is refused as a whole. */
export type HoursFile =
  | {
      readonly kind: 'HOURS';
      readonly rows: number;
      readonly change: HoursChange;
      /** The line of each entry, list by list. */
      readonly lines: Readonly<Record<keyof HoursChange, readonly number[]>>;
    }
  | { readonly kind: 'BANK_HOLIDAYS'; readonly days: readonly BankHoliday[] }
  | { readonly kind: 'REFUSED'; readonly problems: readonly HoursFileProblem[] };

/** Largest file that is read, in bytes; a year of closures of every practice has some 4 MB. */
export const HOURS_FILE_BYTES_MAX = 16 * 1024 * 1024;
const ROWS_MAX = 100_000;
const PROBLEMS_MAX = 50;

const COLUMNS = ['organisation', 'date', 'weekday', 'from', 'to', 'kind', 'reason'] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Record<Column, string>>;

const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];

const EXPECTED =
  `expected a CSV file with the columns ${COLUMNS.join(', ')}; ` +
  'bank holidays as CSV with the columns date and title; or the file bank-holidays.json of gov.uk';

/**
 * Reads a file of opening hours and closures, or of bank holidays; which of them follows from its content. A row with a date is an
 * entry for that day: `closed`, `open` or `withdrawn`, for a span or the whole day. A row with a weekday is a practice's own hours:
 * `open` for a span (several rows, several spans), `closed`, or `default` for everybody's.
 *
 * A file is taken whole or not at all: with one broken row it is refused, and every broken row is named.
 */
export function readHoursFile(text: string): HoursFile {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trimStart().startsWith('{')) return readGovUkFile(content);
  const records = split(content);
  if ('problem' in records) return { kind: 'REFUSED', problems: [records] };
  const [header, ...rows] = records;
  if (header === undefined) return refused(1, `there is nothing in this file: ${EXPECTED}`);
  const titles = header.cells.map((title) => title.toLowerCase());
  if (titles.includes('title') && titles.includes('date')) return readHolidayRows(titles, rows);
  if (!titles.includes('organisation') || !titles.includes('kind'))
    return refused(header.line, `${EXPECTED}, saw ${quoted(header.cells.join(', '))}`);
  const twice = titles.find((title, i) => title !== '' && titles.indexOf(title) !== i);
  if (twice !== undefined) return refused(header.line, `the column ${quoted(twice)} is there twice`);
  if (rows.length === 0) return refused(header.line, 'there is no row below the header');
  return readHoursRows(titles, rows);
}

type CsvRecord = { readonly line: number; readonly cells: readonly string[] };

function split(text: string): readonly CsvRecord[] | HoursFileProblem {
  try {
    const found = parse(text, {
      ...{ info: true, relax_column_count: true, skip_empty_lines: true, trim: true, to: ROWS_MAX + 2 },
      delimiter: [',', ';', '\t'],
    }) as unknown as readonly { readonly record: string[]; readonly info: { readonly lines: number } }[];
    if (found.length > ROWS_MAX + 1)
      return { line: ROWS_MAX + 2, problem: `more than ${ROWS_MAX} rows: divide the file` };
    return found
      .map(({ record, info }) => ({ line: info.lines, cells: record }))
      .filter(({ cells }) => cells.some((cell) => cell !== ''));
  } catch (error) {
    const { lines = 1 } = error as { lines?: number };
    return {
      line: lines,
      problem: 'a quote is not closed, or stands in the middle of a cell: mend this line',
    };
  }
}

function readHoursRows(titles: readonly string[], rows: readonly CsvRecord[]): HoursFile {
  const problems: HoursFileProblem[] = [];
  const entered: { line: number; entry: DatedEntry }[] = [];
  const withdrawn: { line: number; entry: Withdrawal }[] = [];
  const weekdays = new Map<string, { line: number; entry: WeekdayHours }>();
  for (const { line, cells } of rows) {
    const row = Object.fromEntries(
      COLUMNS.map((column) => [column, cells[titles.indexOf(column)] ?? '']),
    ) as Row;
    const read = readRow(row);
    if (typeof read === 'string') problems.push({ line, problem: read });
    else if ('reason' in read) entered.push({ line, entry: read });
    else if ('day' in read) withdrawn.push({ line, entry: read });
    else {
      const key = `${read.organisation} ${read.weekday}`;
      const joined = joinWeekday(weekdays.get(key)?.entry, read);
      if (typeof joined === 'string') problems.push({ line, problem: joined });
      else weekdays.set(key, { line, entry: joined });
    }
  }
  if (problems.length > 0) return { kind: 'REFUSED', problems: problems.slice(0, PROBLEMS_MAX) };
  const week = [...weekdays.values()];
  return {
    kind: 'HOURS',
    rows: rows.length,
    change: {
      entered: entered.map(({ entry }) => entry),
      withdrawn: withdrawn.map(({ entry }) => entry),
      weekdays: week.map(({ entry }) => entry),
    },
    lines: {
      entered: entered.map(({ line }) => line),
      withdrawn: withdrawn.map(({ line }) => line),
      weekdays: week.map(({ line }) => line),
    },
  };
}

/** An entry, or what is wrong with the row and how to mend it. */
function readRow(row: Row): DatedEntry | Withdrawal | WeekdayHours | string {
  const organisation = row.organisation.replace(/\s/g, '').toUpperCase();
  if (!/^[A-Z0-9]{3,9}$/.test(organisation))
    return `organisation: expected an ODS code such as P82011, saw ${quoted(row.organisation)}`;
  if ((row.date === '') === (row.weekday === ''))
    return 'give a date (2024-07-25) or a weekday (Thursday), and not both';
  const kind = row.kind.toUpperCase();
  const span = readSpan(row);
  if (typeof span === 'string') return span;
  return row.date === ''
    ? readWeekday(organisation, row, kind, span)
    : readDated(organisation, row, kind, span);
}

function readDated(
  organisation: string,
  row: Row,
  kind: string,
  span: DaySpan | null,
): DatedEntry | Withdrawal | string {
  const day = readDay(row.date);
  if (day === null) return `date: expected 2024-07-25 or 25/07/2024, saw ${quoted(row.date)}`;
  if (kind === 'WITHDRAWN') return { organisation, day, span };
  if (kind !== 'CLOSED' && kind !== 'OPEN')
    return `kind: expected closed, open or withdrawn for a date, saw ${quoted(row.kind)}`;
  if (kind === 'OPEN' && span === null) return 'from, to: say from when until when it is open';
  if (row.reason === '') return 'reason: say why, in words that people read';
  return { organisation, day, kind, ...(span ?? WHOLE_DAY), reason: row.reason };
}

function readWeekday(
  organisation: string,
  row: Row,
  kind: string,
  span: DaySpan | null,
): WeekdayHours | string {
  const weekday = WEEKDAYS.findIndex((name) => row.weekday.toUpperCase().startsWith(name)) + 1;
  if (weekday === 0) return `weekday: expected Monday to Sunday, saw ${quoted(row.weekday)}`;
  if (kind === 'OPEN')
    return span === null
      ? 'from, to: say from when until when it is open on this weekday'
      : { organisation, weekday, spans: [span] };
  if (kind !== 'CLOSED' && kind !== 'DEFAULT')
    return `kind: expected open, closed or default for a weekday, saw ${quoted(row.kind)}`;
  if (span !== null)
    return `from, to: leave them empty for ${kind.toLowerCase()}; give the hours that are open`;
  return { organisation, weekday, spans: kind === 'CLOSED' ? [] : null };
}

function joinWeekday(known: WeekdayHours | undefined, more: WeekdayHours): WeekdayHours | string {
  if (known === undefined) return more;
  const isSpan = ({ spans }: WeekdayHours) => spans !== null && spans.length > 0;
  if (!isSpan(known) || !isSpan(more))
    return 'this practice has another row for the same weekday: only rows of the kind open go together';
  return { ...known, spans: [...(known.spans ?? []), ...(more.spans ?? [])] };
}

const WHOLE_DAY: DaySpan = { fromMinute: 0, untilMinute: 24 * 60 };

/** Null: no times were given. */
function readSpan({ from, to }: Row): DaySpan | string | null {
  if (from === '' && to === '') return null;
  const fromMinute = readMinute(from);
  const untilMinute = readMinute(to);
  if (fromMinute === null) return `from: expected a time such as 12:30, saw ${quoted(from)}`;
  if (untilMinute === null) return `to: expected a time such as 18:30 or 24:00, saw ${quoted(to)}`;
  if (fromMinute >= untilMinute)
    return `to: expected a time after ${from}, saw ${quoted(to)}; enter a night as two days`;
  return { fromMinute, untilMinute };
}

/** Minutes since midnight of a time such as 8:00 or 18.30; null when it is none. */
export function readMinute(text: string): number | null {
  const [, hour = '', minute = ''] = /^(\d{1,2})[:.](\d{2})(?::00)?$/.exec(text) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  return hour === '' || Number(minute) > 59 || minutes > 24 * 60 ? null : minutes;
}

/** `yyyy-mm-dd`, or null when it is no day of the calendar. */
function readDay(text: string): string | null {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const british = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const day =
    iso !== null
      ? text
      : british === null
        ? ''
        : `${british[3] ?? ''}-${(british[2] ?? '').padStart(2, '0')}-${(british[1] ?? '').padStart(2, '0')}`;
  const at = new Date(`${day}T00:00:00Z`);
  return day !== '' && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : null;
}

function readHolidayRows(titles: readonly string[], rows: readonly CsvRecord[]): HoursFile {
  const days = rows.map(({ line, cells }) => ({
    line,
    date: cells[titles.indexOf('date')] ?? '',
    title: cells[titles.indexOf('title')] ?? '',
  }));
  return holidays(days);
}

/** The division whose holidays count. */
const DIVISION = 'england-and-wales';

function readGovUkFile(text: string): HoursFile {
  let events: unknown;
  try {
    const file = JSON.parse(text) as Record<string, { events?: unknown } | undefined>;
    events = file[DIVISION]?.events;
  } catch {
    return refused(1, 'this JSON is damaged: fetch the file again');
  }
  if (!Array.isArray(events))
    return refused(1, `expected the layout of gov.uk/bank-holidays.json with ${DIVISION}.events`);
  const given = events as readonly ({ readonly date?: unknown; readonly title?: unknown } | null)[];
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  return holidays(
    given.map((one, i) => ({ line: i + 1, date: textOf(one?.date), title: textOf(one?.title) })),
  );
}

function holidays(
  given: readonly { readonly line: number; readonly date: string; readonly title: string }[],
): HoursFile {
  const problems: HoursFileProblem[] = [];
  const days = new Map<string, string>();
  for (const { line, date, title } of given) {
    const day = readDay(date);
    if (day === null)
      problems.push({ line, problem: `date: expected 2024-08-26 or 26/08/2024, saw ${quoted(date)}` });
    else if (title.trim() === '' || title.length > 200 || /\p{Cc}/u.test(title))
      problems.push({ line, problem: 'title: expected the name of the holiday, up to 200 characters' });
    else if (days.has(day)) problems.push({ line, problem: `${day} is there twice: keep one of them` });
    else days.set(day, title.trim());
  }
  if (problems.length > 0) return { kind: 'REFUSED', problems: problems.slice(0, PROBLEMS_MAX) };
  if (days.size === 0) return refused(1, 'there is no bank holiday in this file');
  return {
    kind: 'BANK_HOLIDAYS',
    days: [...days].map(([day, title]) => ({ day, title })).sort((a, b) => (a.day < b.day ? -1 : 1)),
  };
}

function refused(line: number, problem: string): HoursFile {
  return { kind: 'REFUSED', problems: [{ line, problem }] };
}

/** A bounded piece of a file, safe to show. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40)).replace(/[^\x20-\x7e]/g, '?');
}
