import { cutLines, recordAt, recordsBelow, type CsvRecord, type CsvShape } from './csv-records';
import { findPracticeColumn } from './practice-column';
import type { KnownPractices } from './practice-codes';
import { readRegisterRow } from './read-register-row';
import { readText } from './read-text';
import { findColumns, KNOWN_TITLES_MIN, knownTitles, type RegisterColumns } from './register-columns';
import {
  REGISTER_ROWS_MAX,
  type BrokenRow,
  type RegisterFile,
  type RegisterMapping,
  type RegisterRow,
} from './register-file';
import { RegisterFileError } from './register-file-error';

/** How a list is to be read. */
export type RegisterReading = {
  readonly mapping: RegisterMapping;
  /** A practice was given for rows that name none. */
  readonly hasDefaultPractice: boolean;
  readonly practices: KnownPractices;
};

/** Lines above the header that are looked through: reports put titles and dates there. */
const LINES_ABOVE_HEADER_MAX = 20;
const DELIMITERS = [',', ';', '\t', '|'] as const;
/** The first line by which Excel is told what separates the cells. */
const SEPARATOR_LINE = /^"?sep=(.)"?[,;\t|]*$/i;
/** Rows, and characters of them, in one step: a few milliseconds. */
const ROWS_PER_STEP = 250;
const CHARACTERS_PER_STEP = 200_000;

/**
 * Reads an asset list: CSV with commas, semicolons, tabs or bars, in the encodings of `readText`, exported by Intune, Configuration
 * Manager, Active Directory, Entra, Defender, Lansweeper, Snipe-IT or GLPI, or from a spreadsheet. Which column is which follows from
 * the titles, or from the mapping; which one says where a machine is, from what is in it (`findPracticeColumn`). Rows that cannot be
 * taken are listed by their line; a list that cannot be read at all is refused. Step by step: the largest list is seconds of work.
 *
 * @param bytes the content itself
 * @throws RegisterFileError
 */
export function* readRegisterFile(
  bytes: Uint8Array,
  { mapping, hasDefaultPractice, practices }: RegisterReading,
): Generator<void, RegisterFile> {
  const { text, encoding } = yield* readText(bytes);
  const lines = yield* cutLines(text);
  const header = findHeader(lines, mapping);
  const records = yield* takeRecords(lines, header);
  const practicePlace = yield* findPracticeColumn(records, header.columns, hasDefaultPractice, practices);
  const rows: RegisterRow[] = [];
  const broken: BrokenRow[] = [];
  let otherSystems = 0;
  for (const [at, { line, cells }] of records.entries()) {
    if (at % ROWS_PER_STEP === 0) yield;
    if (cells === null) {
      broken.push({ line, problem: 'STRAY_QUOTE' });
      continue;
    }
    const row = readRegisterRow(cells, line, header.columns, practicePlace);
    if (row === 'OTHER_SYSTEM') otherSystems += 1;
    else if ('problem' in row) broken.push(row);
    else rows.push(row);
  }
  const columns = columnsByTitle(header.columns, practicePlace);
  return { dialect: header.columns.dialect, encoding, columns, rows, broken, otherSystems };
}

function* takeRecords(lines: readonly string[], header: CsvShape): Generator<void, readonly CsvRecord[]> {
  const records: CsvRecord[] = [];
  let [at, characters] = [header.linesAbove, 0];
  for (const record of recordsBelow(lines, header)) {
    records.push(record);
    if (records.length > REGISTER_ROWS_MAX)
      throw new RegisterFileError('TOO_LARGE', `more than ${REGISTER_ROWS_MAX} rows`);
    for (; at < record.line; at += 1) characters += lines[at]?.length ?? 0;
    if (characters < CHARACTERS_PER_STEP && records.length % ROWS_PER_STEP !== 0) continue;
    characters = 0;
    yield;
  }
  if (records.length === 0) throw new RegisterFileError('EMPTY_FILE', 'there is no row below the header');
  return records;
}

type Header = CsvShape & { readonly columns: RegisterColumns };

function findHeader(lines: readonly string[], mapping: RegisterMapping): Header {
  const separator = SEPARATOR_LINE.exec(lines[0]?.trim() ?? '')?.[1];
  const delimiters = separator === undefined ? DELIMITERS : [separator];
  const sure = firstHeader(lines, (at) => bestHeaderAt(lines, at, delimiters, mapping, KNOWN_TITLES_MIN));
  const header = sure ?? firstHeader(lines, (at) => bestHeaderAt(lines, at, delimiters, mapping, 1));
  if (header !== null) return header;
  if (lines.every((line) => line.trim() === ''))
    throw new RegisterFileError('EMPTY_FILE', 'there is nothing in this file');
  throw new RegisterFileError(
    'NO_HEADER',
    'no line names the columns: expected titles such as “Practice code”, “Device name” and “Serial number”, or a mapping such as ' +
      'mapping={"hostname":"PC name"} or --map hostname="PC name"',
  );
}

function firstHeader(lines: readonly string[], headerAt: (at: number) => Header | null): Header | null {
  for (let at = 0; at < Math.min(lines.length, LINES_ABOVE_HEADER_MAX + 1); at += 1) {
    const header = headerAt(at);
    if (header !== null) return header;
  }
  return null;
}

/** By the separator with which most titles are known. A list of one column has none. */
function bestHeaderAt(
  lines: readonly string[],
  at: number,
  delimiters: readonly string[],
  mapping: RegisterMapping,
  titlesMin: number,
): Header | null {
  let best: Header | null = null;
  for (const delimiter of delimiters) {
    if (titlesMin >= KNOWN_TITLES_MIN && lines[at]?.includes(delimiter) !== true) continue;
    const record = recordAt(lines, at, delimiter);
    const columns = record === null ? null : findColumns(record.cells, mapping, titlesMin);
    if (record === null || columns === null) continue;
    if (best === null || knownTitles(columns) > knownTitles(best.columns))
      best = { linesAbove: at + record.more + 1, delimiter, width: record.cells.length, columns };
  }
  return best;
}

/** Titles that were understood, by field; for people to see what was read as what. */
function columnsByTitle({ titles, places }: RegisterColumns, practicePlace: number | null): RegisterMapping {
  const named = new Map([...places].map(([field, place]) => [field, titles[place] ?? '']));
  if (practicePlace !== null) named.set('practice', titles[practicePlace] ?? '');
  return Object.fromEntries(named);
}
