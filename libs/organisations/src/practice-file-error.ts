/**
 * Why a file as a whole is refused; nothing of it is taken then.
 *
 * EMPTY_FILE no row at all · NOT_UTF8 not text, or text in another encoding · TOO_LARGE too many bytes or
 * rows · UNKNOWN_FORMAT none of the kinds that can be read · MIXED_DIALECTS rows of two kinds in one file ·
 * MIXED_EXTRACT_DATES a practice map put together from two extracts · TRUNCATED_FILE the end is missing
 */
export const PRACTICE_FILE_ERROR_CODES = [
  'EMPTY_FILE',
  'NOT_UTF8',
  'TOO_LARGE',
  'UNKNOWN_FORMAT',
  'MIXED_DIALECTS',
  'MIXED_EXTRACT_DATES',
  'TRUNCATED_FILE',
] as const;

export type PracticeFileErrorCode = (typeof PRACTICE_FILE_ERROR_CODES)[number];

/** A practice file that cannot be taken. The message says what was expected and what was seen. */
export class PracticeFileError extends Error {
  override readonly name = 'PracticeFileError';

  /** @param line the line where it was seen, counted from 1; null when it concerns the whole file */
  constructor(
    readonly code: PracticeFileErrorCode,
    message: string,
    readonly line: number | null = null,
  ) {
    super(line === null ? message : `line ${line}: ${message}`);
  }
}
