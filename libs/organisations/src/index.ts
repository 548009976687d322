export { describeImportReport } from './describe-import-report';
export { importPractices, type ImportOptions } from './import-practices';
export type { ImportReport } from './import-report';
export { type IcbRow, type PracticeFile, type PracticeRow, type PracticeSource } from './practice-file';
export { PracticeFileError, type PracticeFileErrorCode } from './practice-file-error';
export { PracticeImportError, type PracticeImportErrorCode } from './practice-import-error';
export { readPracticeFile } from './read-practice-file';
export { type ReferenceIcb, type ReferenceRegion } from './reference-data';
export { type SkippedRow, type SkippedRows, type SkipReason } from './skipped-rows';
export {
  importSyntheticPractices,
  SYNTHETIC_PRACTICES_MAX,
  type SyntheticImportOptions,
} from './synthetic-practices';
