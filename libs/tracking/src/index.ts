export { BlindnessWatch } from './blindness-watch';
export { EnrolMachines, type EnrolmentRequest, type EnrolmentResult, type TakeUses } from './enrol-machines';
export { DEFAULT_BATCHER_LIMITS, type BatcherLimits } from './heartbeat-batcher';
export { IngestUnavailableError } from './ingest-errors';
export { ReportHeartbeats, type Report, type ReportResult } from './report-heartbeats';
export { RevokeCredential } from './revoke-credential';
export { SweepSilence, type SweepReport } from './sweep-silence';
export type { WriteObserver } from './write-observer';
