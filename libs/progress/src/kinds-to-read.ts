import { GROUP_OF_STATE, RECOVERY_STATES, type Freshness } from '@app/recovery';
import { KIND_PARTS, STATE_CODE } from '@app/storage';
import { possibleKinds } from './kind-conditions';
import { freshnessBounds, type AddParameter, type FilterReading } from './machine-conditions';
import type { MachineFilter } from './machine-filter';

/** The grain of `heard_order`. */
export const HEARD_ORDER_MS = 900_000;

/**
 * SQL on `kind.kind`: which kinds a list is read from. Those that the filter's words leave possible; and of these, where it asks when
 * machines were last heard, those of which one was heard about then. Else a page of machines heard just now would be looked for among all
 * that are down.
 */
export function kindsToRead(filter: MachineFilter, reading: FilterReading, parameter: AddParameter): string {
  const heard = heardAbout(filter, reading, parameter);
  const possible = possibleKinds(filter, 'kind.kind');
  if (heard.length === 0) return possible;
  const { factor, values } = KIND_PARTS.state;
  // Others have no `heard_order`, and stay possible.
  return `(${possible} AND (kind.kind / ${factor} % ${values} NOT IN (${UNRECOVERED}) OR EXISTS (
      SELECT FROM machine_status AS heard
      WHERE heard.kind = kind.kind AND heard.state IN (${UNRECOVERED}) AND ${heard.join(' AND ')})))`;
}

const UNRECOVERED = RECOVERY_STATES.filter((state) => GROUP_OF_STATE[state] === 'UNRECOVERED')
  .map((state) => STATE_CODE[state])
  .join(', ');

/** Conditions on the quarter of an hour in which a machine was last heard: they say a little less than the filter. */
function heardAbout(filter: MachineFilter, reading: FilterReading, parameter: AddParameter): string[] {
  const { lastHeardAfterMs, lastHeardBeforeMs, freshness } = filter;
  const moment = (atMs: number): string => `to_timestamp(${parameter(atMs)}::float8 / 1000)`;
  const after = (atMs: number): string => `heard.heard_order > ${moment(atMs - HEARD_ORDER_MS)}`;
  const before = (atMs: number): string =>
    `heard.heard_order < ${moment(atMs)} AND heard.heard_order > '-infinity'`;
  const conditions: string[] = [];
  if (lastHeardAfterMs !== undefined) conditions.push(after(lastHeardAfterMs));
  if (lastHeardBeforeMs !== undefined) conditions.push(before(lastHeardBeforeMs));
  if (freshness !== undefined && freshness.length > 0) {
    const { lateMs, silentMs } = freshnessBounds(reading);
    const about: Readonly<Record<Freshness, () => string>> = {
      FRESH: () => after(lateMs),
      LATE: () => `${after(silentMs)} AND ${before(lateMs)}`,
      SILENT: () => before(silentMs),
      NEVER: () => `heard.heard_order = '-infinity'`,
    };
    conditions.push(`(${[...new Set(freshness)].map((one) => `(${about[one]()})`).join(' OR ')})`);
  }
  return conditions;
}
