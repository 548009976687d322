import type { CellValue } from './export-columns';

/** RFC 4180 ends lines so. */
const LINE_END = '\r\n';
/** Between several words in one cell. */
const WORD_SEPARATOR = ' | ';

/** Begins with a letter or a digit, and holds nothing that any spreadsheet takes for more than text. */
const HARMLESS = /^[A-Za-z0-9][A-Za-z0-9 ._:/-]*$/;
/** No spreadsheet shows them, several end a cell or a line by them. */
const UNPRINTED = /[\p{Cc}\u2028\u2029]/gu;
/**
 * Where a formula could begin, under what a spreadsheet may skip before it: at the beginning of the text, and behind a semicolon,
 * which ends a cell wherever the list separator of the reader's country is one. The signs are those of OWASP's “CSV Injection”,
 * with their full-width forms.
 */
const FORMULA = /(^|;)(?=[\s\p{Cf}"']*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;
/** What spreadsheets take for the mark of text. */
const TEXT_MARK = "$1'";

/**
 * One line of a CSV file (RFC 4180), end of line included, that no spreadsheet finds a formula in, whichever separator it goes by.
 * Text is kept as it is but for two things: characters that are not printed become spaces, and where a formula could begin an
 * apostrophe stands before it. Numbers are ours and stay numbers.
 */
export function csvLine(values: readonly CellValue[]): string {
  let line = '';
  let separator = '';
  for (const value of values) {
    line += separator + csvCell(value);
    separator = ',';
  }
  return line + LINE_END;
}

function csvCell(value: CellValue): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : value.join(WORD_SEPARATOR);
  if (text === '' || HARMLESS.test(text)) return text;
  return `"${text.replace(UNPRINTED, ' ').replace(FORMULA, TEXT_MARK).replaceAll('"', '""')}"`;
}
