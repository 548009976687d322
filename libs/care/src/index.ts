export type { Actor } from './actor';
export {
  CARE_KINDS,
  CARE_REFUSALS,
  IDENTITY_RESOLUTIONS,
  REPAIR_BLOCKERS,
  REPAIR_OUTCOMES,
  REPAIR_ROUTES,
  type CareAction,
  type CareKind,
  type CareRefusal,
  type IdentityResolution,
  type RepairBlocker,
  type RepairOutcome,
  type RepairRoute,
} from './care-action';
export {
  PRESCRIBING,
  REPORT_SOURCES,
  ReportPractices,
  TELEPHONY,
  type PracticeReportRefusal,
  type PracticeStatement,
  type Prescribing,
  type ReportSource,
  type Telephony,
} from './report-practices';
export {
  CareForMachines,
  type CarePreview,
  type CareRequest,
  type CareResult,
  type RefusedMachine,
  type RefusedRequest,
} from './care-for-machines';
export { forbiddenContent } from './forbidden-content';
export { ChangeHours, type HoursRefusal, type HoursRequest, type HoursResult } from './change-hours';
export { HOURS_FILE_BYTES_MAX, readHoursFile, readMinute, type HoursFile } from './read-hours-file';
