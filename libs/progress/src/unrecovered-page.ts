import type { Exposure, RecoveryState } from '@app/recovery';
import { EXPOSURE_CODE, STATE_CODE, type MachineKey } from '@app/storage';
import type { AddParameter } from './machine-conditions';

/** A column that unrecovered machines are listed by before their key, and its type. Indexes go by it for the nation and by practice. */
export type UnrecoveredSort = { readonly column: string; readonly type: 'timestamptz' | 'text' };

/** One page of unrecovered machines, and where it begins. */
export type UnrecoveredPage = {
  readonly sort: UnrecoveredSort;
  /** SQL on `status` and `machine` that must hold besides `practices`; one of them keeps to states of the unrecovered. */
  readonly conditions: readonly string[];
  readonly joinMachine: string;
  /** The states and exposures that can occur, or more. */
  readonly states: readonly RecoveryState[];
  readonly exposures: readonly Exposure[];
  /** Null: all. */
  readonly practices: readonly string[] | null;
  readonly after: { readonly sortValue: string; readonly key: MachineKey } | null;
  readonly rows: number;
};

/**
 * From so many practices on, the nation's index is read, and rows of other practices are skipped: they are too few then to hold up
 * a page, and the beginnings of so many practices cost more than a page may. England's largest region has 1,284 practices.
 */
const PRACTICES_MAX = 2_000;

/**
 * The statement that names a page: practice_id, machine_id and sort_value, in order. However large the fleet and however deep the page,
 * it reads little more than the page from indexes that stand in the order asked for.
 *
 * @param parameter adds a value to the statement
 */
export function unrecoveredPage(page: UnrecoveredPage, parameter: AddParameter): string {
  const { practices } = page;
  return practices !== null && practices.length <= PRACTICES_MAX
    ? pageOfPractices(page, practices, parameter)
    : pageOfNation(page, parameter);
}

/**
 * Of the nation: the index goes by exposure and state first, so each pair of them gives its own first rows, and the page is cut out of
 * those. Most of the 42 pairs are empty, and an empty one costs a look-up.
 */
function pageOfNation(page: UnrecoveredPage, parameter: AddParameter): string {
  const { sort, practices, rows } = page;
  const column = `status.${sort.column}`;
  const order = `${column}, status.practice_id, status.machine_id`;
  const exposures = parameter(page.exposures.map((exposure) => EXPOSURE_CODE[exposure]));
  const states = parameter(page.states.map((state) => STATE_CODE[state]));
  const conditions = [
    'status.exposure = of_exposure.exposure AND status.state = of_state.state',
    ...(practices === null ? [] : [`status.practice_id = ANY (${parameter(practices)}::text[])`]),
    ...behind(page, parameter),
    ...page.conditions,
  ];
  return `
    SELECT one.practice_id, one.machine_id, one.sort_value
    FROM unnest(${exposures}::smallint[]) AS of_exposure (exposure)
    CROSS JOIN unnest(${states}::smallint[]) AS of_state (state)
    CROSS JOIN LATERAL (
      SELECT status.practice_id, status.machine_id, ${column} AS sort_value
      FROM machine_status AS status ${page.joinMachine}
      WHERE ${conditions.join(' AND ')}
      ORDER BY ${order}
      LIMIT ${rows}
    ) AS one
    ORDER BY one.sort_value, one.practice_id, one.machine_id
    LIMIT ${rows}`;
}

/**
 * Of some practices: each shows its first row, and the first of them all are the practices that the page can come from; no more than the
 * page has rows. The practice in place n has n − 1 rows before its own first one, so it can give what is left of the page at most, and
 * nothing behind the first row of the last of those practices.
 */
function pageOfPractices(
  page: UnrecoveredPage,
  practices: readonly string[],
  parameter: AddParameter,
): string {
  const { sort, rows } = page;
  const column = `status.${sort.column}`;
  const conditions = [
    'status.practice_id = practice.code',
    ...behind(page, parameter),
    ...page.conditions,
  ].join(' AND ');
  const ofPractice = (limit: string, bound: string): string => `
      SELECT ${column} AS sort_value, status.machine_id
      FROM machine_status AS status ${page.joinMachine}
      WHERE ${conditions} ${bound}
      ORDER BY ${column}, status.machine_id
      LIMIT ${limit}`;
  // With fewer practices than rows, each may give all it has.
  const bound = `COALESCE((SELECT sort_value FROM beginning WHERE place = ${rows}), ${LAST_OF_ALL[sort.type]})`;
  return `
    WITH beginning AS MATERIALIZED (
      SELECT practice.code, first_row.sort_value,
             row_number() OVER (ORDER BY first_row.sort_value, practice.code) AS place
      FROM unnest(${parameter(practices)}::text[] COLLATE "C") AS practice (code)
      CROSS JOIN LATERAL (${ofPractice('1', '')}) AS first_row
      ORDER BY first_row.sort_value, practice.code
      LIMIT ${rows}
    )
    SELECT practice.code AS practice_id, one.machine_id, one.sort_value
    FROM beginning AS practice
    CROSS JOIN LATERAL (${ofPractice(`${rows} + 1 - practice.place`, `AND ${column} <= ${bound}`)}) AS one
    ORDER BY one.sort_value, practice_id, one.machine_id
    LIMIT ${rows}`;
}

/** Behind these values comes none. */
const LAST_OF_ALL: Readonly<Record<UnrecoveredSort['type'], string>> = {
  timestamptz: `'infinity'::timestamptz`,
  text: `repeat(U&'\\+10FFFF', 300) COLLATE "C"`,
};

/** The rows behind the cursor. The first condition says less than the second, but finds the beginning in an index by practice. */
function behind({ sort, after }: UnrecoveredPage, parameter: AddParameter): string[] {
  if (after === null) return [];
  const column = `status.${sort.column}`;
  const value = `${parameter(after.sortValue)}::${sort.type}`;
  const key = `${parameter(after.key.practiceId)}::text COLLATE "C", ${parameter(after.key.machineId)}::uuid`;
  return [`${column} >= ${value}`, `(${column}, status.practice_id, status.machine_id) > (${value}, ${key})`];
}
