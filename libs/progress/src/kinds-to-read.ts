import { GROUP_OF_STATE, RECOVERY_STATES, type Freshness } from '@app/recovery';
import { KIND_PARTS, STATE_CODE } from '@app/storage';
import { partOfKind, possibleKinds } from './kind-conditions';
import {
  conditionsWithinStates,
  freshnessBounds,
  type AddParameter,
  type FilterReading,
} from './machine-conditions';
import type { MachineFilter } from './machine-filter';

/** The grain of `heard_order`. */
const HEARD_ORDER_MS = 900_000;

/**
 * SQL on `kind.kind`: which kinds a list is read from. Those that the filter's words leave possible; and of these, where it asks for times,
 * those of which a machine began its state, or was heard, about then. Else a page of machines heard just now would be looked for among all
 * that are down.
 */
export function kindsToRead(filter: MachineFilter, reading: FilterReading, parameter: AddParameter): string {
  const conditions = [possibleKinds(filter, 'kind.kind')];
  const since = sinceBounds(filter, reading, parameter);
  if (since.length > 0) {
    // Not EXISTS, and ordered: the planner would make one great join of it, or skip through the index of all practices.
    conditions.push(`(
      SELECT true FROM machine_status AS status WHERE status.kind = kind.kind AND ${since.join(' AND ')}
      ORDER BY status.kind, status.since LIMIT 1)`);
  }
  const heard = heardAbout(filter, reading, parameter);
  if (heard.length > 0) {
    // Others have no `heard_order`, and stay possible.
    conditions.push(`(${partOfKind('kind.kind', KIND_PARTS.state)} NOT IN (${UNRECOVERED}) OR EXISTS (
      SELECT FROM machine_status AS status
      WHERE status.kind = kind.kind AND status.state IN (${UNRECOVERED}) AND ${heard.join(' AND ')}))`);
  }
  return conditions.length === 1 ? (conditions[0] as string) : `(${conditions.join(' AND ')})`;
}

const UNRECOVERED = RECOVERY_STATES.filter((state) => GROUP_OF_STATE[state] === 'UNRECOVERED')
  .map((state) => STATE_CODE[state])
  .join(', ');

/** Conditions on `status`: when a machine's state began, as the filter says it. */
export function sinceBounds(
  { inStateBeforeMs, inStateAfterMs, stateAgeAtLeastMs, stateAgeUnderMs }: MachineFilter,
  reading: FilterReading,
  parameter: AddParameter,
): readonly string[] {
  const times = { inStateBeforeMs, inStateAfterMs, stateAgeAtLeastMs, stateAgeUnderMs };
  return conditionsWithinStates(times, { ...reading, practicesInScope: null }, parameter);
}

/** Conditions on `status`: the quarter of an hour in which an unrecovered machine was last heard. They say a little less than the filter. */
export function heardAbout(
  filter: MachineFilter,
  reading: FilterReading,
  parameter: AddParameter,
): readonly string[] {
  const { lastHeardAfterMs, lastHeardBeforeMs, freshness } = filter;
  const moment = (atMs: number): string => `to_timestamp(${parameter(atMs)}::float8 / 1000)`;
  const after = (atMs: number): string => `status.heard_order > ${moment(atMs - HEARD_ORDER_MS)}`;
  const before = (atMs: number): string =>
    `status.heard_order < ${moment(atMs)} AND status.heard_order > '-infinity'`;
  const conditions: string[] = [];
  if (lastHeardAfterMs !== undefined) conditions.push(after(lastHeardAfterMs));
  if (lastHeardBeforeMs !== undefined) conditions.push(before(lastHeardBeforeMs));
  if (freshness !== undefined && freshness.length > 0) {
    const { lateMs, silentMs } = freshnessBounds(reading);
    const about: Readonly<Record<Freshness, () => string>> = {
      FRESH: () => after(lateMs),
      LATE: () => `${after(silentMs)} AND ${before(lateMs)}`,
      SILENT: () => before(silentMs),
      NEVER: () => `status.heard_order = '-infinity'`,
    };
    conditions.push(`(${[...new Set(freshness)].map((one) => `(${about[one]()})`).join(' OR ')})`);
  }
  return conditions;
}
