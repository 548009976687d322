/**
 * Why a list as a whole is refused; nothing of it is taken then.
 *
 * EMPTY_FILE no row at all · NOT_TEXT a workbook, an archive, or text in an unknown encoding · TOO_LARGE too many bytes or rows ·
 * NO_HEADER no row names columns that are known · UNKNOWN_COLUMN the mapping names a column that is not there ·
 * PRACTICE_COLUMN_UNCLEAR several columns hold codes of practices and contradict each other
 */
export type RegisterFileErrorCode =
  'EMPTY_FILE' | 'NOT_TEXT' | 'TOO_LARGE' | 'NO_HEADER' | 'UNKNOWN_COLUMN' | 'PRACTICE_COLUMN_UNCLEAR';

/** A list that cannot be read. The message says what was expected and what was seen. */
export class RegisterFileError extends Error {
  override readonly name = 'RegisterFileError';

  constructor(
    readonly code: RegisterFileErrorCode,
    message: string,
  ) {
    super(message);
  }
}
