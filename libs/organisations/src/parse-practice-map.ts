import { type CalendarDate, parseExtractDate } from './calendar-date';
import { excerpt } from './excerpt';
import { isOdsCode } from './ods-code';
import { epraccurDialectOf } from './parse-epraccur';
import type { IcbRow, PracticeFile, PracticeRow } from './practice-file';
import { PracticeFileError } from './practice-file-error';
import { type CsvRow, type CsvRows, refuseCutOff } from './read-csv-rows';
import {
  broken,
  type Refusal,
  refuseCode,
  refuseName,
  refusePostcode,
  refuseRegion,
  refuseSupplier,
} from './row-refusals';
import { SkipTally } from './skipped-rows';

/**
 * Columns of the practice map without which a row says nothing; SUPPLIER_NAME came later and may be missing.
 */
const REQUIRED_COLUMNS = [
  'EXTRACT_DATE',
  'PRACTICE_CODE',
  'PRACTICE_NAME',
  'PRACTICE_POSTCODE',
  'ICB_CODE',
  'ICB_NAME',
  'COMM_REGION_CODE',
] as const;

type Column = (typeof REQUIRED_COLUMNS)[number] | 'SUPPLIER_NAME';

type Header = { readonly columns: number; readonly positions: ReadonlyMap<string, number> };

/** What was learned from the rows above. */
type Above = { readonly codes: Set<string>; readonly icbs: Map<string, IcbRow & { readonly line: number }> };

type ReadRow = { readonly practice: PracticeRow; readonly extractedOn: CalendarDate };

/** Whether the fields are the header line of a practice map. */
export function isPracticeMapHeader(fields: readonly string[]): boolean {
  return fields.includes('PRACTICE_CODE') && fields.includes('PRACTICE_NAME');
}

/**
 * Reads NHS England's monthly map of practices (gp-reg-pat-prac-map), recognised by its header. It lists open
 * practices with their ICB, region and, since 2026 at the latest, supplier; it says itself which day it
 * describes.
 *
 * @throws PracticeFileError EMPTY_FILE, TRUNCATED_FILE, UNKNOWN_FORMAT, MIXED_DIALECTS or MIXED_EXTRACT_DATES
 */
export function parsePracticeMap(csv: CsvRows): PracticeFile {
  const header = readHeader(csv.rows[0]);
  const body: CsvRows = { rows: csv.rows.slice(1), endsWithLineEnd: csv.endsWithLineEnd };
  if (body.rows.length === 0) throw new PracticeFileError('EMPTY_FILE', 'a header and no practice');
  refuseCutOff(body, header.columns);
  refuseCutOffSupplier(body, header);
  const skips = new SkipTally();
  const practices: PracticeRow[] = [];
  const mentionedCodes = new Set<string>();
  const above: Above = { codes: new Set(), icbs: new Map() };
  let extract: { readonly on: CalendarDate; readonly line: number } | null = null;
  for (const row of body.rows) {
    const code = row.fields?.[header.positions.get('PRACTICE_CODE') ?? 0] ?? '';
    if (isOdsCode(code)) mentionedCodes.add(code);
    const read = readRow(row, header, above);
    if ('reason' in read) {
      skips.add({ line: row.line, code: isOdsCode(code) ? code : null, ...read });
      continue;
    }
    extract ??= { on: read.extractedOn, line: row.line };
    if (extract.on !== read.extractedOn) throw mixedExtractDates(extract, read.extractedOn, row.line);
    practices.push(read.practice);
  }
  if (extract === null) throw nothingReadable(skips);
  return {
    format: 'PRACTICE_MAP',
    extractedOn: extract.on,
    daysTold: [],
    rowCount: body.rows.length,
    practices,
    icbs: [...above.icbs.values()].map(({ code, name, regionCode }) => ({ code, name, regionCode })),
    mentionedCodes,
    skipped: skips.result(),
  };
}

function readHeader(row: CsvRow | undefined): Header {
  const names = row?.fields ?? [];
  const positions = new Map(names.map((name, position) => [name, position]));
  const missing = REQUIRED_COLUMNS.filter((name) => !positions.has(name));
  if (missing.length > 0) {
    const what = `expected a practice map with the columns ${REQUIRED_COLUMNS.join(', ')}; missing ${missing.join(', ')}`;
    throw new PracticeFileError('UNKNOWN_FORMAT', what, row?.line ?? null);
  }
  if (positions.size !== names.length) {
    throw new PracticeFileError(
      'UNKNOWN_FORMAT',
      'expected each column once; one is there twice',
      row?.line ?? null,
    );
  }
  return { columns: names.length, positions };
}

function readRow(row: CsvRow, header: Header, above: Above): ReadRow | Refusal {
  const fields = row.fields;
  if (fields === null) return broken(row.problem ?? 'not readable');
  if (fields.length !== header.columns) {
    refuseOtherKind(fields, row.line);
    return broken(`expected ${header.columns} columns, saw ${fields.length}`);
  }
  const at = (column: Column): string => fields[header.positions.get(column) ?? -1] ?? '';
  const unreadable = refuseCode(at('PRACTICE_CODE'), 'practice code');
  if (unreadable !== null) return unreadable;
  if (above.codes.has(at('PRACTICE_CODE'))) {
    return { reason: 'DUPLICATE_CODE', detail: 'the first row of this code counts' };
  }
  above.codes.add(at('PRACTICE_CODE'));
  const extractedOn = parseExtractDate(at('EXTRACT_DATE'));
  if (extractedOn === null) {
    return broken(`extract date: expected 01Aug2026, saw ${excerpt(at('EXTRACT_DATE'))}`);
  }
  const refusal =
    refuseRegion(at('COMM_REGION_CODE')) ??
    refuseName(at('PRACTICE_NAME'), 'name') ??
    refusePostcode(at('PRACTICE_POSTCODE')) ??
    refuseSupplier(at('SUPPLIER_NAME')) ??
    learnIcb(above, at('ICB_CODE'), at('ICB_NAME'), at('COMM_REGION_CODE'), row.line);
  if (refusal !== null) return refusal;
  const practice: PracticeRow = {
    line: row.line,
    code: at('PRACTICE_CODE'),
    name: at('PRACTICE_NAME'),
    postcode: at('PRACTICE_POSTCODE') === '' ? null : at('PRACTICE_POSTCODE'),
    // A blank supplier is one that this extract does not know, not a practice without a clinical system.
    ...(at('SUPPLIER_NAME') === '' ? {} : { supplier: at('SUPPLIER_NAME') }),
    icbCode: at('ICB_CODE'),
    regionCode: at('COMM_REGION_CODE'),
  };
  return { practice, extractedOn };
}

/** Notes the row's ICB. A second region for one ICB is refused: an ICB has exactly one. */
function learnIcb(
  above: Above,
  code: string,
  name: string,
  regionCode: string,
  line: number,
): Refusal | null {
  const refusal = refuseCode(code, 'ICB code') ?? refuseName(name, 'ICB name');
  if (refusal !== null) return refusal;
  const known = above.icbs.get(code);
  if (known === undefined) {
    above.icbs.set(code, { code, name, regionCode, line });
    return null;
  }
  if (known.regionCode === regionCode) return null;
  const detail = `ICB ${code} is in ${known.regionCode} in line ${known.line} and in ${regionCode} here`;
  return { reason: 'ICB_NOT_IN_REGION', detail };
}

/** A row of another kind means two files in one, and then the order and the date of all rows are in doubt. */
function refuseOtherKind(fields: readonly string[], line: number): void {
  if (epraccurDialectOf(fields) === null) return;
  throw new PracticeFileError(
    'MIXED_DIALECTS',
    'expected rows of the practice map, saw a row of epraccur',
    line,
  );
}

/**
 * Refuses a file cut off inside its very last field, where the count of columns is right and no quote is
 * open: without a line end, and with a last field that is the beginning of another row's and nobody's whole
 * ("EM", "EMIS").
 */
function refuseCutOffSupplier(body: CsvRows, header: Header): void {
  const last = body.rows.at(-1);
  const end = last?.fields?.[header.columns - 1];
  if (body.endsWithLineEnd || last === undefined || end === undefined) return;
  const others = new Set(body.rows.slice(0, -1).map((row) => row.fields?.[header.columns - 1] ?? ''));
  const longer = [...others].find((other) => other.startsWith(end) && other !== end);
  if (longer === undefined || others.has(end)) return;
  const message = `the file ends inside its last field: saw ${excerpt(end)}, as if cut off from ${excerpt(longer)}`;
  throw new PracticeFileError('TRUNCATED_FILE', message, last.line);
}

function mixedExtractDates(
  first: { readonly on: CalendarDate; readonly line: number },
  other: CalendarDate,
  line: number,
): PracticeFileError {
  const message = `expected one extract date, saw ${first.on} in line ${first.line} and ${other} here`;
  return new PracticeFileError('MIXED_EXTRACT_DATES', message, line);
}

function nothingReadable(skips: SkipTally): PracticeFileError {
  const first = skips.result().listed[0];
  const why = first === undefined ? '' : `; first: ${first.detail}`;
  return new PracticeFileError(
    'UNKNOWN_FORMAT',
    `no row of this practice map can be taken${why}`,
    first?.line ?? null,
  );
}
