export { BLINDNESS_CAUSES, BlindnessReader, type BlindnessCause, type BlindTime } from './blindness.reader';
export { CareReader, type CareEventView, type MachineCareView } from './care.reader';
export type { ExportedMachine } from './exported-machine';
export { MachineExportReader } from './machine-export.reader';
export { MACHINE_DIMENSIONS, type MachineDimension } from './machine-dimension';
export { MachineGroupReader, type MachineGroups } from './machine-group.reader';
export { ClosureReader, type ClosurePlace } from './closure.reader';
export { MachineReader, type MachinePage } from './machine.reader';
export type { MachineFactsView, MachineView } from './machine-view';
export { PracticeStandings } from './practice-standings';
export {
  filterProblem,
  SENSOR_STATUSES,
  type MachineConditions,
  type MachineFilter,
  type SensorStatus,
} from './machine-filter';
export { MACHINE_ORDERS, type MachineOrder, type PageRequest } from './machine-list-query';
export { OrganisationReader } from './organisation.reader';
export {
  NATIONAL_CODE,
  ORGANISATION_LEVELS,
  type Organisation,
  type OrganisationLevel,
} from './organisation-tree';
export type { OrganisationView } from './organisation-view';
export { WorkListReader, type WorkPlace, type WorkSite } from './work-list.reader';
export { PresentCounts } from './present-counts';
export {
  ProgressReader,
  type OrganisationProgress,
  type ProgressAnswer,
  type ProgressQuestion,
} from './progress.reader';
export {
  REGISTER_FINDINGS,
  RegisterReader,
  SHARED_IDENTITIES,
  type FoundMachine,
  type RegisterFinding,
  type RegisterSummary,
  type SharedIdentity,
} from './register.reader';
export { ReplacementReader, type ReplacementPlace, type ReplacementView } from './replacement.reader';
export { recoveredShare } from './public-progress';
export {
  PUBLIC_LEVELS,
  PublicProgressReader,
  type PublicAnswer,
  type PublicLevel,
  type PublicRow,
} from './public-progress.reader';
export { ReaderError } from './reader-errors';
export {
  listOperations,
  OPERATION_ORDERS,
  operationPlaceOf,
  type OperationOrder,
  type OperationPlace,
} from './list-operations';
export {
  PracticeOperationReader,
  type PracticeOperation,
  type PracticeReportView,
  type ReportPlace,
} from './practice-operation.reader';
export {
  groupOperations,
  summariseOperations,
  type OperationCounts,
  type OperationSummary,
} from './summarise-operations';
export {
  SiteReader,
  type HeldSilence,
  type SilencePlace,
  type SilentSite,
  type SilentSitePage,
} from './site.reader';
export {
  StrandedPracticeReader,
  type StrandedPage,
  type StrandedPlace,
  type StrandedPractice,
} from './stranded-practice.reader';
export {
  placeOf,
  TimelineReader,
  type TimelineEntry,
  type TimelinePage,
  type TimelinePlace,
} from './timeline.reader';
export { TransitionReader, type TransitionPage, type TransitionView } from './transition.reader';
export { SiteChangeReader, type FallenMachine, type MovedGroup, type SiteChange } from './site-change.reader';
export type { MovedMachine, PracticeSilent } from './site-change-rows';
