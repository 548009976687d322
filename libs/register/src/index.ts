export {
  ImportRegister,
  type ImportOutcome,
  type ImportRefusal,
  type RegisterDiff,
  type RegisterImport,
} from './import-register';
export { inSlices } from './in-slices';
export type { KnownPractices, PracticeStanding } from './practice-codes';
export { ENTRY_CHANGES, IMPORT_MODES, type ImportMode } from './plan-register-import';
export { readRegisterFile } from './read-register-file';
export {
  REGISTER_DIALECTS,
  REGISTER_ENCODINGS,
  REGISTER_FIELDS,
  REGISTER_FILE_BYTES_MAX,
  type RegisterField,
  ROW_PROBLEMS,
  type RegisterFile,
  type RegisterMapping,
} from './register-file';
export { RegisterFileError } from './register-file-error';
