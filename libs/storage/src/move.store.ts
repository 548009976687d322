import { EXPOSURE_CODE, REASON_CODE, STATE_CODE } from './codes';
import type { Queryable } from './database';
import { LEDGER_BUCKET_MS } from './machine.store';
import type { MachineKey } from './machine-key';
import { NEVER_HEARD_TEXT } from './memory-codec';

/** A machine that goes on at another practice, under another identity. */
export type MachineMove = { readonly from: MachineKey; readonly to: MachineKey };

/**
 * Makes the records under which machines go on at other practices: facts, tags and place in counts and ledger as of a machine of
 * which nothing is known; the installation points to the new record from now on. What is known of it is decided and saved after
 * this, and the old record is left to the caller.
 *
 * One statement. Both practices are touched in one transaction; spread over several databases, arriving would come first and
 * leaving would follow, each by itself and safe to repeat.
 */
export async function placeMoved(db: Queryable, moves: readonly MachineMove[], atMs: number): Promise<void> {
  const rows = moves.map(({ from, to }) => ({
    from_practice: from.practiceId,
    from_machine: from.machineId,
    to_practice: to.practiceId,
    to_machine: to.machineId,
  }));
  const bucketMs = Math.floor(atMs / LEDGER_BUCKET_MS) * LEDGER_BUCKET_MS;
  const codes = [EXPOSURE_CODE.UNKNOWN, STATE_CODE.UNVERIFIED, REASON_CODE.MOVED_FROM_PRACTICE];
  await db.query(PLACE_MOVED, [JSON.stringify(rows), atMs, bucketMs, ...codes, NEVER_HEARD_TEXT]);
}

/** What a machine takes along. Claim, review, attestation and successor are matters of the old record. */
const TAKEN_ALONG = `
  hostname, serial_number, smbios_uuid, enrolled_at, facts_at, os_build, sensor_version, sensor_running, bitlocker,
  safe_boot_flag, boot_mode, file_written_at, file_verdict, clock_skew_seconds, identity_conflict_since,
  role, asset_tag, bitlocker_key_id, bitlocker_key_escrowed`;

/** $1 the moves as JSON, $2 now, $3 its bucket, $4 to $6 codes of the first exposure, state and reason, $7 an empty memory. */
const PLACE_MOVED = `
  WITH move AS (
    SELECT * FROM json_to_recordset($1::json) AS m (
      from_practice text, from_machine uuid, to_practice text, to_machine uuid)
  ), described AS (
    INSERT INTO machine (practice_id, machine_id, registered_at, memory, ${TAKEN_ALONG})
    SELECT move.to_practice, move.to_machine, to_timestamp($2::float8 / 1000), $7, ${TAKEN_ALONG}
    FROM move JOIN machine ON machine.practice_id = move.from_practice AND machine.machine_id = move.from_machine
  ), placed AS (
    INSERT INTO machine_status (practice_id, machine_id, version, since, booked_at, transitions, facts_hash,
                                exposure, state, reason, generation, host_order, role_code, traits)
    SELECT move.to_practice, move.to_machine, 1, to_timestamp($2::float8 / 1000), to_timestamp($2::float8 / 1000), 0,
           status.facts_hash, $4, $5, $6, 1, status.host_order, status.role_code, status.traits
    FROM move
    JOIN machine_status AS status ON status.practice_id = move.from_practice AND status.machine_id = move.from_machine
  ), tagged AS (
    INSERT INTO machine_tag (practice_id, machine_id, tag)
    SELECT move.to_practice, move.to_machine, tag.tag
    FROM move JOIN machine_tag AS tag ON tag.practice_id = move.from_practice AND tag.machine_id = move.from_machine
  ), led AS (
    UPDATE installation
    SET practice_id = move.to_practice, machine_id = move.to_machine, moved_from = move.from_practice
    FROM move
    WHERE installation.practice_id = move.from_practice AND installation.machine_id = move.from_machine
  ), counted AS (
    INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
    SELECT to_practice, $4, $5, count(*), to_timestamp($2::float8 / 1000)
    FROM move GROUP BY to_practice ORDER BY to_practice
    ON CONFLICT (practice_id, exposure, state) DO UPDATE
      SET machines = cell.machines + excluded.machines, changed_at = GREATEST(cell.changed_at, excluded.changed_at)
  )
  INSERT INTO progress_ledger AS entry (practice_id, event_bucket, record_bucket, exposure, state, delta)
  SELECT to_practice, to_timestamp($3::float8 / 1000), to_timestamp($3::float8 / 1000), $4, $5, count(*)
  FROM move GROUP BY to_practice ORDER BY to_practice
  ON CONFLICT (practice_id, event_bucket, record_bucket, exposure, state) DO UPDATE
    SET delta = entry.delta + excluded.delta`;

/** Refuses every credential of these machines from now on. Versions move too, so that decisions on their way are made again. */
export async function revokeCredentials(db: Queryable, keys: readonly MachineKey[]): Promise<void> {
  if (keys.length === 0) return;
  await db.query(
    `UPDATE machine_status AS status SET generation = status.generation + 1, version = status.version + 1
     FROM unnest($1::text[], $2::uuid[]) AS wanted (practice_id, machine_id)
     WHERE status.practice_id = wanted.practice_id AND status.machine_id = wanted.machine_id`,
    [keys.map(({ practiceId }) => practiceId), keys.map(({ machineId }) => machineId)],
  );
}
