import { MACHINE_ROLES, PRIORITY_POINTS, RECOVERY_STATES, URGENT_STATES } from '@app/recovery';
import { KIND_PARTS, roleCode, STATE_CODE, type MachineKey } from '@app/storage';
import { beyondKinds, partOfKind } from './kind-conditions';
import { heardAbout, kindsToRead } from './kinds-to-read';
import { MACHINE_COLUMNS } from './machine-columns';
import {
  conditionsWithinStates,
  filterConditions,
  isNarrow,
  placesOf,
  type AddParameter,
  type FilterReading,
} from './machine-conditions';
import { flattenFilter, isAboutUnrecovered, statesWithin, type MachineFilter } from './machine-filter';
import { timesByIndex, type Statement } from './machine-list-query';
import { JOIN_MACHINE, machinesWhere } from './machines-where';
import { orderedPage, URGENT_INDEXES } from './ordered-page';

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

/** Practices whose machines are read whole and sorted; of more, the index is walked in the order of the list. */
const NARROW_PRACTICES_MAX = 20;
/** The same for practices without a working machine: they have few machines, or they would have one. */
const HOPELESS_PRACTICES_MAX = 400;

/** The part of a list that holds machines with these points. */
export function partOfPoints(points: number): PriorityPartOfList {
  if (points === 0) return 'IDLE';
  return points > PRIORITY_POINTS.noWorkingMachineAtPractice ? 'HOPELESS_PRACTICES' : 'OTHER_PRACTICES';
}

/** The filter, and that the machine needs nobody. */
export function idleOf(filter: MachineFilter): MachineFilter {
  return { and: [filter], states: RECOVERY_STATES.filter((state) => !URGENT_STATES.includes(state)) };
}

/** The statement of a part of the list; null: no machine can be in it. */
export function urgentListQuery(question: UrgentQuestion, reading: FilterReading): Statement | null {
  const { part, withoutWorkingMachine } = question;
  const isHopeless = part === 'HOPELESS_PRACTICES';
  const filter = flattenFilter({ and: [question.filter], states: URGENT_STATES });
  if (statesWithin(filter).size === 0 || (isHopeless && withoutWorkingMachine.length === 0)) return null;
  const values: unknown[] = [];
  const parameter: AddParameter = (value) => `$${values.push(value)}`;
  const places = placesOf(filter, reading);
  const isFew = isHopeless
    ? withoutWorkingMachine.length <= HOPELESS_PRACTICES_MAX
    : places !== null && places.length <= NARROW_PRACTICES_MAX;
  const page =
    isNarrow(reading) || isFew
      ? collectAndSort(question, filter, reading, parameter)
      : walkInOrder(question, filter, places, reading, parameter);
  return { text: shown(page), values };
}

/** All machines that meet the conditions, with their points, sorted. */
function collectAndSort(
  { part, withoutWorkingMachine, after, limit }: UrgentQuestion,
  filter: MachineFilter,
  reading: FilterReading,
  parameter: AddParameter,
): string {
  const conditions = [...filterConditions(filter, reading, parameter)];
  conditions.push(
    ...(isNarrow(reading) ? timesByIndex(filter, reading, parameter) : [URGENT_INDEXES.byPractice]),
  );
  if (withoutWorkingMachine.length > 0) {
    const isAmong = part === 'HOPELESS_PRACTICES' ? '= ANY' : '<> ALL';
    conditions.push(`status.practice_id ${isAmong} (${parameter(withoutWorkingMachine)}::text[])`);
  }
  const rank = rankOf('status.kind', part);
  if (after !== null) {
    const place = [
      String(-after.points),
      `${parameter(after.since)}::timestamptz`,
      `${parameter(after.key.practiceId)}::text COLLATE "C"`,
      `${parameter(after.key.machineId)}::uuid`,
    ];
    conditions.push(`(${rank}, status.since, status.practice_id, status.machine_id) > (${place.join(', ')})`);
  }
  return `
      SELECT ${rank} AS rank, status.since AS sort_value, status.practice_id, status.machine_id
      ${machinesWhere(conditions, reading)}
      ORDER BY 1, 2, 3, 4
      LIMIT ${limit}`;
}

/** The index holds the machines of every kind by age, and a kind says what its points are. */
function walkInOrder(
  { part, withoutWorkingMachine, after, limit }: UrgentQuestion,
  filter: MachineFilter,
  places: readonly string[] | null,
  reading: FilterReading,
  parameter: AddParameter,
): string {
  const anywhere = { ...reading, practicesInScope: null };
  const elsewhere = { ...beyondKinds(filter), within: undefined };
  const conditions = [...conditionsWithinStates(elsewhere, anywhere, parameter)];
  if (isAboutUnrecovered(filter)) conditions.push(...heardAbout(filter, reading, parameter));
  let practices = places;
  if (part === 'HOPELESS_PRACTICES') {
    const sought = places === null ? null : new Set(places);
    practices = withoutWorkingMachine.filter((code) => sought?.has(code) ?? true);
  } else if (withoutWorkingMachine.length > 0) {
    // Hashed, and not weighed by the planner: there may be thousands.
    conditions.push(
      `(status.practice_id IN (SELECT unnest(${parameter(withoutWorkingMachine)}::text[]))) IS NOT TRUE`,
    );
  }
  return orderedPage(
    {
      sort: { column: 'since', type: 'timestamptz' },
      index: URGENT_INDEXES,
      conditions,
      kinds: kindsToRead(filter, reading, parameter),
      isOfAnyKind: false,
      rank: rankOf('kind.kind', part),
      practices,
      after: after && { rank: -after.points, sortValue: after.since, key: after.key },
      rows: limit,
    },
    parameter,
  );
}

/** Only the machines of the page are looked at whole: everything before moves four columns a machine. */
function shown(page: string): string {
  return `
    WITH page AS MATERIALIZED (${page})
    SELECT ${MACHINE_COLUMNS}, -page.rank AS points, page.sort_value::text AS since_text
    FROM page
    JOIN machine_status AS status ON status.practice_id = page.practice_id AND status.machine_id = page.machine_id
    ${JOIN_MACHINE}
    ORDER BY page.rank, page.sort_value, page.practice_id, page.machine_id`;
}

function practicePoints(part: UrgentQuestion['part']): number {
  return part === 'HOPELESS_PRACTICES' ? PRIORITY_POINTS.noWorkingMachineAtPractice : 0;
}

/** What sorts machines before their age: the negative of their points, from the number of their kind. Written from the table of the rules. */
function rankOf(kind: string, part: UrgentQuestion['part']): string {
  const { state, role } = PRIORITY_POINTS;
  const ofState = URGENT_STATES.map((one) => `WHEN ${STATE_CODE[one]} THEN ${state[one]}`);
  const ofRole = MACHINE_ROLES.map((one) => `WHEN ${roleCode(one)} THEN ${role[one]}`);
  return `(-(${practicePoints(part)}
    + CASE ${partOfKind(kind, KIND_PARTS.state)} ${ofState.join(' ')} ELSE 0 END
    + CASE ${partOfKind(kind, KIND_PARTS.role)} ${ofRole.join(' ')} ELSE ${PRIORITY_POINTS.ofUnknownRole} END))`;
}
