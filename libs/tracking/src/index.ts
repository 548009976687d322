export { BlindnessWatch, type BlindnessNews } from './blindness-watch';
export { EnrolMachines } from './enrol-machines';
export type { EnrolmentRequest, EnrolmentResult, Gate } from './enrolment-request';
export {
  describeDrift,
  DRIFT_KINDS,
  driftingMachineId,
  findDrift,
  type Drift,
  type DriftKind,
} from './find-drift';
export { KnownHours } from './known-hours';
export { IngestUnavailableError } from './ingest-errors';
export {
  ReconcileBooks,
  type DriftCount,
  type ReconciliationObserver,
  type ReconciliationReport,
} from './reconcile-books';
export {
  DEFAULT_INGEST_LIMITS,
  ReportHeartbeats,
  type Eyesight,
  type IngestLimits,
} from './report-heartbeats';
export type { Report, ReportResult } from './report-item';
export { RecheckDeadlines } from './recheck-deadlines';
export { ReportSpacing, type NextReport } from './report-spacing';
export { RevokeCredential } from './revoke-credential';
export { SettleReplacements, type ReplacementWord } from './settle-replacements';
export { SweepSilence, type SweepReport } from './sweep-silence';
export type { WriteObserver } from './write-observer';
