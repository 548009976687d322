import * as fc from 'fast-check';
import { SENSOR_STATUSES, type MachineConditions, type MachineFilter } from '@app/progress';
import {
  BITLOCKER_STATUSES,
  BOOT_MODES,
  EXPOSURES,
  FILE_VERDICTS,
  FRESHNESSES,
  freshnessAt,
  GROUP_OF_STATE,
  MACHINE_ROLES,
  RECOVERY_STATES,
  STATE_GROUPS,
  TRANSITION_REASONS,
  type Policy,
} from '@app/recovery';
import { machineRow, type MachineRow } from './machine-rows';

/** What a filter means, said a second time and in another way: one machine after the other, in memory. */
export function meets(row: MachineRow, filter: MachineFilter, world: World): boolean {
  const { and = [], or, not, ...conditions } = filter;
  return (
    (Object.keys(conditions) as (keyof MachineConditions)[]).every(
      (name) => conditions[name] === undefined || holds(name, row, conditions, world),
    ) &&
    and.every((one) => meets(row, one, world)) &&
    (or === undefined || or.some((one) => meets(row, one, world))) &&
    (not === undefined || !meets(row, not, world))
  );
}

/** What besides the machines a filter is read by. */
export type World = {
  readonly nowMs: number;
  readonly policy: Policy;
  /** Of every practice: itself and every organisation above it. */
  readonly placesOf: Readonly<Record<string, readonly string[]>>;
  /** Practices that are silent as a whole. */
  readonly silentSites: readonly string[];
};

function holds(
  name: keyof MachineConditions,
  row: MachineRow,
  c: MachineConditions,
  { nowMs, policy, placesOf, silentSites }: World,
): boolean {
  const begins = (text: string | null, prefix = ''): boolean =>
    text?.toLowerCase().startsWith(prefix.toLowerCase()) ?? false;
  const equals = (text: string | null, other = ''): boolean => text?.toLowerCase() === other.toLowerCase();
  const sensor = row.sensorRunning === null ? 'UNKNOWN' : row.sensorRunning ? 'RUNNING' : 'STOPPED';
  const has = (list: readonly string[] | undefined, value: string | null): boolean =>
    value !== null && (list ?? []).includes(value);
  const heard = row.heardAtMs;
  const table: Record<keyof MachineConditions, () => boolean> = {
    within: () => (placesOf[row.key.practiceId] ?? []).some((place) => has(c.within, place)),
    states: () => has(c.states, row.state),
    exposures: () => has(c.exposures, row.exposure),
    groups: () => has(c.groups, GROUP_OF_STATE[row.state]),
    reasons: () => has(c.reasons, row.reason),
    hostname: () => begins(row.hostname, c.hostname),
    hostnameIs: () => equals(row.hostname, c.hostnameIs),
    serialNumber: () => equals(row.serialNumber, c.serialNumber),
    serialNumberPrefix: () => begins(row.serialNumber, c.serialNumberPrefix),
    assetTag: () => equals(row.assetTag, c.assetTag),
    assetTagPrefix: () => begins(row.assetTag, c.assetTagPrefix),
    roles: () => has(c.roles, row.role),
    assignees: () => has(c.assignees, row.assignee) && (row.assignedUntilMs ?? 0) > nowMs,
    tags: () => row.tags.some((tag) => has(c.tags, tag)),
    freshness: () => has(c.freshness, freshnessAt(heard, nowMs, policy)),
    lastHeardBeforeMs: () => heard !== null && heard < (c.lastHeardBeforeMs ?? 0),
    lastHeardAfterMs: () => heard !== null && heard >= (c.lastHeardAfterMs ?? 0),
    inStateBeforeMs: () => row.sinceMs < (c.inStateBeforeMs ?? 0),
    inStateAfterMs: () => row.sinceMs >= (c.inStateAfterMs ?? 0),
    stateAgeAtLeastMs: () => nowMs - row.sinceMs >= (c.stateAgeAtLeastMs ?? 0),
    stateAgeUnderMs: () => nowMs - row.sinceMs < (c.stateAgeUnderMs ?? 0),
    sensor: () => has(c.sensor, sensor),
    sensorVersionPrefix: () => begins(row.sensorVersion, c.sensorVersionPrefix),
    bitlocker: () => has(c.bitlocker, row.bitlocker ?? 'UNKNOWN'),
    bootModes: () => has(c.bootModes, row.bootMode),
    safeBootFlag: () => row.safeBootFlag === c.safeBootFlag,
    fileVerdicts: () => has(c.fileVerdicts, row.fileVerdict ?? 'NOT_COLLECTED'),
    osBuildPrefix: () => begins(row.osBuild, c.osBuildPrefix),
    siteSilent: () => silentSites.includes(row.key.practiceId) === c.siteSilent,
    identityConflict: () => (row.conflictSinceMs !== null) === c.identityConflict,
  };
  return table[name]();
}

const HOST_NAMES = ['REC-1', 'rec-10', 'Rec_1', 'CONS%1', 'cons-1', ''] as const;
const SERIAL_NUMBERS = ['PF3AAAAA', 'pf3aaaab', 'PF3_1', '5CG-9'] as const;
const VERSIONS = ['7.16.18605.0', '7.11.1', '7.1', '22631.3880', '22621.1'] as const;
const PREFIXES = ['rec', 'REC-1', 'rec_', 'cons%', 'PF3', 'pf3a', '5cg-9', 'x', ''] as const;
const PEOPLE = ['sam', 'alex'] as const;
const TAGS = ['vip', 'loan', 'Loan'] as const;
const MINUTE_MS = 60_000;

/** Moments around `nowMs` at which something tips over. */
function moments(nowMs: number): fc.Arbitrary<number> {
  return fc.integer({ min: -40, max: 2 }).map((minutes) => nowMs + minutes * MINUTE_MS);
}

const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 3 });
const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.uniqueArray(oneOf(values), { maxLength: 4 });

/** Machines of every kind, numbered from 1, at these practices. */
export function machineRows(
  practices: readonly string[],
  nowMs: number,
  count: number,
): fc.Arbitrary<MachineRow[]> {
  const fields = fc.record({
    practiceId: oneOf(practices),
    hostname: oneOf(HOST_NAMES),
    serialNumber: orNull(oneOf(SERIAL_NUMBERS)),
    assetTag: orNull(oneOf(SERIAL_NUMBERS)),
    role: orNull(oneOf(MACHINE_ROLES)),
    assignee: orNull(oneOf(PEOPLE)),
    assignedUntilMs: moments(nowMs),
    tags: some(TAGS),
    exposure: oneOf(EXPOSURES),
    state: oneOf(RECOVERY_STATES),
    reason: oneOf(TRANSITION_REASONS),
    sinceMs: moments(nowMs),
    heardAtMs: orNull(moments(nowMs)),
    bootMode: orNull(oneOf(BOOT_MODES)),
    fileVerdict: orNull(oneOf(FILE_VERDICTS)),
    sensorVersion: orNull(oneOf(VERSIONS)),
    sensorRunning: orNull(fc.boolean()),
    bitlocker: orNull(oneOf(BITLOCKER_STATUSES.filter((status) => status !== 'UNKNOWN'))),
    safeBootFlag: orNull(fc.boolean()),
    osBuild: orNull(oneOf(VERSIONS)),
    conflictSinceMs: orNull(fc.constant(nowMs)),
  });
  return fc
    .array(fields, { minLength: count, maxLength: count })
    .map((list) => list.map(({ practiceId, ...row }, i) => machineRow(practiceId, i + 1, row)));
}

/** Filters of every condition, nested up to three deep. */
export function machineFilters(places: readonly string[], nowMs: number): fc.Arbitrary<MachineFilter> {
  const ages = fc.integer({ min: -2, max: 40 }).map((minutes) => minutes * MINUTE_MS);
  const conditions: { [Name in keyof MachineConditions]-?: fc.Arbitrary<MachineConditions[Name]> } = {
    within: some(places),
    states: some(RECOVERY_STATES),
    exposures: some(EXPOSURES),
    groups: some(STATE_GROUPS),
    reasons: some(TRANSITION_REASONS),
    hostname: oneOf(PREFIXES),
    hostnameIs: oneOf(HOST_NAMES),
    serialNumber: oneOf(SERIAL_NUMBERS),
    serialNumberPrefix: oneOf(PREFIXES),
    assetTag: oneOf(SERIAL_NUMBERS),
    assetTagPrefix: oneOf(PREFIXES),
    roles: some(MACHINE_ROLES),
    assignees: some([...PEOPLE, 'nobody']),
    tags: some([...TAGS, 'none']),
    freshness: some(FRESHNESSES),
    lastHeardBeforeMs: moments(nowMs),
    lastHeardAfterMs: moments(nowMs),
    inStateBeforeMs: moments(nowMs),
    inStateAfterMs: moments(nowMs),
    stateAgeAtLeastMs: ages,
    stateAgeUnderMs: ages,
    sensor: some(SENSOR_STATUSES),
    sensorVersionPrefix: oneOf(['7.1', '7.16', '2', '']),
    bitlocker: some(BITLOCKER_STATUSES),
    bootModes: some(BOOT_MODES),
    safeBootFlag: fc.boolean(),
    fileVerdicts: some(FILE_VERDICTS),
    osBuildPrefix: oneOf(['226', '22631', '7']),
    identityConflict: fc.boolean(),
    siteSilent: fc.boolean(),
  };
  const one = fc
    .constantFrom(...(Object.keys(conditions) as (keyof MachineConditions)[]))
    .chain((name) =>
      (conditions[name] as fc.Arbitrary<unknown>).map((value): MachineFilter => ({ [name]: value })),
    );
  return fc.letrec<{ filter: MachineFilter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'filter' },
      { weight: 4, arbitrary: one },
      { weight: 1, arbitrary: fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b })) },
      { weight: 2, arbitrary: fc.record({ not: tie('filter') }) },
      { weight: 2, arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map((or) => ({ or })) },
      { weight: 2, arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map((and) => ({ and })) },
    ),
  })).filter;
}
