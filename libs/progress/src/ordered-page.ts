import type { MachineKey } from '@app/storage';
import { isAmongKinds } from './kind-conditions';
import type { AddParameter } from './machine-conditions';

/** What machines are listed by before their key; null: by the key alone. Indexes go by it for the nation and by practice. */
export type SortColumn = { readonly column: string; readonly type: 'timestamptz' | 'text' } | null;

/** SQL on `status` that keeps a statement to the rows that the index of a sort holds: that by kind, and that by practice. */
export type PartialIndexes = { readonly byKind: string; readonly byPractice: string };

/** The indexes by the beginning of the state. The two ways to say "has a kind" tell the planner which of them to read. */
export const URGENT_INDEXES: PartialIndexes = {
  byKind: 'status.kind IS NOT NULL',
  byPractice: 'status.kind >= 0',
};

/** Both indexes hold the same rows, and one condition keeps to either. */
export function sameIndexes(condition: string): PartialIndexes {
  return { byKind: condition, byPractice: condition };
}

/** One page of machines that need somebody, and where it begins. */
export type OrderedPage = {
  readonly sort: SortColumn;
  readonly index: PartialIndexes;
  /** SQL on `status` and `machine` that must hold besides. */
  readonly conditions: readonly string[];
  /** SQL on `kind.kind`: true for all kinds that can occur, or more; and the rank of a kind's machines before all else. */
  readonly kinds: string;
  /** Whether every kind of the sort's index by practice can occur: then none has to be looked for. */
  readonly isOfAnyKind: boolean;
  readonly rank: string;
  /** Null: all. */
  readonly practices: readonly string[] | null;
  readonly after: { readonly rank: number; readonly sortValue: string; readonly key: MachineKey } | null;
  readonly rows: number;
};

/**
 * Up to so many practices are read as streams of their own; of more, the nation's index is read, and rows of other practices are skipped
 * within it: they are too few then to hold up a page, and the beginnings of so many practices cost more than a page may. By the
 * beginning of the state that is so for many fewer: thousands of machines went down at one deadline, and lie there practice by
 * practice, so that the index is left and entered again. Three of England's seven regions have up to 3,204 practices.
 */
const PRACTICES_MAX = 4_000;
const PRACTICES_BY_SINCE_MAX = 400;

/**
 * The statement that names a page: practice_id, machine_id, sort_value and rank, in order. However large the fleet and however deep the
 * page, it reads little more than the page from indexes that stand in the order asked for.
 *
 * Machines stand there in streams, each in order: those of one kind, or of one practice. Each stream shows its first row, and the first
 * of them all are the streams that the page can come from; no more than the page has rows. The stream in place n has n − 1 rows before its
 * own first one, so it can give what is left of the page at most, and nothing behind the first row of the last of those streams.
 *
 * @param parameter adds a value to the statement
 */
export function orderedPage(page: OrderedPage, parameter: AddParameter): string {
  const { practices, sort, rank } = page;
  // No index by practice goes by the rank of a kind.
  if (practices === null || rank !== NO_RANK) return pageOfKinds(page, parameter);
  if (sort === null) return practiceByPractice(page, practices, parameter);
  const practicesMax = sort.column === 'since' ? PRACTICES_BY_SINCE_MAX : PRACTICES_MAX;
  return practices.length <= practicesMax
    ? pageOfPractices(page, sort, practices, parameter)
    : pageOfKinds(page, parameter);
}

/** Machines that nothing but the sort column and the key tells apart. */
export const NO_RANK = '0';

/** The streams are the kinds: what the filter says of them is known before a row is read. */
function pageOfKinds(page: OrderedPage, parameter: AddParameter): string {
  const { sort, practices, rows, after } = page;
  const afterRank = after === null ? null : `${parameter(after.rank)}::integer`;
  const conditions = [
    page.index.byKind,
    'status.kind = stream.kind',
    ...(practices === null ? [] : [isAtAnyOf(practices, parameter)]),
    ...behind(page, `stream.rank = ${afterRank}`, parameter),
    ...page.conditions,
  ];
  const columns = columnsOf(sort).join(', ');
  const rowsOf = (limit: string, bound: readonly string[]): string => `
      SELECT status.practice_id, status.machine_id, ${sort === null ? `''` : `status.${sort.column}`} AS sort_value
      FROM machine_status AS status ${machineOf(page)}
      WHERE ${[...conditions, ...bound].join(' AND ')}
      ORDER BY ${columns}
      LIMIT ${limit}`;
  const order = `rank, ${sort === null ? '' : 'sort_value, '}practice_id, machine_id`;
  const last = (name: string, otherwise: string): string =>
    `CASE WHEN last.rank = stream.rank THEN last.${name} ELSE ${otherwise} END`;
  const ends = [
    ...(sort === null ? [] : [last('sort_value', LAST_OF_ALL[sort.type])]),
    last('practice_id', LAST_OF_ALL.text),
    last('machine_id', LAST_MACHINE),
  ];
  return `
    WITH stream AS MATERIALIZED (
      SELECT kind.kind, ${page.rank} AS rank
      FROM kinds_in_use() AS kind (kind)
      WHERE ${[page.kinds, ...(afterRank === null ? [] : [`${page.rank} >= ${afterRank}`])].join(' AND ')}
    ), beginning AS MATERIALIZED (
      SELECT stream.kind, stream.rank, first_row.*, row_number() OVER (ORDER BY ${order}) AS place
      FROM stream CROSS JOIN LATERAL (${rowsOf('1', [])}) AS first_row
      ORDER BY ${order}
      LIMIT ${rows}
    ), last AS (SELECT * FROM beginning WHERE place = ${rows})
    SELECT one.practice_id, one.machine_id, one.sort_value, stream.rank
    FROM beginning AS stream LEFT JOIN last ON true
    CROSS JOIN LATERAL (${rowsOf(`${rows} + 1 - stream.place`, [`(${columns}) <= (${ends.join(', ')})`])}) AS one
    ORDER BY stream.rank, ${sort === null ? '' : 'one.sort_value, '}one.practice_id, one.machine_id
    LIMIT ${rows}`;
}

/** The streams are the practices. Kinds are looked at within the index. */
function pageOfPractices(
  page: OrderedPage,
  sort: NonNullable<SortColumn>,
  practices: readonly string[],
  parameter: AddParameter,
): string {
  const { rows } = page;
  const column = `status.${sort.column}`;
  const conditions = [
    page.index.byPractice,
    'status.practice_id = practice.code',
    ...ofKinds(page),
    ...behind(page, 'true', parameter),
    ...page.conditions,
  ].join(' AND ');
  const ofPractice = (limit: string, bound: string): string => `
      SELECT ${column} AS sort_value, status.machine_id
      FROM machine_status AS status ${machineOf(page)}
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
    SELECT practice.code AS practice_id, one.machine_id, one.sort_value, 0 AS rank
    FROM beginning AS practice
    CROSS JOIN LATERAL (${ofPractice(`${rows} + 1 - practice.place`, `AND ${column} <= ${bound}`)}) AS one
    ORDER BY one.sort_value, practice_id, one.machine_id
    LIMIT ${rows}`;
}

/** By the key alone: practice by practice in the order of their codes, until the page is full. */
function practiceByPractice(
  page: OrderedPage,
  practices: readonly string[],
  parameter: AddParameter,
): string {
  const { after, rows } = page;
  const codes = after === null ? practices : practices.filter((code) => code >= after.key.practiceId);
  const conditions = [
    page.index.byPractice,
    'status.practice_id = practice.code',
    ...ofKinds(page),
    ...behind(page, 'true', parameter),
    ...page.conditions,
  ];
  return `
    SELECT practice.code AS practice_id, one.machine_id, '' AS sort_value, 0 AS rank
    FROM (SELECT code COLLATE "C" AS code FROM unnest(${parameter(codes)}::text[]) AS named (code) ORDER BY 1) AS practice
    CROSS JOIN LATERAL (
      SELECT status.machine_id
      FROM machine_status AS status ${machineOf(page)}
      WHERE ${conditions.join(' AND ')}
      ORDER BY status.machine_id
      LIMIT ${rows}
    ) AS one
    ORDER BY practice.code, one.machine_id
    LIMIT ${rows}`;
}

function ofKinds({ kinds, isOfAnyKind }: OrderedPage): string[] {
  return isOfAnyKind ? [] : [isAmongKinds(kinds)];
}

/** In order, so that the index finds them without sorting them; and no constant, or the planner would weigh each of a thousand codes. */
function isAtAnyOf(practices: readonly string[], parameter: AddParameter): string {
  return `status.practice_id = ANY ((SELECT ${parameter([...practices].sort())}::text[])::text[])`;
}

/**
 * What a machine last told, looked up for each row that comes in order: `OFFSET 0` keeps the planner from beginning with all machines that
 * share a fact, which may be most of the fleet.
 */
function machineOf({ conditions }: OrderedPage): string {
  return conditions.some((condition) => condition.includes('machine.'))
    ? `CROSS JOIN LATERAL (
        SELECT * FROM machine AS one
        WHERE one.practice_id = status.practice_id AND one.machine_id = status.machine_id OFFSET 0
      ) AS machine`
    : '';
}

/** Behind these values comes none. */
const LAST_OF_ALL = {
  timestamptz: `'infinity'::timestamptz`,
  text: `repeat(U&'\\+10FFFF', 300) COLLATE "C"`,
} as const;
const LAST_MACHINE = `'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`;

function columnsOf(sort: SortColumn): readonly string[] {
  const key = ['status.practice_id', 'status.machine_id'];
  return sort === null ? key : [`status.${sort.column}`, ...key];
}

/**
 * The rows behind the cursor, of the streams that it stands in; others are read from their beginning. The first condition says less than
 * the second, but finds the beginning in an index by practice.
 */
function behind({ sort, after, rank }: OrderedPage, isOfPlace: string, parameter: AddParameter): string[] {
  if (after === null) return [];
  const begun = (value: string, beginning: string): string =>
    rank === NO_RANK ? value : `CASE WHEN ${isOfPlace} THEN ${value} ELSE ${beginning} END`;
  const key = [
    begun(`${parameter(after.key.practiceId)}::text COLLATE "C"`, `''::text COLLATE "C"`),
    begun(`${parameter(after.key.machineId)}::uuid`, `'00000000-0000-0000-0000-000000000000'::uuid`),
  ];
  const columns = columnsOf(sort);
  if (sort === null) return [`(${columns.join(', ')}) > (${key.join(', ')})`];
  const value = begun(`${parameter(after.sortValue)}::${sort.type}`, FIRST_OF_ALL[sort.type]);
  return [`status.${sort.column} >= ${value}`, `(${columns.join(', ')}) > (${[value, ...key].join(', ')})`];
}

/** Before these values comes none. */
const FIRST_OF_ALL = { timestamptz: `'-infinity'::timestamptz`, text: `''::text COLLATE "C"` } as const;
