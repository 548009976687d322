export { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type Clock, type Interval } from './clock';
export {
  BITLOCKER_STATUSES,
  BOOT_MODES,
  type BitlockerStatus,
  type BootMode,
  type Crash,
  type Heartbeat,
} from './heartbeat';
export { CHANNEL_FILE_291, incidentProblems, type Incident } from './incident';
export {
  DEFAULT_POLICY,
  policyForInterval,
  policyProblems,
  IDENTITY_HOLDERS_MAX,
  RULE_VERSION,
  silentAfterMs,
  type Policy,
} from './policy';
export { hitsOf, type CrashHistory, type CrashHits, type ToldCrash } from './crash-history';
export { FILE_VERDICTS, proveHeartbeat, startOfSession, type Evidence, type FileVerdict } from './evidence';
export { blindnessMattersUntilMs, EXPOSURES, rulesAt, type Exposure, type Rules } from './exposure';
export { GROUP_OF_STATE, RECOVERY_STATES, STATE_GROUPS, type RecoveryState, type StateGroup } from './state';
export { EMPTY_MEMORY, type Dated, type EdgeContact, type Memory } from './memory';
export { roundUpStart, START_STEP_MS, type Heard, type Session } from './session';
export { enrolledMachine, type TrackedMachine } from './machine';
export { identifyingValue } from './identifying-value';
export {
  comparableIdentities,
  contradictingHardware,
  HARDWARE_IDENTITIES,
  identityKey,
  matchAssets,
  matchInSteps,
  sharedAmong,
  sharedInAny,
  sharedInSteps,
  strongestIdentity,
  type AssetIdentity,
  type AssetIdentityName,
  type SharedIdentities,
} from './match-assets';
export { toTheEnd } from './steps';
export { MACHINE_ROLES, type MachineRole } from './machine-role';
export {
  TRANSITION_REASONS,
  type Transition,
  type TransitionEvidence,
  type TransitionReason,
} from './transition';
export { decideHeartbeat, decideReplacement, type Decision, type Outcome } from './decide';
export {
  decideClaim,
  isProven,
  judgeReplacement,
  noticeClaim,
  REPLACEMENT_NEEDS,
  REPLACEMENT_STATUSES,
  withConflict,
  withoutConflict,
  type ReplacementClaim,
  type ReplacementNeed,
  type ReplacementStatus,
} from './replacement';
export {
  decideArrival,
  decidePersonsAct,
  type ActRecord,
  type PersonsAct,
  type PersonsActRefusal,
} from './persons-act';
export {
  CLINICAL_ACCESSES,
  PRACTICE_MODES,
  TROUBLE_CAUSES,
  troubleCause,
  USABILITIES,
  usabilityOf,
  WORKING_IN_STATE,
  type ClinicalAccess,
  type PracticeMode,
  type ReportedMode,
  type RoleMachines,
  type TroubleCause,
  type Usability,
} from './practice-condition';
export { openingTimeAfter } from './counted-time';
export { decideSilence, type SilenceDecision } from './silence';
export { hoursAt, silenceDeadlineMs } from './silence-deadline';
export {
  fellSilentWith,
  isSiteMatter,
  recogniseSite,
  siteHold,
  siteHoldsUntilMs,
  speakingWithinMs,
  togetherWithinMs,
  type PracticeContacts,
  type SiteHold,
  type SiteSilence,
} from './site-silence';
export { failingTests, RECOVERY_TESTS, type RecoveryTest } from './recovery-tests';
export { ATTESTATION_STATUSES, attestationStatus, type AttestationStatus } from './attestation';
export { coreHours, isOpenAt, nextOpening, type OpeningHours } from './opening-hours';
export {
  isDaySpan,
  type DatedHours,
  type DatedKind,
  type DayPlan,
  type DayReason,
  type WeekHours,
} from './practice-day';
export { momentsOf, type DaySpan } from './london-time';
export { HoursBook, NO_HOURS_ENTERED, type HoursFacts, type HoursOf, type HoursParent } from './hours-book';
export { freshnessAt, FRESHNESSES, type Freshness } from './contact';
export {
  isWorking,
  ownPoints,
  PRIORITY_FACTORS,
  PRIORITY_POINTS,
  priorityOf,
  URGENT_STATES,
  type Priority,
  type PriorityFactor,
} from './priority';
export {
  ACTION_REASONS,
  NEXT_ACTIONS,
  nextStep,
  type ActionReason,
  type NextAction,
  type NextStep,
  type Situation,
} from './next-action';
export { DEFAULT_WORK_POLICY, workPolicyProblems, type Minutes, type WorkPolicy } from './work-policy';
export { summarise, type Cell, type Progress, type Ratio } from './progress';
export { REFUSAL_CODES, type RefusalCode } from './refusals';
export { continued, footingOf, isContinuation, SOAKS, type Footing } from './continuation';
export { fingerprintOf } from './fingerprint';
export { addMinutes, workAtSite, type SiteWork } from './work-estimate';
export {
  siteChanges,
  SITE_MOVE_STATES,
  type FallenAgain,
  type MovedTogether,
  type SiteMove,
} from './site-changes';
