import { GROUP_OF_STATE, RECOVERY_STATES, type RecoveryState } from '@app/recovery';
import {
  EXPOSURE_CODE,
  KIND_PARTS,
  REASON_CODE,
  roleCode,
  STATE_CODE,
  TRAIT_CODE,
  type KindPart,
} from '@app/storage';
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
    conditionsOnKind(own).every(({ part }) => part === 'state') &&
    and.every(saysNothingOfKinds)
  );
}

const KIND_CONDITIONS = [
  ...(['states', 'groups', 'exposures', 'reasons', 'roles'] as const),
  ...(['bootModes', 'fileVerdicts', 'bitlocker', 'sensor', 'safeBootFlag', 'identityConflict'] as const),
] satisfies readonly (keyof MachineConditions)[];

/** SQL on `status`: whether it is of one of those kinds. They are looked up once for a statement, and then within an index. */
export function isAmongKinds(kinds: string): string {
  const wanted = `SELECT array_agg(kind.kind) FROM kinds_in_use() AS kind (kind) WHERE ${kinds}`;
  return `status.kind = ANY ((${wanted})::integer[])`;
}

/** True for every kind of which all machines meet the filter for certain: what may be left out when its `not` is asked for. */
function certainKinds(filter: MachineFilter, kind: string): string {
  const { and = [], or, not, ...own } = filter;
  const conditions = conditionsOnKind(own);
  const given = Object.values(own).filter((value) => value !== undefined).length;
  if (given > conditions.length) return 'false';
  return all([
    ...conditions.map((condition) => partIsAmong(kind, condition)),
    ...and.map((one) => certainKinds(one, kind)),
    ...(or === undefined ? [] : [either(or.map((one) => certainKinds(one, kind)))]),
    ...(not === undefined ? [] : [`NOT ${possibleKinds(not, kind)}`]),
  ]);
}

/** SQL of a part of a kind, or of the traits, as its code. Traits are the end of a kind, so the places are the same. */
export function partOfKind(kind: string, { factor, values }: KindPart): string {
  return factor === 1 ? `(${kind} % ${values})` : `(${kind} / ${factor} % ${values})`;
}

/** What a filter says of the traits of machines, as SQL on `status`. */
export function traitConditions(filter: MachineConditions): readonly string[] {
  return conditionsOnTraits(filter).map(({ part, codes }) =>
    isAmong(partOfKind('status.traits', KIND_PARTS[part]), codes),
  );
}

/** What a filter says of one part; nothing where it gives no words. */
function words<Word>(
  part: PartCondition['part'],
  given: readonly Word[] | undefined,
  codeOf: (word: Word) => number,
): PartCondition[] {
  return given === undefined ? [] : [{ part, codes: given.map(codeOf) }];
}

function conditionsOnTraits(filter: MachineConditions): readonly PartCondition[] {
  const { safeBootFlag, identityConflict } = filter;
  const flag = (given: boolean | undefined): boolean[] | undefined =>
    given === undefined ? undefined : [given];
  return [
    ...words('bootMode', filter.bootModes, TRAIT_CODE.bootMode),
    ...words('fileVerdict', filter.fileVerdicts, TRAIT_CODE.fileVerdict),
    ...words('bitlocker', filter.bitlocker, TRAIT_CODE.bitlocker),
    ...words('sensor', filter.sensor, (status) => TRAIT_CODE.sensor(SENSOR_RUNS[status])),
    ...words('safeBootFlag', flag(safeBootFlag), TRAIT_CODE.safeBootFlag),
    ...words('identityConflict', flag(identityConflict), TRAIT_CODE.identityConflict),
  ];
}

function conditionsOnKind(filter: MachineConditions): readonly PartCondition[] {
  const { groups } = filter;
  const ofGroups = groups && RECOVERY_STATES.filter((state) => groups.includes(GROUP_OF_STATE[state]));
  const stateCode = (state: RecoveryState): number => STATE_CODE[state];
  return [
    ...words('state', filter.states, stateCode),
    ...words('state', ofGroups, stateCode),
    ...words('exposure', filter.exposures, (exposure) => EXPOSURE_CODE[exposure]),
    ...words('reason', filter.reasons, (reason) => REASON_CODE[reason]),
    ...words('role', filter.roles, roleCode),
    ...conditionsOnTraits(filter),
  ];
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
