import { EXPOSURE_CODE, REASON_CODE, roleCode, STATE_CODE, traitsOf, type MachineKey } from '@app/storage';
import type { Exposure, MachineRole, RecoveryState, TransitionReason } from '@app/recovery';
import type { Pool } from 'pg';

/** A machine as it lies in the tables; null: never collected. Moments in milliseconds. */
export type MachineRow = {
  readonly key: MachineKey;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly exposure: Exposure;
  readonly state: RecoveryState;
  readonly reason: TransitionReason;
  readonly sinceMs: number;
  readonly heardAtMs: number | null;
  readonly bootMode: string | null;
  readonly fileVerdict: string | null;
  readonly sensorVersion: string | null;
  readonly sensorRunning: boolean | null;
  readonly bitlocker: string | null;
  readonly safeBootFlag: boolean | null;
  readonly osBuild: string | null;
  readonly conflictSinceMs: number | null;
  readonly assetTag: string | null;
  readonly role: MachineRole | null;
  readonly assignee: string | null;
  readonly assignedUntilMs: number | null;
  readonly tags: readonly string[];
};

/** A machine of that number at a practice, of which nothing is known; `fields` say what else is. */
export function machineRow(practiceId: string, number: number, fields: Partial<MachineRow> = {}): MachineRow {
  return {
    key: { practiceId, machineId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` },
    hostname: `PC-${number}`,
    serialNumber: null,
    exposure: 'UNKNOWN',
    state: 'UNVERIFIED',
    reason: 'ENROLLED',
    sinceMs: Date.parse('2024-07-01T09:00:00Z'),
    heardAtMs: null,
    bootMode: null,
    fileVerdict: null,
    sensorVersion: null,
    sensorRunning: null,
    bitlocker: null,
    safeBootFlag: null,
    osBuild: null,
    conflictSinceMs: null,
    assetTag: null,
    role: null,
    assignee: null,
    assignedUntilMs: null,
    tags: [],
    ...fields,
  };
}

/** Writes machines, and the counts that belong to them, as they would stand after a history that nobody tells here. */
export async function insertMachineRows(pool: Pool, rows: readonly MachineRow[]): Promise<void> {
  await pool.query(INSERT, [JSON.stringify(rows.map(columnsOf))]);
}

/** Puts a machine into another state, and books it, as the write path would. */
export async function moveMachineRow(
  pool: Pool,
  { practiceId, machineId }: MachineKey,
  state: RecoveryState,
  sinceMs: number,
): Promise<void> {
  await pool.query(MOVE, [practiceId, machineId, STATE_CODE[state], sinceMs]);
}

function columnsOf(row: MachineRow): object {
  return {
    practice_id: row.key.practiceId,
    machine_id: row.key.machineId,
    hostname: row.hostname,
    serial_number: row.serialNumber,
    exposure: EXPOSURE_CODE[row.exposure],
    state: STATE_CODE[row.state],
    reason: REASON_CODE[row.reason],
    since_ms: row.sinceMs,
    heard_ms: row.heardAtMs,
    boot_mode: row.bootMode,
    file_verdict: row.fileVerdict,
    sensor_version: row.sensorVersion,
    sensor_running: row.sensorRunning,
    bitlocker: row.bitlocker,
    safe_boot_flag: row.safeBootFlag,
    os_build: row.osBuild,
    conflict_ms: row.conflictSinceMs,
    asset_tag: row.assetTag,
    role: row.role,
    role_code: roleCode(row.role),
    traits: traitsOf({
      boot_mode: row.bootMode,
      file_verdict: row.fileVerdict,
      bitlocker: row.bitlocker,
      sensor_running: row.sensorRunning,
      safe_boot_flag: row.safeBootFlag,
      identity_conflict_ms: row.conflictSinceMs,
    }),
    assignee: row.assignee,
    assigned_ms: row.assignedUntilMs,
    tags: row.tags,
  };
}

const INSERT = `
  WITH wanted AS (
    SELECT * FROM json_to_recordset($1::json) AS w (
      practice_id text, machine_id uuid, hostname text, serial_number text, exposure smallint, state smallint,
      reason smallint, since_ms float8, heard_ms float8, boot_mode text, file_verdict text, sensor_version text,
      sensor_running boolean, bitlocker text, safe_boot_flag boolean, os_build text, conflict_ms float8, asset_tag text,
      role text, role_code smallint, traits smallint, assignee text, assigned_ms float8, tags text[])
  ), described AS (
    INSERT INTO machine (practice_id, machine_id, hostname, serial_number, enrolled_at, boot_mode, file_verdict,
                         sensor_version, sensor_running, bitlocker, safe_boot_flag, os_build, identity_conflict_since,
                         asset_tag, role, assignee, assigned_until, memory)
    SELECT practice_id, machine_id, hostname, serial_number, '2024-07-01T09:00:00Z', boot_mode, file_verdict,
           sensor_version, sensor_running, bitlocker, safe_boot_flag, os_build, to_timestamp(conflict_ms / 1000),
           asset_tag, role, assignee, to_timestamp(assigned_ms / 1000), ''
    FROM wanted
  ), tagged AS (
    INSERT INTO machine_tag (practice_id, machine_id, tag)
    SELECT practice_id, machine_id, unnest(tags) FROM wanted
  ), placed AS (
    INSERT INTO machine_status (practice_id, machine_id, version, heard_at, since, booked_at, transitions, facts_hash,
                                exposure, state, reason, generation, role_code, host_order, traits)
    SELECT practice_id, machine_id, 1, to_timestamp(heard_ms / 1000), to_timestamp(since_ms / 1000),
           to_timestamp(since_ms / 1000), 0, 0, exposure, state, reason, 1, role_code, lower(hostname), traits
    FROM wanted
  )
  INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
  SELECT practice_id, exposure, state, count(*), '2024-07-01T09:00:00Z'
  FROM wanted GROUP BY practice_id, exposure, state
  ON CONFLICT (practice_id, exposure, state) DO UPDATE SET machines = cell.machines + excluded.machines`;

const MOVE = `
  WITH before AS (
    SELECT exposure, state FROM machine_status WHERE practice_id = $1 AND machine_id = $2
  ), moved AS (
    UPDATE machine_status SET version = version + 1, state = $3, since = to_timestamp($4::float8 / 1000)
    WHERE practice_id = $1 AND machine_id = $2
  )
  INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
  SELECT $1, exposure, state, sum(delta), to_timestamp($4::float8 / 1000)
  FROM (SELECT exposure, state, -1 AS delta FROM before UNION ALL SELECT exposure, $3, 1 FROM before) AS entry
  GROUP BY exposure, state HAVING sum(delta) <> 0
  ON CONFLICT (practice_id, exposure, state) DO UPDATE SET machines = cell.machines + excluded.machines`;
