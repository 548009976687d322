import {
  GROUP_OF_STATE,
  RECOVERY_STATES,
  type BitlockerStatus,
  type BootMode,
  type Exposure,
  type FileVerdict,
  type Freshness,
  type MachineRole,
  type RecoveryState,
  type StateGroup,
  type TransitionReason,
} from '@app/recovery';

/** What the sensor's service was last seen doing; UNKNOWN: never collected. */
export const SENSOR_STATUSES = ['RUNNING', 'STOPPED', 'UNKNOWN'] as const;
export type SensorStatus = (typeof SENSOR_STATUSES)[number];

/** Conditions about one machine. Every one that is given must hold; of a list, any value may. An empty list holds for none. */
export type MachineConditions = {
  /** Codes of organisations: machines of any of them, or of anything below. */
  readonly within?: readonly string[] | undefined;
  readonly states?: readonly RecoveryState[] | undefined;
  readonly exposures?: readonly Exposure[] | undefined;
  readonly groups?: readonly StateGroup[] | undefined;
  /** Reasons of the present state. */
  readonly reasons?: readonly TransitionReason[] | undefined;
  /** Beginning of the host name. Names, serial numbers and asset tags are compared in any case. */
  readonly hostname?: string | undefined;
  readonly hostnameIs?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly serialNumberPrefix?: string | undefined;
  readonly assetTag?: string | undefined;
  readonly assetTagPrefix?: string | undefined;
  /** A machine that nobody described has no role. */
  readonly roles?: readonly MachineRole[] | undefined;
  /** Who takes care of it at this moment. */
  readonly assignees?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly freshness?: readonly Freshness[] | undefined;
  /** A machine that was never heard was heard neither before nor after any moment. */
  readonly lastHeardBeforeMs?: number | undefined;
  readonly lastHeardAfterMs?: number | undefined;
  readonly inStateBeforeMs?: number | undefined;
  readonly inStateAfterMs?: number | undefined;
  /** In its present state for this long or longer. */
  readonly stateAgeAtLeastMs?: number | undefined;
  /** In its present state for less than this. */
  readonly stateAgeUnderMs?: number | undefined;
  readonly sensor?: readonly SensorStatus[] | undefined;
  /** Beginning of the sensor's version, as in 7.16. */
  readonly sensorVersionPrefix?: string | undefined;
  readonly bitlocker?: readonly BitlockerStatus[] | undefined;
  readonly bootModes?: readonly BootMode[] | undefined;
  readonly safeBootFlag?: boolean | undefined;
  readonly fileVerdicts?: readonly FileVerdict[] | undefined;
  /** Beginning of the Windows build, as in 22631. */
  readonly osBuildPrefix?: string | undefined;
  readonly identityConflict?: boolean | undefined;
  /** Whether its whole practice fell silent at once and has not spoken since. */
  readonly siteSilent?: boolean | undefined;
};

/**
 * Which machines. The conditions of a filter hold together with all of its `and`, one or more of its `or`, and without its `not`; an
 * empty `or` holds for none. A machine of which nothing is known meets no condition about it, so it is found by its `not`:
 * a filter and its negation always share out all machines. The same filter serves lists, counts, groups, exports and bulk actions.
 */
export type MachineFilter = MachineConditions & {
  readonly and?: readonly MachineFilter[] | undefined;
  readonly or?: readonly MachineFilter[] | undefined;
  readonly not?: MachineFilter | undefined;
};

/** Filters within filters; a question that people ask has two or three. */
const FILTER_DEPTH_MAX = 5;
/** Conditions of a whole filter: more than any screen offers. */
const FILTER_CONDITIONS_MAX = 60;
/** More values than this in one list of a filter is no question but a dump. */
const FILTER_VALUES_MAX = 500;
/** No host name, serial number or code is longer. */
const FILTER_TEXT_MAX = 255;

/**
 * What makes a filter larger than any question, or null. Looks at the filter as it came, under any names of its conditions,
 * and no deeper than a filter may be.
 */
export function filterProblem(filter: object): string | null {
  return inspect(filter, 1, { conditions: 0 });
}

const NESTING = ['and', 'or', 'not'];

function inspect(filter: object, depth: number, seen: { conditions: number }): string | null {
  if (depth > FILTER_DEPTH_MAX) return `filters nest at most ${FILTER_DEPTH_MAX} deep`;
  for (const [name, value] of Object.entries(filter) as [string, unknown][]) {
    if (value === undefined || value === null) continue;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length > FILTER_VALUES_MAX)
      return `a list in a filter holds at most ${FILTER_VALUES_MAX} values`;
    seen.conditions += 1;
    if (seen.conditions > FILTER_CONDITIONS_MAX)
      return `a filter has at most ${FILTER_CONDITIONS_MAX} conditions`;
    for (const one of values) {
      const problem = NESTING.includes(name) ? inspect(one as object, depth + 1, seen) : textProblem(one);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function textProblem(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (value.length <= FILTER_TEXT_MAX && !value.includes('\0')) return null;
  return `a text in a filter has at most ${FILTER_TEXT_MAX} characters and no NUL`;
}

/** Conditions that the booked counts can answer: of practice, exposure and state. */
const BOOKED_CONDITIONS = ['within', 'states', 'exposures', 'groups', 'siteSilent'];

/** Whether the booked counts tell how many machines meet the filter. */
export function isAboutCounts({ and = [], or = [], not, ...conditions }: MachineFilter): boolean {
  const given = Object.entries(conditions).filter(([, value]) => value !== undefined);
  return (
    given.every(([name]) => BOOKED_CONDITIONS.includes(name)) &&
    [...and, ...or, ...(not === undefined ? [] : [not])].every(isAboutCounts)
  );
}

/** The states that a machine may be in to meet the filter, or more: what lets a list read only the rows of these states. */
export function statesWithin(filter: MachineFilter): ReadonlySet<RecoveryState> {
  const all = new Set(RECOVERY_STATES);
  const sets = [ownStates(filter), ...(filter.and ?? []).map(statesWithin)];
  if (filter.or !== undefined) {
    sets.push(new Set(filter.or.flatMap((one) => [...statesWithin(one)])));
  }
  if (filter.not !== undefined && isAboutStatesOnly(filter.not)) {
    const refused = statesWithin(filter.not);
    sets.push(new Set([...all].filter((state) => !refused.has(state))));
  }
  return new Set([...all].filter((state) => sets.every((set) => set.has(state))));
}

/** Then the indexes of unrecovered machines hold every machine that the filter is met by. */
export function isAboutUnrecovered(filter: MachineFilter): boolean {
  return [...statesWithin(filter)].every((state) => GROUP_OF_STATE[state] === 'UNRECOVERED');
}

/** States and groups are two ways to name states; both given, both must hold. */
function ownStates({ states, groups }: MachineConditions): ReadonlySet<RecoveryState> {
  return new Set(
    RECOVERY_STATES.filter(
      (state) =>
        (states === undefined || states.includes(state)) &&
        (groups === undefined || groups.includes(GROUP_OF_STATE[state])),
    ),
  );
}

/** Then the states that meet the filter are exactly those of `statesWithin`. */
function isAboutStatesOnly(filter: MachineFilter): boolean {
  return Object.entries(filter).every(
    ([name, value]) => value === undefined || name === 'states' || name === 'groups',
  );
}

/**
 * The same filter, with whatever of its `and` shares no kind of condition with the rest moved to the top: what bounds the whole
 * stands where lists look for it, a place above all.
 */
export function flattenFilter({ and = [], ...own }: MachineFilter): MachineFilter {
  let flat: MachineFilter = own;
  const left: MachineFilter[] = [];
  for (const one of and) {
    const { and: inner = [], ...conditions } = flattenFilter(one);
    const given = Object.entries(conditions).filter(([, value]) => value !== undefined);
    const clashes = given.some(([name]) => flat[name as keyof MachineFilter] !== undefined);
    if (clashes) left.push(conditions);
    else flat = { ...flat, ...Object.fromEntries(given) };
    left.push(...inner);
  }
  return left.length === 0 ? flat : { ...flat, and: left };
}
