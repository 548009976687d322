export { describeImportReport } from './describe-import-report';
export { importPractices, type ImportOptions } from './import-practices';
export type { ImportReport } from './import-report';
export { isOdsCode } from './ods-code';
export {
  PRACTICE_FILE_BYTES_MAX,
  PRACTICE_FILE_ROWS_MAX,
  type IcbRow,
  type PracticeFile,
  type PracticeRow,
  type PracticeSource,
} from './practice-file';
export {
  PRACTICE_FILE_ERROR_CODES,
  PracticeFileError,
  type PracticeFileErrorCode,
} from './practice-file-error';
export {
  PRACTICE_IMPORT_ERROR_CODES,
  PracticeImportError,
  type PracticeImportErrorCode,
} from './practice-import-error';
export { readPracticeFile } from './read-practice-file';
export {
  ICBS,
  NATIONAL_ORGANISATION,
  REGIONS,
  type ReferenceIcb,
  type ReferenceRegion,
} from './reference-data';
export {
  SKIP_REASONS,
  SKIPPED_ROWS_LISTED_PER_REASON_MAX,
  type SkippedRow,
  type SkippedRows,
  type SkipReason,
} from './skipped-rows';
export {
  importSyntheticPractices,
  makeSyntheticPractices,
  SYNTHETIC_PRACTICES_MAX,
  type SyntheticImportOptions,
} from './synthetic-practices';
