import type { FilterReading } from './machine-conditions';

/**
 * SQL: the machines that meet all of the conditions, as `status` and, where it is asked about, `machine`. Those with few names are looked up by
 * these, and their states by the key, whatever the planner believes: it multiplies what it knows of conditions that go
 * together, until it takes the unrecovered machines of a nation for one.
 */
export function machinesWhere(
  conditions: readonly string[],
  { narrowBy: by, practicesInScope }: FilterReading,
): string {
  const names = conditions.filter((one) => needsMachine([one]) && !one.includes('status.'));
  if (by !== 'BY_NAME' || practicesInScope !== null || names.length === 0) {
    const join = needsMachine(conditions) ? JOIN_MACHINE : '';
    return `FROM machine_status AS status ${join} ${where(conditions)}`;
  }
  return `
      FROM (SELECT * FROM machine ${where(names)} OFFSET 0) AS machine
      CROSS JOIN LATERAL (
        SELECT * FROM machine_status AS one
        WHERE one.practice_id = machine.practice_id AND one.machine_id = machine.machine_id OFFSET 0
      ) AS status
      ${where(conditions.filter((one) => !names.includes(one)))}`;
}

/** To what a machine last told, and to what people know of it. */
export const JOIN_MACHINE = `
  JOIN machine ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id`;

/** Whether conditions speak of `machine`, too. */
export function needsMachine(conditions: readonly string[]): boolean {
  return conditions.some((condition) => condition.includes('machine.'));
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join('\n        AND ')}`;
}
