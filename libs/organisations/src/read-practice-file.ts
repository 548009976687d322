import type { Readable } from 'node:stream';
import { excerpt } from './excerpt';
import { EPRACCUR_COLUMNS, epraccurDialectOf, parseEpraccur } from './parse-epraccur';
import { isPracticeMapHeader, parsePracticeMap } from './parse-practice-map';
import { PRACTICE_FILE_BYTES_MAX, type PracticeFile } from './practice-file';
import { PracticeFileError } from './practice-file-error';
import { type CsvRows, readCsvRows } from './read-csv-rows';

const EXPECTED =
  `expected epraccur (${EPRACCUR_COLUMNS} columns, no header) or the practice map` +
  ' (a header with PRACTICE_CODE, ICB_CODE, COMM_REGION_CODE …)';

/**
 * Reads a practice file: epraccur in either dialect, or the practice map. The kind is concluded from the
 * content, never from a name. Single rows that are unreadable or not wanted are skipped and counted; a file
 * that is damaged or of no known kind is refused as a whole.
 *
 * @param source the content itself (a string is text, not a path): at most `PRACTICE_FILE_BYTES_MAX` bytes of
 *   UTF-8
 * @throws PracticeFileError with a code of `PRACTICE_FILE_ERROR_CODES`; errors of a stream pass through
 */
export async function readPracticeFile(source: Readable | Uint8Array | string): Promise<PracticeFile> {
  const text = decode(await collect(source));
  const csv = readCsvRows(text);
  const first = csv.rows[0];
  if (first === undefined) throw new PracticeFileError('EMPTY_FILE', 'there is no row in this file');
  if (text.trimStart().startsWith('<')) {
    const what = `${EXPECTED}, saw a page of HTML or XML: probably an error page was saved. Fetch the file again`;
    throw new PracticeFileError('UNKNOWN_FORMAT', what, first.line);
  }
  if (first.fields !== null && isPracticeMapHeader(first.fields)) return parsePracticeMap(csv);
  refuseWithoutEpraccur(csv);
  return parseEpraccur(csv);
}

/** Refuses a file in which no row has the width of epraccur, and one with a practice map further down. */
function refuseWithoutEpraccur(csv: CsvRows): void {
  const header = csv.rows.find((row) => row.fields !== null && isPracticeMapHeader(row.fields));
  const epraccur = csv.rows.find((row) => row.fields !== null && epraccurDialectOf(row.fields) !== null);
  if (header !== undefined && epraccur !== undefined) {
    const what = `expected one kind of file, saw epraccur in line ${epraccur.line} and a practice map's header here`;
    throw new PracticeFileError('MIXED_DIALECTS', what, header.line);
  }
  if (csv.rows.some((row) => row.fields?.length === EPRACCUR_COLUMNS)) return;
  const first = csv.rows[0];
  const seen =
    first?.fields
      ?.map((field) => excerpt(field))
      .slice(0, 3)
      .join(', ') ??
    first?.problem ??
    'nothing';
  const columns = first?.fields?.length ?? 0;
  throw new PracticeFileError(
    'UNKNOWN_FORMAT',
    `${EXPECTED}, saw ${columns} columns: ${seen}`,
    first?.line ?? null,
  );
}

async function collect(source: Readable | Uint8Array | string): Promise<Uint8Array> {
  if (typeof source === 'string') return refuseTooLarge(Buffer.from(source, 'utf8'));
  if (source instanceof Uint8Array) return refuseTooLarge(source);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
    bytes += part.length;
    if (bytes > PRACTICE_FILE_BYTES_MAX) throw tooLarge();
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

function refuseTooLarge(bytes: Uint8Array): Uint8Array {
  if (bytes.length > PRACTICE_FILE_BYTES_MAX) throw tooLarge();
  return bytes;
}

function tooLarge(): PracticeFileError {
  return new PracticeFileError('TOO_LARGE', `expected at most ${PRACTICE_FILE_BYTES_MAX} bytes`);
}

/** First bytes of files that are often given instead of the text they contain. */
const OTHER_FILES = [
  { starts: Buffer.from('PK\u0003\u0004'), what: 'a ZIP archive: unpack it first' },
  { starts: Buffer.from([0x1f, 0x8b]), what: 'a gzip file: unpack it first' },
  { starts: Buffer.from([0xff, 0xfe]), what: 'UTF-16: save it as UTF-8' },
  { starts: Buffer.from([0xfe, 0xff]), what: 'UTF-16: save it as UTF-8' },
] as const;

/** Bytes to text. A byte order mark at the start is dropped. */
function decode(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const other = OTHER_FILES.find(({ starts }) => buffer.subarray(0, starts.length).equals(starts));
  if (other !== undefined)
    throw new PracticeFileError('NOT_UTF8', `expected text in UTF-8, saw ${other.what}`);
  const nul = buffer.indexOf(0);
  if (nul !== -1) {
    throw new PracticeFileError('NOT_UTF8', 'expected text in UTF-8, saw a binary file', lineAt(buffer, nul));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer);
  } catch {
    throw new PracticeFileError('NOT_UTF8', 'expected text in UTF-8, saw other bytes', firstBadLine(buffer));
  }
}

const LINE_FEED = 0x0a;

/** The line of the first byte that is not UTF-8. A line feed is never part of a longer character. */
function firstBadLine(buffer: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let start = 0; start < buffer.length;) {
    const lineEnd = buffer.indexOf(LINE_FEED, start);
    const end = lineEnd === -1 ? buffer.length : lineEnd;
    try {
      decoder.decode(buffer.subarray(start, end));
    } catch {
      return lineAt(buffer, start);
    }
    start = end + 1;
  }
  return 1;
}

function lineAt(buffer: Buffer, offset: number): number {
  let line = 1;
  for (let at = buffer.indexOf(LINE_FEED); at !== -1 && at < offset; at = buffer.indexOf(LINE_FEED, at + 1))
    line += 1;
  return line;
}
