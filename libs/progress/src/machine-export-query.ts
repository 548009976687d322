import type { MachineKey } from '@app/storage';
import { MACHINE_COLUMNS } from './machine-columns';
import { filterConditions, type FilterReading } from './machine-conditions';
import type { MachineFilter } from './machine-filter';
import type { Statement } from './machine-list-query';
import { JOIN_MACHINE, needsMachine } from './machines-where';

/**
 * The statement of one batch of an export: the machines of a filter in the order of their keys, behind `after`.
 *
 * The keys come first, from the index of the primary key, and what is told of them is looked up by key. `OFFSET 0` keeps the planner
 * from turning the look-ups into joins that read whole tables once for every batch.
 */
export function machineExportQuery(
  filter: MachineFilter,
  after: MachineKey | null,
  rows: number,
  reading: FilterReading,
): Statement {
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [...filterConditions(filter, reading, param)];
  const join = needsMachine(conditions) ? JOIN_MACHINE : '';
  if (after !== null) {
    const key = `(${param(after.practiceId)}::text COLLATE "C", ${param(after.machineId)}::uuid)`;
    conditions.push(`(status.practice_id, status.machine_id) > ${key}`);
  }
  const text = `
    SELECT ${MACHINE_COLUMNS}, ${TOLD_IN_FILES}
    FROM (
      SELECT status.practice_id, status.machine_id
      FROM machine_status AS status ${join}
      ${conditions.length === 0 ? '' : `WHERE ${conditions.join('\n        AND ')}`}
      ORDER BY status.practice_id, status.machine_id
      LIMIT ${param(rows)}
    ) AS page
    CROSS JOIN LATERAL (
      SELECT * FROM machine_status AS one
      WHERE one.practice_id = page.practice_id AND one.machine_id = page.machine_id OFFSET 0
    ) AS status
    CROSS JOIN LATERAL (
      SELECT * FROM machine AS one
      WHERE one.practice_id = page.practice_id AND one.machine_id = page.machine_id OFFSET 0
    ) AS machine
    ORDER BY page.practice_id, page.machine_id`;
  return { text, values };
}

/** What people know of a machine, and lists do not show. */
const TOLD_IN_FILES = `
  machine.asset_tag, machine.location, machine.enrolled_at, machine.moved_to, machine.bitlocker_key_id,
  machine.assignee, machine.assigned_until, machine.review_on::text AS review_on,
  ARRAY(SELECT tag.tag FROM machine_tag AS tag
        WHERE tag.practice_id = page.practice_id AND tag.machine_id = page.machine_id ORDER BY 1) AS tags`;
