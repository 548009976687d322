import { ROLES } from '@app/access';
import { CARE_REFUSALS } from '@app/care';
import { REGISTER_FINDINGS } from '@app/progress';
import {
  EXPOSURES,
  MACHINE_ROLES,
  NEXT_ACTIONS,
  PRACTICE_MODES,
  PRIORITY_FACTORS,
  RECOVERY_STATES,
  TROUBLE_CAUSES,
  USABILITIES,
} from '@app/recovery';
import { WARNINGS_MAX } from '../wire/field-warnings';

/** The arguments of a field as they were given, defaults included; unchecked. */
export type FieldArguments = Readonly<Record<string, unknown>>;

/** What a field costs beside what its objects do. */
export type FieldPrice = {
  /** Once, for looking. */
  readonly own?: number;
  /** How many entries its lists have, and which fields below it are those lists. */
  readonly size?: (args: FieldArguments) => number;
  readonly sized?: readonly string[];
};

/** One object that is read, counted or looked up: the unit of cost. Single values within it cost nothing. */
export const OBJECT_POINTS = 1;
/** A connection is a question to the database of its own, before its first entry. */
export const CONNECTION_POINTS = 2;
/** A mutation changes rows in a transaction. */
export const MUTATION_POINTS = 10;
/** Nothing is free: even the smallest operation is parsed and checked. */
export const OPERATION_POINTS_MIN = 1;
/** Longest page of any connection; whoever asks for more is refused when it is resolved. */
export const PAGE_MAX = 100;

/**
 * Lists that are as long at most, by the field that holds them. Pages of connections are as long as `first` says; a list whose length
 * follows from an argument has a `size` in FIELD_PRICES. A list of neither kind keeps the service from starting.
 */
export const LIST_ENTRIES_MAX: Readonly<Record<string, number>> = {
  'CareForMachinePayload.userErrors': 1,
  'CareForMachinesPayload.refused': CARE_REFUSALS.length,
  'CareForMachinesPayload.userErrors': 1,
  'CarePreview.refused': CARE_REFUSALS.length,
  'CarePreview.userErrors': 1,
  'HeartbeatResult.warnings': WARNINGS_MAX,
  'MachineGroup.values': 3,
  // One grant of a role names all of its organisations: 50 at most.
  'Me.grants': ROLES.length * 50,
  'MovedTogether.named': 20,
  'OperationProgress.rows': 6_600,
  'OrganisationOperation.causes': TROUBLE_CAUSES.length,
  'OrganisationOperation.modes': PRACTICE_MODES.length,
  // Four suppliers hold the market; the others are spelled in several ways.
  'OrganisationOperation.suppliers': 10,
  'OrganisationOperation.usabilities': USABILITIES.length,
  'OrganisationProgress.exposures': EXPOSURES.length,
  'OrganisationProgress.states': RECOVERY_STATES.length,
  // A day has a few spans and entries; what is more than this is seldom, and costs nothing more.
  'PracticeDay.openings': 20,
  'PracticeDay.reasons': 20,
  'PracticeOperation.roles': MACHINE_ROLES.length,
  'Priority.parts': PRIORITY_FACTORS.length,
  'Reconciliation.drifts': 200,
  'Reconciliation.kinds': 20,
  // Two months of days.
  'Query.openingHours': 62,
  'RegisterSummary.findings': REGISTER_FINDINGS.length,
  'ReportHeartbeatsPayload.results': 1_000,
  'SiteChange.cameBack': 10,
  'SiteChange.fellAgain': 50,
  'SiteChange.silences': 10,
  'SiteChange.wentSilent': 10,
  'StrandedPractice.states': RECOVERY_STATES.length,
  'SupplierOperation.causes': TROUBLE_CAUSES.length,
  'SupplierOperation.modes': PRACTICE_MODES.length,
  'SupplierOperation.usabilities': USABILITIES.length,
  'WorkSite.tasks': NEXT_ACTIONS.length,
};

/** Objects that are parts of the one they stand in: they come with its row, and cost nothing of their own. */
export const PARTS: ReadonlySet<string> = new Set([
  'CauseCount',
  'CountRange',
  'ExposureCount',
  'FieldWarning',
  'FieldWarning',
  'HeartbeatResult',
  'MachineContact',
  'MachineFacts',
  'MachineGroupValue',
  'Minutes',
  'ModeCount',
  'NextStep',
  'PageInfo',
  'Priority',
  'PriorityPart',
  'Ratio',
  'ReplacementParty',
  'ShareRange',
  'StateCount',
  'UsabilityCount',
  'WorkTask',
]);

/** Organisations there are, rounded up. Source: practices in use in epraccur 2024 to 2025, ICBs and regions of NHS England. */
const ORGANISATIONS: Readonly<Record<string, number>> = { NATIONAL: 1, REGION: 7, ICB: 42, PRACTICE: 6_600 };
/** Practices of the largest region and of the largest ICB, rounded up. */
const PRACTICES_OF_REGION_MAX = 1_400;
const PRACTICES_OF_ICB_MAX = 400;

/** How practices work is read practice by practice, whatever the level. */
const OPERATION_POINTS = 100;
/** Counting may read every machine there is. */
const GROUPING_POINTS = 100;
/** A work list looks at every machine that somebody may have to do something about. */
const WORK_LIST_POINTS = 100;
/** Most groups of one answer. */
const GROUPS_MAX = 1_000;
/** Most practices of one report about how they work. */
const PRACTICES_REPORTED_MAX = 500;

/** Fields whose price does not follow from their type. Everything else is priced by `query-cost.ts`. */
export const FIELD_PRICES: Readonly<Record<string, FieldPrice>> = {
  'Query.machineGroups': { own: GROUPING_POINTS, size: groupsWanted, sized: ['groups'] },
  'Query.workList': { own: WORK_LIST_POINTS },
  'Query.operationProgress': { own: OPERATION_POINTS, size: progressRows, sized: ['rows'] },
  'Query.recoveryProgress': { size: progressRows, sized: ['rows'] },
  'Query.publicProgress': { size: progressRows, sized: ['rows'] },
  'Mutation.reportPracticeMode': { size: practicesNamed, sized: ['practices', 'userErrors'] },
};

function groupsWanted({ first }: FieldArguments): number {
  return typeof first === 'number' ? Math.max(0, Math.min(first, GROUPS_MAX)) : GROUPS_MAX;
}

/** Practices of one report, as many as are taken at once. */
function practicesNamed({ input }: FieldArguments): number {
  const practices = (input as { readonly practices?: unknown } | null | undefined)?.practices;
  return Array.isArray(practices)
    ? Math.min(practices.length, PRACTICES_REPORTED_MAX)
    : PRACTICES_REPORTED_MAX;
}

/** Rows of an answer about progress, before it is known how many there will be: the whole level, or what can lie within. */
function progressRows({ by, within }: FieldArguments): number {
  const all = ORGANISATIONS[typeof by === 'string' ? by : 'PRACTICE'] ?? ORGANISATIONS['PRACTICE'] ?? 0;
  if (typeof within !== 'string' || within === 'ENGLAND') return all;
  if (/^[A-Z]\d{5}$/i.test(within)) return 1;
  if (/^Q[A-Z\d]{2}$/i.test(within)) return Math.min(all, PRACTICES_OF_ICB_MAX);
  return Math.min(all, PRACTICES_OF_REGION_MAX);
}
