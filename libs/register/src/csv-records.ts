import { RegisterFileError } from './register-file-error';
import { splitCsvLine } from './split-csv-line';

/** A row of a list as its cells; null: its quotes make no sense. */
export type CsvRecord = { readonly line: number; readonly cells: readonly string[] | null };

/** How rows are told from each other: where they begin, what separates their cells, and how many a whole row has. */
export type CsvShape = {
  /** Lines above the first row. */
  readonly linesAbove: number;
  readonly delimiter: string;
  readonly width: number;
};

/** A note of a few lines in one cell is as far as a cell goes. */
const CELL_LINES_MAX = 20;
/** Lines of a list, empty ones too: as many rows as are taken, each with the longest note. */
const LINES_MAX = 500_000;
/** Lines that are cut off in one step. */
const LINES_PER_STEP = 10_000;

/** What a row without any text may hold: blanks of all kinds, quotes and separators. */
const NO_TEXT = /^[\s\u200b\u200c\u200d\u2060"',;|]*$/;

/**
 * The lines of a text, which end with CR LF, LF or CR.
 *
 * @throws RegisterFileError TOO_LARGE
 */
export function* cutLines(text: string): Generator<void, readonly string[]> {
  const lines: string[] = [];
  const end = /\r\n|\n|\r/g;
  for (let from = 0; ;) {
    const found = end.exec(text);
    lines.push(text.slice(from, found?.index ?? text.length));
    if (found === null) return lines;
    from = end.lastIndex;
    if (lines.length > LINES_MAX) throw new RegisterFileError('TOO_LARGE', `more than ${LINES_MAX} lines`);
    if (lines.length % LINES_PER_STEP === 0) yield;
  }
}

/**
 * The rows below a header. A row is a line, unless a cell in quotes goes on over several; a quote that never ends spoils its own line
 * and not the rest of the list. Rows without any text are none.
 */
export function* recordsBelow(lines: readonly string[], shape: CsvShape): Generator<CsvRecord> {
  const widths = new Map<number, number>();
  for (let at = shape.linesAbove; at < lines.length; at += 1) {
    const text = lines[at] ?? '';
    if (NO_TEXT.test(text)) continue;
    const joined = joinLines(lines, at, shape, widths);
    yield { line: at + 1, cells: joined?.cells.map(plainText) ?? null };
    at += joined?.more ?? 0;
  }
}

/** A row, and on how many further lines it is. */
type JoinedRow = { readonly cells: readonly string[]; readonly more: number };

/** The row that begins on a line; its cells may go on over several, as those of a header do; null when it is none. */
export function recordAt(lines: readonly string[], at: number, delimiter: string): JoinedRow | null {
  const found = joinLines(lines, at, { delimiter, width: null }, new Map());
  return found === null ? null : { ...found, cells: found.cells.map(plainText) };
}

/**
 * A line, and those below it while a quote is open, as one whole row; null when they are none, or one of those below is one by itself.
 *
 * @param width cells of a whole row, where it is known
 * @param widths cells of lines that were looked at before, by their place
 */
function joinLines(
  lines: readonly string[],
  at: number,
  { delimiter, width }: { readonly delimiter: string; readonly width: number | null },
  widths: Map<number, number>,
): JoinedRow | null {
  let row = splitCsvLine(lines[at] ?? '', delimiter);
  for (let more = 0; row !== null;) {
    if (row.open === null) {
      const isWhole = more === 0 || width === null || row.cells.length === width;
      return isWhole ? { cells: row.cells, more } : null;
    }
    more += 1;
    if (more >= CELL_LINES_MAX || at + more >= lines.length) return null;
    if (width !== null && widthOf(lines, at + more, delimiter, widths) === width) return null;
    row = splitCsvLine(lines[at + more] ?? '', delimiter, row);
  }
  return null;
}

/** Cells of a line that is a whole row by itself; 0: it is none. */
function widthOf(
  lines: readonly string[],
  at: number,
  delimiter: string,
  widths: Map<number, number>,
): number {
  const known = widths.get(at);
  if (known !== undefined) return known;
  const row = splitCsvLine(lines[at] ?? '', delimiter);
  const width = row?.open === null ? row.cells.length : 0;
  widths.set(at, width);
  return width;
}

/** `="0123"`, by which tools keep spreadsheets from taking digits for a number. */
const TEXT_FORMULA = /^="(.*)"$/s;
/** The mark of text that spreadsheets and exports put before what could be a formula or a number. */
const TEXT_MARK = /^'(?=[=+\-@\d])/;
const UNSEEN = /[\u200b\u200c\u200d\u2060\ufeff]/g;

/** A cell without what spreadsheets put around its text. */
function plainText(cell: string): string {
  const first = cell.charCodeAt(0);
  let text = cell;
  if (first === 0x3d) text = (TEXT_FORMULA.exec(cell)?.[1] ?? cell).replaceAll('""', '"').trim();
  else if (first === 0x27) text = cell.replace(TEXT_MARK, '').trim();
  return text.replace(UNSEEN, '');
}
