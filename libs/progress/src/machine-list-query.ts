import {
  GROUP_OF_STATE,
  RECOVERY_STATES,
  type Exposure,
  type RecoveryState,
  type StateGroup,
} from '@app/recovery';
import { EXPOSURE_CODE, STATE_CODE, type MachineKey } from '@app/storage';

/** Which machines; every condition given must hold. The same filter serves lists, counts and exports. */
export type MachineFilter = {
  /** Codes of organisations: machines of any of them, or of anything below. */
  readonly within?: readonly string[] | undefined;
  readonly states?: readonly RecoveryState[] | undefined;
  readonly exposures?: readonly Exposure[] | undefined;
  readonly groups?: readonly StateGroup[] | undefined;
  /** Beginning of the host name, in any case. */
  readonly hostname?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly lastHeardBeforeMs?: number | undefined;
  readonly lastHeardAfterMs?: number | undefined;
  readonly inStateBeforeMs?: number | undefined;
  readonly identityConflict?: boolean | undefined;
};

/** PRACTICE: by practice; SINCE: longest in its state first; HOST_NAME; LAST_HEARD: longest silent first. */
export const MACHINE_ORDERS = ['PRACTICE', 'SINCE', 'HOST_NAME', 'LAST_HEARD'] as const;
export type MachineOrder = (typeof MACHINE_ORDERS)[number];

/** One page of a list, and where it begins. */
export type PageRequest = {
  readonly first: number;
  /** The sort value and key of the row to go on after. */
  readonly after: { readonly sortValue: string; readonly key: MachineKey } | null;
};

/** The columns that make up a view. */
export const MACHINE_COLUMNS = `
  status.practice_id, status.machine_id, status.exposure, status.state, status.reason, status.since, status.heard_at,
  status.heard_started_at, status.heard_seq, status.memory, machine.hostname, machine.serial_number, machine.successor_id, machine.facts_at,
  machine.boot_mode, machine.file_verdict, machine.file_written_at, machine.sensor_version, machine.sensor_running,
  machine.bitlocker, machine.safe_boot_flag, machine.os_build, machine.clock_skew_seconds`;

/** What each order sorts by, before the key; as an expression, and as its type when it comes back from a cursor. */
const SORTS: Record<MachineOrder, { readonly expression: string; readonly type: string } | null> = {
  PRACTICE: null,
  SINCE: { expression: 'status.since', type: 'timestamptz' },
  HOST_NAME: { expression: 'lower(machine.hostname)', type: 'text' },
  LAST_HEARD: { expression: `COALESCE(status.heard_at, '-infinity')`, type: 'timestamptz' },
};

/**
 * The statement of one page. Conditions are built from the filter alone; values travel as parameters only. One row more than
 * the page holds is asked for, to know whether there is a next one.
 */
export function machineListQuery(
  filter: MachineFilter,
  order: MachineOrder,
  page: PageRequest,
  nowMs: number,
): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const param = (value: unknown): string => `$${values.push(value)}`;
  const conditions = filterConditions(filter, nowMs, param);
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
  const text = `
    SELECT ${MACHINE_COLUMNS}, ${sort === null ? `''` : `(${sort.expression})::text`} AS sort_value
    FROM machine_status AS status
    JOIN machine ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id
    ${conditions.length === 0 ? '' : `WHERE ${conditions.join('\n      AND ')}`}
    ORDER BY ${sort === null ? '' : `${sort.expression}, `}status.practice_id, status.machine_id
    LIMIT ${param(page.first + 1)}`;
  return { text, values };
}

function filterConditions(filter: MachineFilter, nowMs: number, param: (value: unknown) => string): string[] {
  const conditions: string[] = [];
  const states = statesOf(filter);
  const moment = (atMs: number): string => `to_timestamp(${param(atMs)}::float8 / 1000)`;
  if (filter.within !== undefined && !filter.within.includes('ENGLAND')) {
    const codes = param(filter.within);
    conditions.push(`status.practice_id IN (
        SELECT place.practice_id FROM placement_at(${moment(nowMs)}) AS place
        WHERE place.practice_id = ANY (${codes}::text[]) OR place.icb_code = ANY (${codes}::text[])
           OR place.region_code = ANY (${codes}::text[]))`);
  }
  // State codes are our own numbers: written out, they let the planner use the partial indexes.
  if (states !== null) conditions.push(`status.state IN (${states.join(', ') || 'NULL'})`);
  if (filter.exposures !== undefined) {
    conditions.push(
      `status.exposure = ANY (${param(filter.exposures.map((exposure) => EXPOSURE_CODE[exposure]))}::smallint[])`,
    );
  }
  if (filter.hostname !== undefined)
    conditions.push(`lower(machine.hostname) LIKE ${param(likePrefix(filter.hostname))}`);
  if (filter.serialNumber !== undefined)
    conditions.push(`machine.serial_number = ${param(filter.serialNumber)}`);
  if (filter.lastHeardBeforeMs !== undefined)
    conditions.push(`status.heard_at < ${moment(filter.lastHeardBeforeMs)}`);
  if (filter.lastHeardAfterMs !== undefined)
    conditions.push(`status.heard_at >= ${moment(filter.lastHeardAfterMs)}`);
  if (filter.inStateBeforeMs !== undefined)
    conditions.push(`status.since < ${moment(filter.inStateBeforeMs)}`);
  if (filter.identityConflict !== undefined) {
    conditions.push(`machine.identity_conflict_since IS ${filter.identityConflict ? 'NOT NULL' : 'NULL'}`);
  }
  return conditions;
}

/** States and groups are two ways to name states; both given, both must hold. */
function statesOf(filter: MachineFilter): number[] | null {
  if (filter.states === undefined && filter.groups === undefined) return null;
  return RECOVERY_STATES.filter(
    (state) =>
      (filter.states === undefined || filter.states.includes(state)) &&
      (filter.groups === undefined || filter.groups.includes(GROUP_OF_STATE[state])),
  ).map((state) => STATE_CODE[state]);
}

function likePrefix(text: string): string {
  return `${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}
