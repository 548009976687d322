import { registerEnumType } from '@nestjs/graphql';
import {
  BITLOCKER_STATUSES,
  BOOT_MODES,
  EXPOSURES,
  FILE_VERDICTS,
  FRESHNESSES,
  RECOVERY_STATES,
  RECOVERY_TESTS,
  STATE_GROUPS,
  TRANSITION_REASONS,
} from '@app/recovery';
import { PRINCIPAL_KINDS, ROLES } from '@app/access';
import { BLINDNESS_CAUSES, MACHINE_ORDERS, ORGANISATION_LEVELS, SENSOR_STATUSES } from '@app/progress';
import { DRIFT_KINDS } from '@app/tracking';

/** The words of the rules as GraphQL enums, each value described. */

/** Words as the object that GraphQL makes an enum of. */
export function enumOf<T extends string>(values: readonly T[]): Record<T, T> {
  return Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
}

/** A description for each value. */
export function described<T extends string>(
  descriptions: Record<T, string>,
): Record<T, { description: string }> {
  const entries = Object.entries<string>(descriptions).map(([value, description]) => [
    value,
    { description },
  ]);
  return Object.fromEntries(entries) as Record<T, { description: string }>;
}

export const OrganisationLevelEnum = enumOf(ORGANISATION_LEVELS);
registerEnumType(OrganisationLevelEnum, {
  name: 'OrganisationLevel',
  description: 'The levels of the hierarchy.',
  valuesMap: described({
    NATIONAL: 'England.',
    REGION: 'One of the seven NHS England regions.',
    ICB: 'An integrated care board.',
    PRACTICE: 'A GP practice.',
  }),
});

export const ExposureEnum = enumOf(EXPOSURES);
registerEnumType(ExposureEnum, {
  name: 'Exposure',
  description: 'What happened to a machine in the incident’s window. Evidence only ever sharpens it.',
  valuesMap: described({
    UNKNOWN: 'Nothing is known about the window.',
    OUT_OF_SCOPE: 'No sensor, or one too old to load the faulty content.',
    NOT_EXPOSED: 'Off or out of contact during the window, and harmless since.',
    EXPOSED: 'Up during the window, and unharmed.',
    FAULTY_FILE: 'Held the faulty file, and has not crashed.',
    SUSPECTED: 'In contact until around the window, and then silent.',
    CRASHED: 'Crashed by the faulty content.',
  }),
});

export const RecoveryStateEnum = enumOf(RECOVERY_STATES);
registerEnumType(RecoveryStateEnum, {
  name: 'RecoveryState',
  description: 'Where a machine is now.',
  valuesMap: described({
    UNVERIFIED: 'Enrolled, and nothing proven.',
    NOT_AFFECTED: 'Nothing of the incident harmed it. Claims nothing else.',
    LATENT: 'Holds the faulty file and has not crashed: it must not be rebooted blind.',
    DOWN: 'Affected or suspected, and silent.',
    CRASH_LOOPING: 'Starts and crashes again and again.',
    IN_REPAIR: 'In safe mode or Windows recovery.',
    STABILISING: 'Back, and not yet proven to stay.',
    RECOVERED: 'Passed every recovery test.',
    RECOVERED_AT_RISK: 'Passed every recovery test; after-care is open.',
    RELAPSED: 'Had recovered, and was harmed again.',
    REPLACED: 'Re-imaged or swapped; a successor is linked.',
    DORMANT: 'Known to be off for long, by a person’s word.',
    RETIRED: 'Out of service, by a person’s word.',
  }),
});

export const StateGroupEnum = enumOf(STATE_GROUPS);
registerEnumType(StateGroupEnum, {
  name: 'StateGroup',
  description: 'What a state means for those who count.',
  valuesMap: described({
    UNKNOWN: 'Nothing proven.',
    FINE: 'Not affected.',
    UNRECOVERED: 'Needs to recover.',
    RECOVERED: 'Has recovered, or was replaced.',
    EXEMPT: 'Left out of every ratio.',
  }),
});

export const RecoveryTestEnum = enumOf(RECOVERY_TESTS);
registerEnumType(RecoveryTestEnum, {
  name: 'RecoveryTest',
  description: 'The tests of recovery, all of which must pass.',
  valuesMap: described({
    UPTIME_60_MIN: 'One boot session has been up for 60 minutes.',
    THREE_HEARTBEATS: 'At least three reports came in one boot session.',
    NORMAL_BOOT: 'Windows was started normally, not in safe mode or Windows recovery.',
    FILE_HARMLESS: 'The file is good or older than the incident, or absent while the sensor runs.',
    NO_CRASH_SINCE_BOOT: 'No crash of the incident’s kind since the boot session started.',
    NO_IDENTITY_CONFLICT: 'No other machine uses this identity.',
  }),
});

export const FreshnessEnum = enumOf(FRESHNESSES);
registerEnumType(FreshnessEnum, {
  name: 'Freshness',
  description: 'How fresh the last report is, at the moment of the answer.',
  valuesMap: described({
    FRESH: 'Within two reporting intervals.',
    LATE: 'Within three.',
    SILENT: 'Older. Silence alone means nothing about recovery.',
    NEVER: 'Nothing was ever heard.',
  }),
});

export const MachineOrderEnum = enumOf(MACHINE_ORDERS);
registerEnumType(MachineOrderEnum, {
  name: 'MachineOrder',
  description: 'Orders of machine lists.',
  valuesMap: described({
    PRACTICE: 'By practice code.',
    SINCE: 'Longest in its present state first.',
    HOST_NAME: 'By host name.',
    LAST_HEARD: 'Longest silent first. Machines that report move in this order while it is read.',
    PRIORITY:
      'Most urgent first, then longest in its present state; those that need nobody last, by practice.',
  }),
});

export const BootModeEnum = enumOf(BOOT_MODES);
registerEnumType(BootModeEnum, {
  name: 'BootMode',
  description: 'How Windows was started.',
  valuesMap: described({
    NORMAL: 'Normally.',
    SAFE_MODE: 'Safe mode.',
    SAFE_MODE_NETWORK: 'Safe mode with networking.',
    WINRE: 'Windows recovery environment.',
  }),
});

export const BitlockerStatusEnum = enumOf(BITLOCKER_STATUSES);
registerEnumType(BitlockerStatusEnum, {
  name: 'BitlockerStatus',
  description: 'Protection of the system drive.',
  valuesMap: described({
    PROTECTED: 'On.',
    SUSPENDED: 'Suspended, as a repair often leaves it.',
    OFF: 'Off.',
    UNKNOWN: 'Could not be read.',
  }),
});

export const SensorStatusEnum = enumOf(SENSOR_STATUSES);
registerEnumType(SensorStatusEnum, {
  name: 'SensorStatus',
  description: 'What the sensor’s service was last seen doing.',
  valuesMap: described({
    RUNNING: 'Runs.',
    STOPPED: 'Does not run, or is not there.',
    UNKNOWN: 'Never collected.',
  }),
});

export const FileVerdictEnum = enumOf(FILE_VERDICTS);
registerEnumType(FileVerdictEnum, {
  name: 'FileVerdict',
  description: 'What the newest last-write time of the incident’s files says.',
  valuesMap: described({
    NOT_COLLECTED: 'Never collected.',
    ABSENT: 'There is no such file.',
    PRE_INCIDENT: 'Older than the incident, and harmless.',
    BAD: 'The faulty content.',
    GOOD: 'The mended content.',
    AMBIGUOUS: 'A time that proves nothing.',
  }),
});

export const TransitionReasonEnum = enumOf(TRANSITION_REASONS);
registerEnumType(TransitionReasonEnum, {
  name: 'TransitionReason',
  description: 'Why a machine came into its present state.',
  valuesMap: described({
    ENROLLED: 'Enrolled.',
    NOTHING_KNOWN: 'Nothing is known about the window.',
    CRASH_HIT: 'A crash of the incident’s kind was reported.',
    SOFT_CRASH_WITH_BAD_FILE: 'Another crash was reported by a machine that held the faulty file.',
    HELD_BAD_FILE: 'Held the faulty file.',
    SENSOR_OUT_OF_SCOPE: 'No sensor, or one too old to load the faulty content.',
    SILENT_SINCE_WINDOW: 'In contact around the window, and silent since.',
    RETURNED_IN_NEW_SESSION: 'Fell silent around the window and came back in a new boot session.',
    UP_IN_WINDOW_WITHOUT_HARM: 'Was up in the window, and unharmed.',
    FIRST_SESSION_AFTER_WINDOW: 'First session after the window.',
    TWO_STARTS_OR_CRASHES: 'Started or crashed twice in a short time.',
    BOOTED_FOR_REPAIR: 'Reported from safe mode or Windows recovery.',
    HOLDS_BAD_FILE: 'Holds the faulty file.',
    BOOTED_NORMALLY: 'Booted normally, and has to prove that it stays.',
    TESTS_PASSED: 'Passed every recovery test.',
    AFTER_CARE_OPEN: 'Passed every recovery test; after-care is open.',
    HARMED_AFTER_RECOVERY: 'Crashed, or held the faulty file, after it had recovered.',
    SILENT_IN_OPENING_HOURS: 'Silent for an hour of opening time.',
    LOOP_FELL_SILENT: 'Was looping, and fell silent.',
    REPAIR_ABANDONED: 'Nothing was heard of its repair for hours.',
    REPLACED_BY_SUCCESSOR: 'A new installation took its place.',
    REGISTERED: 'The register expects it.',
    CHECKED_IN: 'An engineer is at it.',
    ATTESTED_CRASH: 'A person saw it crash.',
    SET_DORMANT: 'A person set it aside.',
    RETIRED_BY_PERSON: 'A person took it out of service.',
    REOPENED_BY_PERSON: 'A person took it back.',
    HEARD_AFTER_REPLACEMENT: 'It reported although it counted as replaced.',
    REPLACED_BY_PERSON: 'A person named the machine that took its place.',
    MOVED_TO_PRACTICE: 'It goes on at another practice.',
    MOVED_FROM_PRACTICE: 'It came from another practice.',
    LEFT_REGISTER: 'The register no longer has it, and it was never enrolled.',
  }),
});

export const REPORT_OUTCOMES = ['ACCEPTED', 'DUPLICATE', 'STALE', 'REJECTED'] as const;
export const ReportOutcomeEnum = enumOf(REPORT_OUTCOMES);
registerEnumType(ReportOutcomeEnum, {
  name: 'ReportOutcome',
  description: 'What became of one heartbeat.',
  valuesMap: described({
    ACCEPTED: 'Recorded as the newest evidence.',
    DUPLICATE: 'Counted before.',
    STALE: 'Older than what is known: may have sharpened the exposure, moved nothing.',
    REJECTED: 'Refused; the code says why.',
  }),
});

export const DriftKindEnum = enumOf(DRIFT_KINDS);
registerEnumType(DriftKindEnum, {
  name: 'DriftKind',
  description:
    'What can be wrong with the books. The first four can be put right, the others have lost history.',
  valuesMap: described({
    COUNT_DIFFERS: 'A count is not what a recount of the machines gives.',
    LEDGER_DIFFERS: 'An entry of the ledger is not what enrolments and transitions add up to.',
    STATUS_DIFFERS: 'A machine does not stand where its transitions lead.',
    TRANSITION_COUNT_DIFFERS: 'A machine has another number of transitions than its row says.',
    TRANSITION_MISSING: 'Transitions of a machine are gone.',
    TRANSITION_SURPLUS: 'A machine has transitions that its row knows nothing of.',
    TRANSITION_ALTERED: 'A transition does not follow from the one before, or was overwritten.',
    MACHINE_ROW_MISSING: 'A machine has a status, and no identity and facts.',
    STATUS_ROW_MISSING: 'A machine has an identity, and no status.',
  }),
});

export const BlindnessCauseEnum = enumOf(BLINDNESS_CAUSES);
registerEnumType(BlindnessCauseEnum, {
  name: 'BlindnessCause',
  description: 'Why reports could not be taken.',
  valuesMap: described({
    NOT_RUNNING: 'No process of the service ran.',
    DATABASE: 'The database was out of reach.',
    SHEDDING: 'More came than fits.',
  }),
});

export const RoleEnum = enumOf(ROLES);
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'What people and services may do. Each role includes the ones before it.',
  valuesMap: described({
    VIEWER: 'Looks at progress and organisations.',
    IT: 'Looks after machines.',
    ADMIN: 'Runs the system: tokens, enrolment, credentials.',
  }),
});

export const PrincipalKindEnum = enumOf(PRINCIPAL_KINDS);
registerEnumType(PrincipalKindEnum, {
  name: 'PrincipalKind',
  description: 'How somebody showed who they are.',
  valuesMap: described({
    ADMIN_TOKEN: 'By the administrator’s token of the settings.',
    API_TOKEN: 'By an API token.',
    OIDC: 'By an access token of the OpenID Connect issuer.',
  }),
});
