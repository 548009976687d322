import {
  MACHINE_ROLES,
  ownPoints,
  PRIORITY_POINTS,
  RECOVERY_STATES,
  URGENT_STATES,
  type MachineRole,
  type RecoveryState,
} from '@app/recovery';
import { roleCode, STATE_CODE, type MachineKey } from '@app/storage';
import { MACHINE_COLUMNS } from './machine-columns';
import { filterConditions, type AddParameter, type FilterReading } from './machine-conditions';
import { statesWithin, type MachineFilter } from './machine-filter';
import { JOIN_MACHINE, needsMachine, type Statement } from './machine-list-query';

/**
 * Lists by priority. A score is what a practice, a state and a role give, all in tens, and then the age, which decides between
 * equals; whether practices are open adds the same to all of them. So the order is: points descending, then the beginning of the
 * state ascending, then the key. It does not depend on the clock, and a list that is read for an hour stays in one order.
 *
 * It is read in three parts, one after the other: machines of practices without a working machine, which all come before the
 * others; the other machines that need somebody; and those that need nobody, by practice.
 */
export const PRIORITY_PARTS = ['HOPELESS_PRACTICES', 'OTHER_PRACTICES', 'IDLE'] as const;
export type PriorityPartOfList = (typeof PRIORITY_PARTS)[number];

/** The place of a machine that needs somebody. */
export type UrgentPlace = { readonly points: number; readonly since: string; readonly key: MachineKey };

/** What a part of the list is asked for by. */
export type UrgentQuestion = {
  readonly filter: MachineFilter;
  readonly part: Exclude<PriorityPartOfList, 'IDLE'>;
  readonly withoutWorkingMachine: readonly string[];
  readonly limit: number;
  readonly after: UrgentPlace | null;
};

/** Practices that are read whole and sorted; of more, the index is walked in the order of the list. */
const NARROW_PRACTICES_MAX = 400;

/** The part of a list that holds machines with these points. */
export function partOfPoints(points: number): PriorityPartOfList {
  if (points === 0) return 'IDLE';
  return points > PRIORITY_POINTS.noWorkingMachineAtPractice ? 'HOPELESS_PRACTICES' : 'OTHER_PRACTICES';
}

/** The filter, and that the machine needs nobody. */
export function idleOf(filter: MachineFilter): MachineFilter {
  return { and: [filter], states: RECOVERY_STATES.filter((state) => !URGENT_STATES.includes(state)) };
}

/**
 * The statements of a part of the list, to be read one after the other until the page is full: together they are the list. Most
 * pages are full after the first, which goes through the streams of the most urgent machines only.
 */
export function urgentListQueries(
  question: Omit<UrgentQuestion, 'limit'>,
  reading: FilterReading,
): readonly ((limit: number) => Statement)[] {
  const { part, withoutWorkingMachine, after } = question;
  const filter: MachineFilter = { and: [question.filter], states: URGENT_STATES };
  const isHopeless = part === 'HOPELESS_PRACTICES';
  const streams = streamsOf([...statesWithin(filter)], part).filter(
    ({ points }) => after === null || points <= after.points,
  );
  if (streams.length === 0 || (isHopeless && withoutWorkingMachine.length === 0)) return [];
  const isNarrow = isHopeless
    ? withoutWorkingMachine.length <= NARROW_PRACTICES_MAX
    : isFew(reading.practicesInScope) || isNarrowFilter(question.filter, reading);
  const groups = isNarrow ? [streams] : groupStreams(streams);
  return groups.map((group) => (limit: number): Statement => {
    const values: unknown[] = [];
    const parameter: AddParameter = (value) => `$${values.push(value)}`;
    const conditions = [...filterConditions(filter, reading, parameter)];
    if (withoutWorkingMachine.length > 0) {
      const isAmong = isHopeless ? '= ANY' : '<> ALL';
      conditions.push(`status.practice_id ${isAmong} (${parameter(withoutWorkingMachine)}::text[])`);
    }
    const parts = { question: { ...question, limit }, streams: group, conditions, parameter };
    return { text: isNarrow ? collectAndSort(parts) : walkInOrder(parts), values };
  });
}

/** The machines of one state and role. */
type Stream = { readonly state: RecoveryState; readonly role: MachineRole | null; readonly points: number };

/** Streams of the first statement; each further one goes through twice as many. */
const FIRST_STREAMS = 4;

/** Every state and role, with the points of their machines, most points first. */
function streamsOf(states: readonly RecoveryState[], part: UrgentQuestion['part']): readonly Stream[] {
  return states
    .flatMap((state) =>
      ROLES.map((role) => ({ state, role, points: ownPoints(state, role) + practicePoints(part) })),
    )
    .sort((a, b) => b.points - a.points);
}

/** In their order; streams of equal points stay together, because their machines mix. */
function groupStreams(streams: readonly Stream[]): readonly (readonly Stream[])[] {
  const groups: Stream[][] = [];
  for (const stream of streams) {
    const group = groups[groups.length - 1];
    const isFull = group !== undefined && group.length >= FIRST_STREAMS * 2 ** (groups.length - 1);
    if (group === undefined || (isFull && group[group.length - 1]?.points !== stream.points))
      groups.push([stream]);
    else group.push(stream);
  }
  return groups;
}

type StatementParts = {
  readonly question: UrgentQuestion;
  readonly streams: readonly Stream[];
  readonly conditions: readonly string[];
  readonly parameter: AddParameter;
};

/** A filter that leaves few machines, found by an index of its own. */
function isNarrowFilter(filter: MachineFilter, reading: FilterReading): boolean {
  const { within, hostname, hostnameIs, serialNumber, serialNumberPrefix } = filter;
  const names = [hostname, hostnameIs, serialNumber, serialNumberPrefix];
  const narrowing = [filter.assetTag, filter.assetTagPrefix, filter.assignees, filter.tags, ...names];
  return (
    narrowing.some((one) => one !== undefined) ||
    (within !== undefined && !within.includes('ENGLAND') && isFew(reading.practicesWithin(within))) ||
    (filter.and ?? []).some((one) => isNarrowFilter(one, reading))
  );
}

/** @param practices null: all there are */
function isFew(practices: readonly string[] | null): boolean {
  return practices !== null && practices.length <= NARROW_PRACTICES_MAX;
}

/** All machines that meet the conditions, with their points, sorted. */
function collectAndSort({ question, conditions, parameter }: StatementParts): string {
  const { after, part } = question;
  const rank = `-(${OWN_POINTS} + ${practicePoints(part)})`;
  const behind =
    after === null
      ? ''
      : `AND (${rank}, status.since, status.practice_id, status.machine_id) > (${placeOf(after, parameter).join(', ')})`;
  return pageOf(
    `SELECT ${rank} AS rank, status.since, status.practice_id, status.machine_id
      FROM machine_status AS status ${needsMachine(conditions) ? JOIN_MACHINE : ''}
      WHERE ${conditions.join(' AND ')} ${behind}`,
    parameter(question.limit),
  );
}

/**
 * The index holds the machines of every state and role by age. Each of these streams is read from where the last page left it,
 * no further than a page.
 */
function walkInOrder({ question, streams, conditions, parameter }: StatementParts): string {
  const { after } = question;
  const goesOn = after !== null && streams.some(({ points }) => points === after.points);
  const from = goesOn ? placeOf(after, parameter).slice(1) : null;
  const limit = parameter(question.limit);
  const rows = streams.map(({ state, role, points }) => {
    const place = from !== null && points === after?.points ? from : BEGINNING;
    return `(${-points}, ${STATE_CODE[state]}::smallint, ${roleCode(role)}::smallint, ${place.join(', ')})`;
  });
  return pageOf(
    `SELECT stream.rank, found.since, found.practice_id, found.machine_id
      FROM (VALUES ${rows.join(', ')}) AS stream (rank, state, role_code, since, practice_id, machine_id)
      CROSS JOIN LATERAL (
        SELECT status.since, status.practice_id, status.machine_id
        FROM machine_status AS status ${needsMachine(conditions) ? JOIN_MACHINE : ''}
        WHERE ${conditions.join(' AND ')}
          AND status.state = stream.state AND status.role_code = stream.role_code
          AND (status.since, status.practice_id, status.machine_id) > (stream.since, stream.practice_id, stream.machine_id)
        ORDER BY status.since, status.practice_id, status.machine_id
        LIMIT ${limit}
      ) AS found`,
    limit,
  );
}

/** Only the machines of the page are looked at whole: everything before moves four columns a machine. */
function pageOf(found: string, limit: string): string {
  return `
    SELECT ${MACHINE_COLUMNS}, -page.rank AS points, page.since::text AS since_text
    FROM (
      ${found}
      ORDER BY 1, 2, 3, 4
      LIMIT ${limit}
    ) AS page
    JOIN machine_status AS status ON status.practice_id = page.practice_id AND status.machine_id = page.machine_id
    ${JOIN_MACHINE}
    ORDER BY page.rank, page.since, page.practice_id, page.machine_id`;
}

function practicePoints(part: UrgentQuestion['part']): number {
  return part === 'HOPELESS_PRACTICES' ? PRIORITY_POINTS.noWorkingMachineAtPractice : 0;
}

/** Before every machine of a stream. */
const BEGINNING = [
  `'-infinity'::timestamptz`,
  `''::text COLLATE "C"`,
  `'00000000-0000-0000-0000-000000000000'::uuid`,
];

function placeOf({ points, since, key }: UrgentPlace, parameter: AddParameter): readonly string[] {
  return [
    String(-points),
    `${parameter(since)}::timestamptz`,
    `${parameter(key.practiceId)}::text COLLATE "C"`,
    `${parameter(key.machineId)}::uuid`,
  ];
}

const ROLES: readonly (MachineRole | null)[] = [null, ...MACHINE_ROLES];

/** `ownPoints` in SQL, written from the same table. */
const OWN_POINTS = `(
  CASE status.state ${URGENT_STATES.map((state) => `WHEN ${STATE_CODE[state]} THEN ${PRIORITY_POINTS.state[state]}`).join(' ')} END +
  CASE status.role_code ${MACHINE_ROLES.map((role) => `WHEN ${roleCode(role)} THEN ${PRIORITY_POINTS.role[role]}`).join(' ')}
    ELSE ${PRIORITY_POINTS.ofUnknownRole} END)`;
