import { parse } from 'csv-parse/sync';
import { PracticeFileError } from './practice-file-error';
import { PRACTICE_FILE_ROWS_MAX } from './practice-file';

/** One line of a CSV file. `fields` is null when the line cannot be split; `problem` says why then. */
export type CsvRow = {
  /** From 1, blank lines counted. */
  readonly line: number;
  readonly fields: readonly string[] | null;
  readonly problem: 'OPEN_QUOTE' | 'STRAY_QUOTE' | 'LINE_TOO_LONG' | null;
};

/** The lines of a file, each read by itself. */
export type CsvRows = {
  readonly rows: readonly CsvRow[];
  /** Whether the last line ends with a line end. A file cut off in the middle usually does not. */
  readonly endsWithLineEnd: boolean;
};

/** Longest line that is split, in characters. Real ones have about 300. */
const LINE_LENGTH_MAX = 16_384;

/**
 * Lines given to the parser at once, because starting it costs more than a line; a bad line costs this many
 * again.
 */
const LINES_PER_BLOCK = 250;

type Line = { readonly line: number; readonly content: string };

/**
 * Splits CSV text into rows, one per line, blank lines left out and fields trimmed. A line always stands by
 * itself: no practice file has a line break inside a field, and so a stray quote spoils its own row instead
 * of swallowing the rows after it. Line ends may be LF or CRLF.
 *
 * @throws PracticeFileError TOO_LARGE when there are more than `PRACTICE_FILE_ROWS_MAX` rows
 */
export function readCsvRows(text: string): CsvRows {
  const lines = splitLines(text);
  const rows: CsvRow[] = [];
  for (let start = 0; start < lines.length; start += LINES_PER_BLOCK) {
    rows.push(...readBlock(lines.slice(start, start + LINES_PER_BLOCK)));
  }
  return { rows, endsWithLineEnd: text.endsWith('\n') };
}

function splitLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let line = 0;
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf('\n', start);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const content = text.slice(start, end).trim();
    start = end + 1;
    line += 1;
    if (content === '') continue;
    // One more than the bound, for the header of those files that have one.
    if (lines.length > PRACTICE_FILE_ROWS_MAX) {
      throw new PracticeFileError('TOO_LARGE', `more than ${PRACTICE_FILE_ROWS_MAX} rows`, line);
    }
    lines.push({ line, content });
  }
  return lines;
}

/**
 * Parses lines together; where that does not give one record for each line, an open quote joined some: one by
 * one.
 */
function readBlock(lines: readonly Line[]): readonly CsvRow[] {
  if (lines.every(({ content }) => content.length <= LINE_LENGTH_MAX)) {
    const records = parseCsv(lines.map(({ content }) => content).join('\n'));
    if (typeof records !== 'string' && records.length === lines.length) {
      return records.map((fields, index) => ({ line: lines[index]?.line ?? 0, fields, problem: null }));
    }
  }
  return lines.map(readLine);
}

function readLine({ line, content }: Line): CsvRow {
  if (content.length > LINE_LENGTH_MAX) return { line, fields: null, problem: 'LINE_TOO_LONG' };
  const records = parseCsv(content);
  return typeof records === 'string'
    ? { line, fields: null, problem: records }
    : { line, fields: records[0] ?? [], problem: null };
}

/** The parser's codes for what can be wrong with one line. */
const PROBLEMS_BY_CODE: Readonly<Record<string, 'OPEN_QUOTE' | 'STRAY_QUOTE'>> = {
  CSV_QUOTE_NOT_CLOSED: 'OPEN_QUOTE',
  CSV_INVALID_CLOSING_QUOTE: 'STRAY_QUOTE',
  INVALID_OPENING_QUOTE: 'STRAY_QUOTE',
};

/** Fields of each record, or what is wrong with the quotes. */
function parseCsv(text: string): readonly (readonly string[])[] | 'OPEN_QUOTE' | 'STRAY_QUOTE' {
  try {
    const records = parse(text, { relax_column_count: true, trim: true, record_delimiter: '\n' });
    return records.map((fields) => fields.map((field) => field.trim()));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const problem = PROBLEMS_BY_CODE[code];
    if (problem === undefined) throw error;
    return problem;
  }
}

/** Whether the file's last row was cut off in the middle, given the columns a whole row has. */
function isCutOff(csv: CsvRows, columns: number): boolean {
  const last = csv.rows.at(-1);
  if (last === undefined) return false;
  if (last.problem === 'OPEN_QUOTE') return true;
  return !csv.endsWithLineEnd && (last.fields === null || last.fields.length < columns);
}

/** Refuses a file that was cut off in the middle of its last row. */
export function refuseCutOff(csv: CsvRows, columns: number): void {
  if (!isCutOff(csv, columns)) return;
  const last = csv.rows.at(-1);
  const seen = last?.fields === null ? 'an open quote' : `${last?.fields.length ?? 0}`;
  throw new PracticeFileError(
    'TRUNCATED_FILE',
    `the file ends in the middle of a row: expected ${columns} columns, saw ${seen}. Fetch it again`,
    last?.line ?? null,
  );
}
