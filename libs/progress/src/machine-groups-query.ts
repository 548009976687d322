import { filterConditions, type AddParameter, type FilterReading } from './machine-conditions';
import { DIMENSION_READINGS, type MachineDimension } from './machine-dimension';
import { isAboutCounts, type MachineFilter } from './machine-filter';
import type { Statement } from './machine-list-query';
import { JOIN_MACHINE, needsMachine } from './machines-where';

/** Dimensions that the booked counts know. */
const BOOKED: readonly MachineDimension[] = [
  'STATE',
  'EXPOSURE',
  'GROUP',
  'PRACTICE',
  'ICB',
  'REGION',
  'SITE_SILENT',
];

/** Which machines, by what, and how many groups of them, the largest first. */
export type GroupQuestion = {
  readonly filter: MachineFilter;
  readonly by: readonly MachineDimension[];
  readonly first: number;
};

/**
 * The statement that counts machines by the values of dimensions: `value_1` and so on, `machines`, and beside every group how many
 * groups and machines there are in all.
 *
 * Where the booked counts know all that is asked they are read, under the same names: some ten rows a practice instead of its machines.
 * A machine with several tags is in several groups, and counts once in the total, so that is counted by itself.
 */
export function machineGroupsQuery({ filter, by, first }: GroupQuestion, reading: FilterReading): Statement {
  const values: unknown[] = [];
  const parameter: AddParameter = (value) => `$${values.push(value)}`;
  const isBooked = isAboutCounts(filter) && by.every((dimension) => BOOKED.includes(dimension));
  const conditions = [...filterConditions(filter, reading, parameter)];
  const expressions = by.map((dimension) => DIMENSION_READINGS[dimension].value(reading, parameter));
  const joins = [...new Set(by.map((dimension) => DIMENSION_READINGS[dimension].join))].map(
    (join) => join?.(reading, parameter) ?? '',
  );
  if (needsMachine([...conditions, ...expressions])) joins.unshift(JOIN_MACHINE);
  const source = isBooked ? 'progress_count' : 'machine_status';
  const where = isBooked ? ['status.machines > 0', ...conditions] : conditions;
  const from = `FROM ${source} AS status ${joins.join(' ')} ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}`;
  const names = by.map((_, i) => `value_${i + 1}`);
  const inAll = by.includes('TAG')
    ? `(SELECT count(DISTINCT (status.practice_id, status.machine_id)) ${from})`
    : 'sum(machines) OVER ()';
  const text = `
    WITH counted AS (
      SELECT ${expressions.map((expression, i) => `${expression} AS ${names[i]}, `).join('')}
             ${isBooked ? 'sum(status.machines)' : 'count(*)'} AS machines
      ${from}
      GROUP BY ${by.map((_, i) => i + 1).join(', ')}
    )
    SELECT ${names.join(', ')}, machines::int, (count(*) OVER ())::int AS groups, (${inAll})::int AS machines_in_all
    FROM counted
    ORDER BY counted.machines DESC, ${names.map((name) => `${name} COLLATE "C" NULLS LAST`).join(', ')}
    LIMIT ${parameter(first)}`;
  return { text, values };
}
