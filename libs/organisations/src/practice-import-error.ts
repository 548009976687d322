/**
 * Why a file that is fine in itself is not imported; nothing is changed then.
 *
 * MIXES_SYNTHETIC_AND_REAL the database holds the other kind of practices · IMPORT_RUNNING another import did
 * not end in time · INVALID_TIME an instant or a day that is none
 */
export const PRACTICE_IMPORT_ERROR_CODES = [
  'MIXES_SYNTHETIC_AND_REAL',
  'IMPORT_RUNNING',
  'INVALID_TIME',
] as const;

export type PracticeImportErrorCode = (typeof PRACTICE_IMPORT_ERROR_CODES)[number];

/** An import that was refused as a whole. */
export class PracticeImportError extends Error {
  override readonly name = 'PracticeImportError';

  constructor(
    readonly code: PracticeImportErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
