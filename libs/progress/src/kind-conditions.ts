import { GROUP_OF_STATE, RECOVERY_STATES } from '@app/recovery';
import { EXPOSURE_CODE, KIND_PARTS, REASON_CODE, roleCode, STATE_CODE, TRAIT_CODE } from '@app/storage';
import type { MachineConditions, MachineFilter, SensorStatus } from './machine-filter';

/** The words of a filter about one part of a machine's kind: the codes that meet it. */
type PartCondition = { readonly part: keyof typeof KIND_PARTS; readonly codes: readonly number[] };

/**
 * What a filter says of kinds of machines, as SQL on the number of a kind: true for every kind of which some machine may meet the filter.
 * What else the filter asks is not known of a kind, and counts as possible.
 *
 * @param kind SQL of the number
 */
export function possibleKinds(filter: MachineFilter, kind: string): string {
  const conditions = conditionsOnKind(filter).map((condition) => partIsAmong(kind, condition));
  for (const one of filter.and ?? []) conditions.push(possibleKinds(one, kind));
  if (filter.or !== undefined) conditions.push(either(filter.or.map((one) => possibleKinds(one, kind))));
  if (filter.not !== undefined) conditions.push(`NOT ${certainKinds(filter.not, kind)}`);
  return all(conditions);
}

/**
 * What is left to ask of the machines of possible kinds: a filter without the words that are settled for all of them. Asked again they
 * would change nothing but the planner's mind, who takes each for a rare thing.
 */
export function beyondKinds(filter: MachineFilter): MachineFilter {
  const { and } = filter;
  const settled = Object.fromEntries(KIND_CONDITIONS.map((name) => [name, undefined]));
  return { ...filter, ...settled, and: and?.map(beyondKinds) };
}

/** Whether a filter leaves every kind of its states possible. */
export function saysNothingOfKinds({ and = [], or, not, ...own }: MachineFilter): boolean {
  return (
    or === undefined &&
    not === undefined &&
    WORD_CONDITIONS.every((name) => own[name] === undefined) &&
    and.every(saysNothingOfKinds)
  );
}

const WORD_CONDITIONS = [
  ...(['exposures', 'reasons', 'roles'] as const),
  ...(['bootModes', 'fileVerdicts', 'bitlocker', 'sensor', 'safeBootFlag', 'identityConflict'] as const),
] satisfies readonly (keyof MachineConditions)[];

const KIND_CONDITIONS = [
  ...(['states', 'groups'] as const),
  ...WORD_CONDITIONS,
] satisfies readonly (keyof MachineConditions)[];

/** True for every kind of which all machines meet the filter for certain: what may be left out when its `not` is asked for. */
function certainKinds(filter: MachineFilter, kind: string): string {
  const conditions = conditionsOnKind(filter);
  const { and = [], or, not, ...own } = filter;
  const given = Object.values(own).filter((value) => value !== undefined).length;
  if (given > numberOfOwn(own)) return 'false';
  return all([
    ...conditions.map((condition) => partIsAmong(kind, condition)),
    ...and.map((one) => certainKinds(one, kind)),
    ...(or === undefined ? [] : [either(or.map((one) => certainKinds(one, kind)))]),
    ...(not === undefined ? [] : [`NOT ${possibleKinds(not, kind)}`]),
  ]);
}

/** SQL of a part of a kind, or of the traits, as its code. Traits are the end of a kind, so the places are the same. */
function partOfKind(kind: string, { factor, values }: { factor: number; values: number }): string {
  return factor === 1 ? `(${kind} % ${values})` : `(${kind} / ${factor} % ${values})`;
}

/** What a filter says of the traits of machines, as SQL on `status`. */
export function traitConditions(filter: MachineConditions): readonly string[] {
  return conditionsOnTraits(filter).map(({ part, codes }) =>
    isAmong(partOfKind('status.traits', KIND_PARTS[part]), codes),
  );
}

function conditionsOnTraits(filter: MachineConditions): readonly PartCondition[] {
  const { bootModes, fileVerdicts, bitlocker, sensor, safeBootFlag, identityConflict } = filter;
  const condition = (part: PartCondition['part'], codes: readonly number[] | undefined): PartCondition[] =>
    codes === undefined ? [] : [{ part, codes }];
  return [
    ...condition('bootMode', bootModes?.map(TRAIT_CODE.bootMode)),
    ...condition('fileVerdict', fileVerdicts?.map(TRAIT_CODE.fileVerdict)),
    ...condition('bitlocker', bitlocker?.map(TRAIT_CODE.bitlocker)),
    ...condition(
      'sensor',
      sensor?.map((status) => TRAIT_CODE.sensor(SENSOR_RUNS[status])),
    ),
    ...condition(
      'safeBootFlag',
      safeBootFlag === undefined ? undefined : [TRAIT_CODE.safeBootFlag(safeBootFlag)],
    ),
    ...condition(
      'identityConflict',
      identityConflict === undefined ? undefined : [TRAIT_CODE.identityConflict(identityConflict)],
    ),
  ];
}

function conditionsOnKind(filter: MachineConditions): readonly PartCondition[] {
  const { states, groups, exposures, reasons, roles } = filter;
  const condition = (part: PartCondition['part'], codes: readonly number[] | undefined): PartCondition[] =>
    codes === undefined ? [] : [{ part, codes }];
  const ofGroups = groups && RECOVERY_STATES.filter((state) => groups.includes(GROUP_OF_STATE[state]));
  return [
    ...condition(
      'state',
      states?.map((state) => STATE_CODE[state]),
    ),
    ...condition(
      'state',
      ofGroups?.map((state) => STATE_CODE[state]),
    ),
    ...condition(
      'exposure',
      exposures?.map((exposure) => EXPOSURE_CODE[exposure]),
    ),
    ...condition(
      'reason',
      reasons?.map((reason) => REASON_CODE[reason]),
    ),
    ...condition(
      'role',
      roles?.map((role) => roleCode(role)),
    ),
    ...conditionsOnTraits(filter),
  ];
}

/** How many of a filter's own conditions the kind answers. */
function numberOfOwn(own: MachineConditions): number {
  return conditionsOnKind(own).length;
}

function partIsAmong(kind: string, { part, codes }: PartCondition): string {
  return isAmong(partOfKind(kind, KIND_PARTS[part]), codes);
}

/** Codes are our own numbers, never a sender's. */
function isAmong(expression: string, codes: readonly number[]): string {
  return codes.length === 0 ? 'false' : `${expression} IN (${[...new Set(codes)].join(', ')})`;
}

function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : `(${conditions.join(' AND ')})`;
}

function either(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
}

const SENSOR_RUNS: Readonly<Record<SensorStatus, boolean | null>> = {
  RUNNING: true,
  STOPPED: false,
  UNKNOWN: null,
};
