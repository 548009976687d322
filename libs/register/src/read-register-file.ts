import { readRegisterRow } from './read-register-row';
import { findColumns, type RegisterColumns } from './register-columns';
import {
  REGISTER_FILE_BYTES_MAX,
  REGISTER_ROWS_MAX,
  type BrokenRow,
  type RegisterFile,
  type RegisterMapping,
  type RegisterRow,
} from './register-file';
import { RegisterFileError } from './register-file-error';
import { splitCsvLine } from './split-csv-line';

/** Lines above the header that are looked through: reports put titles and dates there. */
const LINES_ABOVE_HEADER_MAX = 20;
const DELIMITERS = [',', ';', '\t', '|'] as const;

/**
 * Reads an asset list: CSV with commas, semicolons, tabs or bars, in UTF-8 or UTF-16, with or without a byte order mark, exported by
 * Intune, by Configuration Manager or from a spreadsheet. Which column is which follows from the titles, or from the mapping.
 * Rows that cannot be taken are listed by their line; a list that cannot be read at all is refused.
 *
 * @param bytes the content itself
 * @throws RegisterFileError
 */
export function readRegisterFile(bytes: Uint8Array, mapping: RegisterMapping): RegisterFile {
  const lines = decode(bytes).split(/\r\n|\n|\r/);
  const header = findHeader(lines, mapping);
  const rows: RegisterRow[] = [];
  const broken: BrokenRow[] = [];
  let otherSystems = 0;
  let found = 0;
  for (const { line, cells } of recordsBelow(lines, header)) {
    found += 1;
    if (found > REGISTER_ROWS_MAX)
      throw new RegisterFileError('TOO_LARGE', `more than ${REGISTER_ROWS_MAX} rows`);
    if (cells === null) {
      broken.push({ line, problem: 'STRAY_QUOTE' });
      continue;
    }
    const row = readRegisterRow(cells, line, header.columns);
    if (row === 'OTHER_SYSTEM') otherSystems += 1;
    else if ('problem' in row) broken.push(row);
    else rows.push(row);
  }
  if (found === 0) throw new RegisterFileError('EMPTY_FILE', 'there is no row below the header');
  return { dialect: header.columns.dialect, columns: header.columns.titles, rows, broken, otherSystems };
}

type Header = {
  /** Lines up to and with the header. */
  readonly lines: number;
  readonly delimiter: string;
  /** Titles in it. */
  readonly width: number;
  readonly columns: RegisterColumns;
};

function findHeader(lines: readonly string[], mapping: RegisterMapping): Header {
  for (let at = 0; at < Math.min(lines.length, LINES_ABOVE_HEADER_MAX + 1); at += 1) {
    const text = lines[at] ?? '';
    for (const delimiter of DELIMITERS) {
      const titles = text.includes(delimiter) ? splitCsvLine(text, delimiter) : null;
      const columns = titles === null ? null : findColumns(titles, mapping);
      if (columns !== null) return { lines: at + 1, delimiter, width: titles?.length ?? 0, columns };
    }
  }
  if (lines.every((line) => line.trim() === ''))
    throw new RegisterFileError('EMPTY_FILE', 'there is nothing in this file');
  throw new RegisterFileError(
    'NO_HEADER',
    'no line names the columns: expected titles such as “Practice code”, “Device name” and “Serial number”, or a mapping',
  );
}

type Record = { readonly line: number; readonly cells: readonly string[] | null };

/**
 * The rows below a header. A row is a line, unless a cell in quotes goes on over several; a quote that never ends spoils its own line
 * and not the rest of the list.
 */
function* recordsBelow(lines: readonly string[], header: Header): Generator<Record> {
  for (let at = header.lines; at < lines.length; at += 1) {
    const text = lines[at] ?? '';
    if (text.trim() === '') continue;
    const line = at + 1;
    const cells = splitCsvLine(text, header.delimiter);
    if (cells !== null) {
      yield { line, cells };
      continue;
    }
    const joined = joinLines(lines, at, header);
    yield { line, cells: joined?.cells ?? null };
    at += joined?.more ?? 0;
  }
}

/** A note of a few lines in one cell is as far as a cell goes. */
const CELL_LINES_MAX = 20;

/** Lines that together are one whole row; none of those below is one by itself. */
function joinLines(
  lines: readonly string[],
  at: number,
  { delimiter, width }: Header,
): { readonly cells: readonly string[]; readonly more: number } | null {
  let text = lines[at] ?? '';
  for (let more = 1; more < CELL_LINES_MAX && at + more < lines.length; more += 1) {
    const below = lines[at + more] ?? '';
    if (splitCsvLine(below, delimiter)?.length === width) return null;
    text = `${text}\n${below}`;
    const cells = splitCsvLine(text, delimiter);
    if (cells !== null) return cells.length === width ? { cells, more } : null;
  }
  return null;
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > REGISTER_FILE_BYTES_MAX)
    throw new RegisterFileError('TOO_LARGE', `expected at most ${REGISTER_FILE_BYTES_MAX} bytes`);
  const [first, second] = bytes;
  if (first === 0x50 && second === 0x4b)
    throw new RegisterFileError('NOT_TEXT', 'this is a workbook or an archive: save the sheet as CSV');
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes('\u0000')) return text;
  } catch {
    // Said below.
  }
  throw new RegisterFileError('NOT_TEXT', 'this is no text in UTF-8 or UTF-16: save the sheet as CSV UTF-8');
}
