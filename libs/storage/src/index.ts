export { Database, type Queryable } from './database';
export {
  describeFailure,
  isDatabaseFailure,
  isDataFault,
  isProgramFault,
  tableOf,
  type FailureFacts,
} from './database-failure';
export { databasePlace, databaseUrlProblems } from './database-url';
export { isNewDatabase, makeDataSource, migrateDatabase, refuseNewerSchema } from './data-source';
export { EnrolmentTokenEntity, RelayCredentialEntity } from './entities/access.entity';
export { ApiTokenEntity } from './entities/api-token.entity';
export { NATION, scopeOf, type Scope } from './scope';
export { ScopedReads } from './scoped-reads';
export { EXPOSURE_CODE, exposureOf, REASON_CODE, reasonOf, roleCode, STATE_CODE, stateOf } from './codes';
export {
  appendAuditRows,
  listAuditRows,
  lockAuditHead,
  readAuditHead,
  readAuditRows,
  readLastAuditMark,
  type AuditHead,
  type AuditRow,
  type AuditRowFilter,
} from './audit.store';
export {
  compareMachineKeys,
  formatMachineKey,
  inWriteOrder,
  parseMachineKey,
  type MachineKey,
} from './machine-key';
export { KIND_PARTS, TRAIT_CODE, traitsOf, type KindPart, type TraitFacts } from './machine-kind';
export { factsOf, hashFacts, mergeFacts, type MachineFacts } from './machine-facts';
export {
  LEDGER_BUCKET_MS,
  loadAwaited,
  loadMachines,
  loadOverdue,
  saveDecisions,
  type MachineChange,
  type StoredMachine,
  type SweepPlace,
} from './machine.store';
export {
  beginHoursChange,
  changeHours,
  finishRechecks,
  listDatedHours,
  loadHours,
  markHoursChanged,
  readHoursRevision,
  readLevels,
  readRechecks,
  replaceBankHolidays,
  type DatedEntry,
  type HoursChange,
  type HoursChanged,
  type Recheck,
  type WeekdayHours,
  type Withdrawal,
} from './hours.store';
export { saveContacts, type Contact } from './contact.store';
export { decodeMemory } from './memory-codec';
export {
  findDone,
  loadCare,
  lockMachines,
  saveCare,
  type CareChange,
  type CareClaim,
  type CareSignature,
  type MachineCare,
  type StoredCare,
} from './care.store';
export {
  abandonRequest,
  beginRequest,
  findRequest,
  finishRequest,
  type KnownRequest,
} from './care-action.store';
export { appendPracticeReports, type PracticeReport } from './practice-report.store';
export { adoptMachines } from './adoption.store';
export {
  bookExpected,
  describeAssets,
  loadAssets,
  loadRegister,
  ownRegister,
  placeExpected,
  recordImport,
  saveEntries,
  shareRegister,
  type AssetFacts,
  type AssetWrite,
  type EntryWrite,
  type ExpectedMachine,
  type KnownAsset,
  type RegisterEntry,
} from './register.store';
export { loadSharedIdentities, type SharedAt } from './shared-identity.store';
export {
  CLAIM_COLUMNS,
  decideClaims,
  findUnsettledClaims,
  loadClaims,
  lockClaims,
  refreshClaimed,
  saveClaims,
  saveConfirmation,
  showConflict,
  toClaim,
  type ClaimRow,
  type NewClaim,
  type StoredClaim,
} from './replacement.store';
export { placeMoved, revokeCredentials, type MachineMove } from './move.store';
export {
  changeHardware,
  createMachines,
  findInstallations,
  findMoved,
  findPredecessors,
  raiseGeneration,
  shareHardware,
  type CredentialProof,
  type Enrolled,
  type NewMachine,
  type Predecessor,
} from './enrolment.store';
export { lastPresenceMs, readBlindness, recordBlindness, type BlindnessCause } from './blindness.store';
export { provePresence, type EndedBlindness } from './presence.store';
export {
  endSilences,
  listSilences,
  readSilences,
  readSilentContacts,
  recordSilences,
  type PracticeSilence,
  type SilencePlace,
} from './site.store';
export {
  correctCounts,
  correctLedger,
  correctStatuses,
  countMachines,
  lockBooks,
  practiceRanges,
  readBooks,
  type BookCell,
  type BooksSnapshot,
  type LedgerDifference,
  type PracticeRange,
  type Standing,
  type SuspectMachine,
} from './books.store';
export { loadActiveIncident } from './incident.store';
export {
  attachToEmbeddedPostgres,
  hasEmbeddedPostgres,
  startEmbeddedPostgres,
  stopOrphanedPostgres,
  type EmbeddedPostgres,
} from './embedded-postgres';
