import { type CalendarDate, parseCompactDate } from './calendar-date';
import { excerpt } from './excerpt';
import type { PracticeFile, PracticeRow } from './practice-file';
import { PracticeFileError } from './practice-file-error';
import { type CsvRow, type CsvRows, refuseCutOff } from './read-csv-rows';
import { readContactText } from './contact-text';
import { broken, type Refusal, refuseCode, refuseName, refusePostcode, refuseRegion } from './row-refusals';
import { isOdsCode } from './ods-code';
import { SkipTally } from './skipped-rows';

/** Columns of epraccur, in both dialects; it has no header. */
export const EPRACCUR_COLUMNS = 27;

/** Where the columns that are used stand, from 0 (ODS's own description counts from 1). */
const COLUMN = {
  code: 0,
  name: 1,
  region: 2,
  icb: 3,
  postcode: 9,
  openedOn: 10,
  closedOn: 11,
  status: 12,
  telephone: 17,
  setting: 25,
} as const;

/** The lines of the address, likewise: those before the postcode. */
const ADDRESS_COLUMNS = [4, 5, 6, 7, 8] as const;

type EpraccurDialect = 'EPRACCUR_LEGACY' | 'EPRACCUR_DSE';

type Vocabulary = {
  readonly statuses: Readonly<Record<string, 'OPEN' | 'CLOSED' | 'PROPOSED'>>;
  /**
   * Shape of a prescribing setting. Not a list of the known ones: new ones are added, and only one matters.
   */
  readonly settingShape: RegExp;
  readonly isGpPractice: (setting: string) => boolean;
  readonly described: string;
};

/** A dormant practice is not closed: it keeps its patients' place in the tree, and its machines. */
const VOCABULARIES: Readonly<Record<EpraccurDialect, Vocabulary>> = {
  EPRACCUR_LEGACY: {
    statuses: { A: 'OPEN', D: 'OPEN', C: 'CLOSED', P: 'PROPOSED' },
    settingShape: /^\d{0,2}$/,
    isGpPractice: (setting) => setting === '4',
    described: 'status A, C, D or P with a numeric setting',
  },
  EPRACCUR_DSE: {
    statuses: { ACTIVE: 'OPEN', DORMANT: 'OPEN', INACTIVE: 'CLOSED' },
    settingShape: /^(RO\d+(\|RO\d+)*)?$/,
    isGpPractice: (setting) => setting.split('|').includes('RO76'),
    described: 'status ACTIVE, INACTIVE or DORMANT with a setting such as RO76',
  },
};

/**
 * Least share of the rows that must speak one of the two dialects. A tenth: enough that a file of another
 * kind with 27 columns does not pass by accident, and so little that a damaged practice file still yields its
 * good rows.
 */
const SPOKEN_SHARE_MIN = 0.1;

/**
 * Reads epraccur, the ODS list of prescribing cost centres, in whichever of its two dialects: the legacy
 * quarterly file and the DSE export have the same 27 columns and different words in two of them. A filter
 * written for one silently finds no practice in the other, so the dialect is concluded from the rows, and
 * only from them.
 *
 * @throws PracticeFileError TRUNCATED_FILE, UNKNOWN_FORMAT or MIXED_DIALECTS
 */
export function parseEpraccur(csv: CsvRows): PracticeFile {
  refuseCutOff(csv, EPRACCUR_COLUMNS);
  const format = detectDialect(csv.rows);
  const skips = new SkipTally();
  const practices: PracticeRow[] = [];
  const mentionedCodes = new Set<string>();
  const readCodes = new Set<string>();
  const daysTold = new Set<CalendarDate>();
  for (const row of csv.rows) {
    const code = row.fields?.[COLUMN.code] ?? '';
    if (isOdsCode(code)) mentionedCodes.add(code);
    for (const day of daysOf(row)) daysTold.add(day);
    const read = readRow(row, format, readCodes);
    if ('reason' in read) skips.add({ line: row.line, code: isOdsCode(code) ? code : null, ...read });
    else practices.push(read);
  }
  const skipped = skips.result();
  return {
    format,
    extractedOn: null,
    daysTold: [...daysTold].sort().reverse(),
    rowCount: csv.rows.length,
    practices,
    icbs: [],
    mentionedCodes,
    skipped,
  };
}

/** Whether a row has epraccur's columns and words; used to find its rows where they do not belong. */
export function epraccurDialectOf(fields: readonly string[]): EpraccurDialect | null {
  if (fields.length !== EPRACCUR_COLUMNS) return null;
  const status = fields[COLUMN.status] ?? '';
  const setting = fields[COLUMN.setting] ?? '';
  for (const dialect of ['EPRACCUR_LEGACY', 'EPRACCUR_DSE'] as const) {
    const vocabulary = VOCABULARIES[dialect];
    if (Object.hasOwn(vocabulary.statuses, status) && vocabulary.settingShape.test(setting)) return dialect;
  }
  return null;
}

function detectDialect(rows: readonly CsvRow[]): EpraccurDialect {
  const firstLine = new Map<EpraccurDialect, number>();
  let spoken = 0;
  for (const row of rows) {
    const dialect = row.fields === null ? null : epraccurDialectOf(row.fields);
    if (dialect === null) continue;
    spoken += 1;
    if (!firstLine.has(dialect)) firstLine.set(dialect, row.line);
  }
  const legacyLine = firstLine.get('EPRACCUR_LEGACY');
  const dseLine = firstLine.get('EPRACCUR_DSE');
  if (legacyLine !== undefined && dseLine !== undefined) {
    throw new PracticeFileError(
      'MIXED_DIALECTS',
      `expected one dialect of epraccur, saw the legacy one in line ${legacyLine} and the DSE one in line ${dseLine}`,
      Math.max(legacyLine, dseLine),
    );
  }
  if (spoken === 0 || spoken < rows.length * SPOKEN_SHARE_MIN) throw unknownVocabulary(rows, spoken);
  return legacyLine === undefined ? 'EPRACCUR_DSE' : 'EPRACCUR_LEGACY';
}

function unknownVocabulary(rows: readonly CsvRow[], spoken: number): PracticeFileError {
  const odd = rows.find(
    (row) => row.fields?.length === EPRACCUR_COLUMNS && epraccurDialectOf(row.fields) === null,
  );
  const expected = Object.values(VOCABULARIES).map((vocabulary) => vocabulary.described);
  const status = excerpt(odd?.fields?.[COLUMN.status] ?? '');
  const setting = excerpt(odd?.fields?.[COLUMN.setting] ?? '');
  return new PracticeFileError(
    'UNKNOWN_FORMAT',
    `expected ${expected.join(', or ')}; saw status ${status} with setting ${setting}` +
      ` (${spoken} of ${rows.length} rows are epraccur)`,
    odd?.line ?? null,
  );
}

/** Reads one row. Order matters: what cannot be read comes first, then what is not wanted. */
function readRow(row: CsvRow, dialect: EpraccurDialect, readCodes: Set<string>): PracticeRow | Refusal {
  const fields = row.fields;
  if (fields === null) return broken(row.problem ?? 'not readable');
  if (fields.length !== EPRACCUR_COLUMNS) {
    return broken(`expected ${EPRACCUR_COLUMNS} columns, saw ${fields.length}`);
  }
  const at = (column: keyof typeof COLUMN): string => fields[COLUMN[column]] ?? '';
  const vocabulary = VOCABULARIES[dialect];
  const unreadable =
    refuseCode(at('code'), 'practice code') ?? refuseWords(at('status'), at('setting'), vocabulary);
  if (unreadable !== null) return unreadable;
  if (readCodes.has(at('code')))
    return { reason: 'DUPLICATE_CODE', detail: 'the first row of this code counts' };
  readCodes.add(at('code'));
  if (!vocabulary.isGpPractice(at('setting'))) {
    return { reason: 'NOT_A_GP_PRACTICE', detail: `setting ${at('setting') || 'none'}` };
  }
  const elsewhere = refuseRegion(at('region'));
  if (elsewhere !== null) return elsewhere;
  const dates = readDates(at('openedOn'), at('closedOn'), vocabulary.statuses[at('status')] === 'CLOSED');
  if ('reason' in dates) return dates;
  if (vocabulary.statuses[at('status')] === 'PROPOSED') {
    return { reason: 'NOT_YET_OPEN', detail: `proposed, to open on ${dates.openedOn ?? 'an unknown day'}` };
  }
  const unusable =
    refuseName(at('name'), 'name') ?? refusePostcode(at('postcode')) ?? refuseCode(at('icb'), 'ICB code');
  if (unusable !== null) return unusable;
  return {
    line: row.line,
    code: at('code'),
    name: at('name'),
    postcode: at('postcode') === '' ? null : at('postcode'),
    address: readContactText(ADDRESS_COLUMNS.map((column) => fields[column] ?? '')),
    telephone: readContactText([at('telephone')]),
    ...dates,
    icbCode: at('icb'),
    regionCode: at('region'),
  };
}

/** The days of any row of epraccur, GP practice or not: all of them are as old as the file. */
function daysOf(row: CsvRow): readonly CalendarDate[] {
  if (row.fields?.length !== EPRACCUR_COLUMNS) return [];
  const told = [row.fields[COLUMN.openedOn], row.fields[COLUMN.closedOn]];
  return told.map((text) => parseCompactDate(text ?? '')).filter((day) => day !== null);
}

function refuseWords(status: string, setting: string, vocabulary: Vocabulary): Refusal | null {
  if (Object.hasOwn(vocabulary.statuses, status) && vocabulary.settingShape.test(setting)) return null;
  return broken(
    `expected ${vocabulary.described}, saw status ${excerpt(status)} with setting ${excerpt(setting)}`,
  );
}

type Dates = { readonly openedOn: CalendarDate | null; readonly closedOn: CalendarDate | null };

function readDates(opened: string, closed: string, isClosed: boolean): Dates | Refusal {
  const openedOn = opened === '' ? null : parseCompactDate(opened);
  const closedOn = closed === '' ? null : parseCompactDate(closed);
  if (opened !== '' && openedOn === null)
    return broken(`open date: expected yyyymmdd, saw ${excerpt(opened)}`);
  if (closed !== '' && closedOn === null)
    return broken(`close date: expected yyyymmdd, saw ${excerpt(closed)}`);
  if (isClosed && closedOn === null) return broken('closed, but without a close date');
  if (openedOn !== null && closedOn !== null && closedOn < openedOn) {
    return broken(`closed on ${closedOn}, before it opened on ${openedOn}`);
  }
  return { openedOn, closedOn };
}
