import { GROUP_OF_STATE, RECOVERY_STATES } from '@app/recovery';
import type { MachineKey } from '@app/storage';
import { beyondKinds, isAmongKinds, possibleKinds, saysNothingOfKinds } from './kind-conditions';
import { heardAbout, kindsToRead } from './kinds-to-read';
import { MACHINE_COLUMNS } from './machine-columns';
import {
  conditionsWithinStates,
  filterConditions,
  isNarrow,
  ofStates,
  placesOf,
  type AddParameter,
  type FilterReading,
} from './machine-conditions';
import {
  flattenFilter,
  isAboutCounts,
  isAboutUnrecovered,
  statesWithin,
  type MachineFilter,
} from './machine-filter';
import { JOIN_MACHINE, machinesWhere } from './machines-where';
import { NO_RANK, orderedPage, sameIndexes, URGENT_INDEXES, type SortColumn } from './ordered-page';

/**
 * PRACTICE: by practice; SINCE: longest in its state first; HOST_NAME; LAST_HEARD: longest silent first, by the quarter of an hour: a
 * machine reports every few minutes, so that a finer order would say nothing, and change under the reader; PRIORITY: most urgent
 * first.
 */
export const MACHINE_ORDERS = ['PRACTICE', 'SINCE', 'HOST_NAME', 'LAST_HEARD', 'PRIORITY'] as const;
export type MachineOrder = (typeof MACHINE_ORDERS)[number];

/** The orders that one statement reads; by priority see `priority-list-query.ts`. */
export type PlainOrder = Exclude<MachineOrder, 'PRIORITY'>;

/** One page of a list, and where it begins. */
export type PageRequest = {
  readonly first: number;
  /** The sort value and key of the row to go on after. */
  readonly after: { readonly sortValue: string; readonly key: MachineKey } | null;
};

/** A statement and its values. */
export type Statement = { readonly text: string; readonly values: readonly unknown[] };

/** What each order sorts by, before the key; as an expression, and as its type when it comes back from a cursor. */
const SORTS: Record<PlainOrder, { readonly expression: string; readonly type: string } | null> = {
  PRACTICE: null,
  SINCE: { expression: 'status.since', type: 'timestamptz' },
  HOST_NAME: { expression: 'status.host_order', type: 'text COLLATE "C"' },
  LAST_HEARD: {
    expression: `COALESCE(date_bin('15 min', status.heard_at, '1970-01-01T00:00:00Z'), '-infinity')`,
    type: 'timestamptz',
  },
};

/** The same as columns that the indexes of unrecovered machines go by. */
const UNRECOVERED_SORTS: Record<PlainOrder, SortColumn> = {
  PRACTICE: null,
  SINCE: { column: 'since', type: 'timestamptz' },
  HOST_NAME: { column: 'host_order', type: 'text' },
  LAST_HEARD: { column: 'heard_order', type: 'timestamptz' },
};

/**
 * The statement of one page. Conditions are built from the filter alone; values travel as parameters only. One row more than
 * the page holds is asked for, to know whether there is a next one.
 *
 * Where few machines can meet the filter they are all found first, and then sorted: the planner must not look for them in the order
 * asked for.
 */
export function machineListQuery(
  asked: MachineFilter,
  order: PlainOrder,
  page: PageRequest,
  reading: FilterReading,
): Statement {
  const filter = flattenFilter(asked);
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  if (isAboutUnrecovered(filter) && !isNarrow(reading)) {
    return { text: unrecoveredListQuery(filter, UNRECOVERED_SORTS[order], page, reading, param), values };
  }
  const conditions = [...filterConditions(filter, reading, param)];
  if (isNarrow(reading)) conditions.push(...timesByIndex(filter, reading, param));
  const sort = SORTS[order];
  if (page.after !== null) {
    const key = [
      `${param(page.after.key.practiceId)}::text COLLATE "C"`,
      `${param(page.after.key.machineId)}::uuid`,
    ];
    const columns = ['status.practice_id', 'status.machine_id'];
    if (sort !== null) {
      key.unshift(`${param(page.after.sortValue)}::${sort.type}`);
      columns.unshift(sort.expression);
    }
    conditions.push(`(${columns.join(', ')}) > (${key.join(', ')})`);
  }
  // The keys of the page first, then what is shown of them: else thousands of rows are looked at whole, to show a hundred.
  const text = `
    WITH found AS ${isNarrow(reading) ? 'MATERIALIZED' : 'NOT MATERIALIZED'} (
      SELECT status.practice_id, status.machine_id, ${sort === null ? `''` : sort.expression} AS sort_value
      ${machinesWhere(conditions, reading)}
    ), page AS (
      SELECT * FROM found
      ORDER BY ${sort === null ? '' : 'sort_value, '}practice_id, machine_id
      LIMIT ${param(page.first + 1)}
    )
    SELECT ${MACHINE_COLUMNS}, page.sort_value::text AS sort_value
    FROM page
    JOIN machine_status AS status ON status.practice_id = page.practice_id AND status.machine_id = page.machine_id
    ${JOIN_MACHINE}
    ORDER BY page.sort_value, page.practice_id, page.machine_id`;
  return { text, values };
}

/** The same of unrecovered machines by an order that indexes stand in: the keys of the page first, then what is shown of them. */
function unrecoveredListQuery(
  filter: MachineFilter,
  sort: SortColumn,
  page: PageRequest,
  reading: FilterReading,
  param: AddParameter,
): string {
  const practices = placesOf(filter, reading);
  // The page keeps to the practices that are asked for, and those are in scope.
  const anywhere = { ...reading, practicesInScope: null };
  const conditions = [
    ...conditionsWithinStates({ ...beyondKinds(filter), within: undefined }, anywhere, param),
    // They say a little less than the filter, but within the indexes, before a machine is looked at.
    ...heardAbout(filter, reading, param),
  ];
  const keys = orderedPage(
    {
      sort,
      index: sort?.column === 'since' ? URGENT_INDEXES : sameIndexes(ofStates(filter)),
      conditions,
      kinds: kindsToRead(filter, reading, param),
      // The indexes by the beginning of the state hold machines of other states, too.
      isOfAnyKind: sort?.column !== 'since' && isOfAllUnrecovered(filter) && saysNothingOfKinds(filter),
      rank: NO_RANK,
      practices,
      after: page.after && { rank: 0, ...page.after },
      rows: page.first + 1,
    },
    param,
  );
  return `
    WITH page AS MATERIALIZED (${keys})
    SELECT ${MACHINE_COLUMNS}, page.sort_value::text AS sort_value
    FROM page
    JOIN machine_status AS status ON status.practice_id = page.practice_id AND status.machine_id = page.machine_id
    ${JOIN_MACHINE}
    ORDER BY page.sort_value, page.practice_id, page.machine_id`;
}

/** Times are looked up kind by kind in the indexes that hold them: for machines of which a time is what makes them few. */
export function timesByIndex(
  filter: MachineFilter,
  reading: FilterReading,
  param: AddParameter,
): readonly string[] {
  if (!isAboutUnrecovered(filter)) return [];
  return [isAmongKinds(possibleKinds(filter, 'kind.kind')), ...heardAbout(filter, reading, param)];
}

/** The statement that counts the machines of a filter. The booked counts, where they know, are some ten rows a practice. */
export function machineCountQuery(filter: MachineFilter, reading: FilterReading): Statement {
  if (isAboutCounts(filter)) {
    const booked: unknown[] = [];
    const conditions = filterConditions(filter, reading, (value) => `$${booked.push(value)}`);
    const where = ['true', ...conditions].join(' AND ');
    const text = `SELECT COALESCE(sum(status.machines), 0)::int AS machines FROM progress_count AS status WHERE ${where}`;
    return { text, values: booked };
  }
  const { from, values } = matching(filter, reading);
  return { text: `SELECT count(*)::int AS machines ${from}`, values };
}

/** The statement that names the machines of a filter in the order of their keys, which is that of every bulk write. */
export function machineKeysQuery(filter: MachineFilter, limit: number, reading: FilterReading): Statement {
  const { from, values } = matching(filter, reading);
  const text = `
    SELECT status.practice_id, status.machine_id ${from}
    ORDER BY status.practice_id, status.machine_id LIMIT $${values.push(limit)}`;
  return { text, values };
}

function matching(filter: MachineFilter, reading: FilterReading): { from: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions = filterConditions(filter, reading, (value) => `$${values.push(value)}`);
  return { from: machinesWhere(conditions, reading), values };
}

function isOfAllUnrecovered(filter: MachineFilter): boolean {
  const states = statesWithin(filter);
  return RECOVERY_STATES.every((state) => GROUP_OF_STATE[state] !== 'UNRECOVERED' || states.has(state));
}
