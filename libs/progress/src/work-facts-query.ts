import { URGENT_STATES, type RecoveryState, type WorkPolicy } from '@app/recovery';
import { STATE_CODE } from '@app/storage';
import { KEY_MAY_HAVE_BEEN_READ, REBOOT_FAILED, SITE_SILENT } from './machine-columns';
import { filterConditions, type AddParameter, type FilterReading } from './machine-conditions';
import type { MachineFilter } from './machine-filter';
import type { Statement } from './machine-list-query';
import { JOIN_MACHINE } from './machines-where';

/** States of machines that people may have to do something about. Of one of which nothing is proven there is nothing to do but wait. */
const WORK_STATES: readonly RecoveryState[] = URGENT_STATES.filter((state) => state !== 'UNVERIFIED');

/** All that the next action for a machine follows from, without what tells machines apart. */
const FACTS = `
  status.practice_id, status.state, status.exposure, status.role_code, machine.file_verdict, machine.boot_mode,
  machine.safe_boot_flag, machine.sensor_running, machine.bitlocker, machine.bitlocker_key_escrowed,
  machine.identity_conflict_since IS NOT NULL AS identity_conflict,
  status.state = ${STATE_CODE.DOWN} AND COALESCE(machine.attested_at >= status.since, false) AS attested,
  ${KEY_MAY_HAVE_BEEN_READ} AS key_may_have_been_read, ${REBOOT_FAILED} AS reboot_failed, ${SITE_SILENT} AS site_silent`;
const FACTS_COUNT = 15;

/**
 * The statement that counts, practice by practice, the machines that share all that their next action follows from. The rules say
 * what that is (`nextStep`), in one place; here machines are only told apart as far as the rules do.
 *
 * @param limit rows wanted at most
 */
export function workFactsQuery(
  filter: MachineFilter,
  limit: number,
  { loopMayEndWithinMs }: WorkPolicy,
  reading: FilterReading,
): Statement {
  const values: unknown[] = [];
  const parameter: AddParameter = (value) => `$${values.push(value)}`;
  const conditions = filterConditions({ and: [filter], states: WORK_STATES }, reading, parameter);
  const recently = `to_timestamp(${parameter(reading.nowMs - loopMayEndWithinMs)}::float8 / 1000)`;
  const text = `
    SELECT ${FACTS}, status.state = ${STATE_CODE.CRASH_LOOPING} AND status.since > ${recently} AS is_new_loop,
           count(*)::int AS machines
    FROM machine_status AS status ${JOIN_MACHINE}
    WHERE ${conditions.join(' AND ')}
    GROUP BY ${Array.from({ length: FACTS_COUNT + 1 }, (_, i) => i + 1).join(', ')}
    LIMIT ${parameter(limit)}`;
  return { text, values };
}
