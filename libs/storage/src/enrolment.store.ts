import { EXPOSURE_CODE, REASON_CODE, STATE_CODE } from './codes';
import type { Queryable } from './database';
import { LEDGER_BUCKET_MS } from './machine.store';
import type { MachineKey } from './machine-key';
import { NEVER_HEARD_TEXT } from './memory-codec';

/** A machine to be enrolled, its identity already made by the application. */
export type NewMachine = {
  readonly key: MachineKey;
  readonly installationId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly smbiosUuid: string | null;
  readonly assetTag?: string | null;
};

/** A machine that an installation was enrolled as, with the generation of credential that is valid for it. */
export type Enrolled = {
  readonly installationId: string;
  readonly key: MachineKey;
  readonly generation: number;
  /** The practice that a person moved it away from last; its agent may still name it. */
  readonly movedFrom: string | null;
};

/** An installation on the same hardware as a newly enrolled one. */
export type Predecessor = { readonly key: MachineKey; readonly successorId: string };

/** Which of these installations are enrolled already. */
export async function findInstallations(
  db: Queryable,
  installationIds: readonly string[],
): Promise<Enrolled[]> {
  const { rows } = await db.query<{
    installation_id: string;
    practice_id: string;
    machine_id: string;
    generation: number;
    moved_from: string | null;
  }>(
    `SELECT installation.installation_id, installation.practice_id, installation.machine_id, installation.moved_from,
            status.generation
     FROM unnest($1::text[]) AS wanted (installation_id)
     JOIN installation ON installation.installation_id = wanted.installation_id
     JOIN machine_status AS status
       ON status.practice_id = installation.practice_id AND status.machine_id = installation.machine_id`,
    [installationIds],
  );
  return rows.map((row) => ({
    installationId: row.installation_id,
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    generation: row.generation,
    movedFrom: row.moved_from,
  }));
}

/**
 * Creates machines with their status, and books them into counts and ledger. Everything in one statement.
 *
 * @param machines sorted by installation id, each id once
 * @returns the installation ids that were created; the others had been enrolled by somebody else in the meantime
 */
export async function createMachines(
  db: Queryable,
  machines: readonly NewMachine[],
  atMs: number,
): Promise<Set<string>> {
  const rows = machines.map((machine) => ({
    installation_id: machine.installationId,
    practice_id: machine.key.practiceId,
    machine_id: machine.key.machineId,
    hostname: machine.hostname,
    serial_number: machine.serialNumber,
    smbios_uuid: machine.smbiosUuid,
    asset_tag: machine.assetTag ?? null,
  }));
  const bucketMs = Math.floor(atMs / LEDGER_BUCKET_MS) * LEDGER_BUCKET_MS;
  const codes = [EXPOSURE_CODE.UNKNOWN, STATE_CODE.UNVERIFIED, REASON_CODE.ENROLLED];
  const values = [JSON.stringify(rows), atMs, bucketMs, ...codes, NEVER_HEARD_TEXT];
  const result = await db.query<{ installation_id: string }>(CREATE_MACHINES, values);
  return new Set(result.rows.map((row) => row.installation_id));
}

const CREATE_MACHINES = `
  WITH wanted AS (
    SELECT * FROM json_to_recordset($1::json) AS w (
      installation_id text, practice_id text, machine_id uuid, hostname text, serial_number text, smbios_uuid text,
      asset_tag text)
  ), installed AS (
    INSERT INTO installation (installation_id, practice_id, machine_id)
    SELECT installation_id, practice_id, machine_id FROM wanted ORDER BY installation_id
    ON CONFLICT (installation_id) DO NOTHING
    RETURNING installation_id, practice_id, machine_id
  ), created AS (
    INSERT INTO machine (practice_id, machine_id, hostname, serial_number, smbios_uuid, asset_tag, enrolled_at, memory)
    SELECT installed.practice_id, installed.machine_id, wanted.hostname, wanted.serial_number, wanted.smbios_uuid,
           wanted.asset_tag, to_timestamp($2::float8 / 1000), $7
    FROM installed JOIN wanted ON wanted.installation_id = installed.installation_id
  ), placed AS (
    INSERT INTO machine_status (practice_id, machine_id, version, since, booked_at, transitions, facts_hash,
                                exposure, state, reason, generation, host_order)
    SELECT installed.practice_id, installed.machine_id, 1, to_timestamp($2::float8 / 1000), to_timestamp($2::float8 / 1000), 0, 0,
           $4, $5, $6, 1, lower(wanted.hostname)
    FROM installed JOIN wanted ON wanted.installation_id = installed.installation_id
  ), counted AS (
    INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
    SELECT practice_id, $4, $5, count(*), to_timestamp($2::float8 / 1000)
    FROM installed GROUP BY practice_id ORDER BY practice_id
    ON CONFLICT (practice_id, exposure, state) DO UPDATE
      SET machines = cell.machines + excluded.machines, changed_at = GREATEST(cell.changed_at, excluded.changed_at)
  ), booked AS (
    INSERT INTO progress_ledger AS entry (practice_id, event_bucket, record_bucket, exposure, state, delta)
    SELECT practice_id, to_timestamp($3::float8 / 1000), to_timestamp($3::float8 / 1000), $4, $5, count(*)
    FROM installed GROUP BY practice_id ORDER BY practice_id
    ON CONFLICT (practice_id, event_bucket, record_bucket, exposure, state) DO UPDATE
      SET delta = entry.delta + excluded.delta
  )
  SELECT installation_id FROM installed`;

/**
 * Finds installations on the same hardware as newly created ones: same practice, serial number and SMBIOS UUID, and not
 * replaced yet. Hardware that names itself by a placeholder has no identity; the caller passes null for it.
 */
export async function findPredecessors(
  db: Queryable,
  created: readonly NewMachine[],
): Promise<Predecessor[]> {
  const assets = created.filter((machine) => machine.serialNumber !== null && machine.smbiosUuid !== null);
  if (assets.length === 0) return [];
  const { rows } = await db.query<{ practice_id: string; machine_id: string; successor_id: string }>(
    `SELECT machine.practice_id, machine.machine_id, asset.machine_id AS successor_id
     FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
       AS asset (practice_id, machine_id, serial_number, smbios_uuid)
     JOIN machine ON machine.practice_id = asset.practice_id
       AND machine.serial_number = asset.serial_number AND machine.smbios_uuid = asset.smbios_uuid
       AND machine.machine_id <> asset.machine_id AND machine.successor_id IS NULL
     ORDER BY machine.practice_id, machine.machine_id`,
    [
      assets.map((asset) => asset.key.practiceId),
      assets.map((asset) => asset.key.machineId),
      assets.map((asset) => asset.serialNumber),
      assets.map((asset) => asset.smbiosUuid),
    ],
  );
  return rows.map((row) => ({
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    successorId: row.successor_id,
  }));
}

/** Links a replaced machine to the one that took its place. */
export async function linkSuccessor(db: Queryable, key: MachineKey, successorId: string): Promise<void> {
  await db.query('UPDATE machine SET successor_id = $3 WHERE practice_id = $1 AND machine_id = $2', [
    key.practiceId,
    key.machineId,
    successorId,
  ]);
}

/**
 * Raises the generation of a machine's credential: every earlier one is refused from now on. The row's version moves too, so
 * that a decision on its way is made again.
 *
 * @returns false when there is no such machine
 */
export async function raiseGeneration(db: Queryable, key: MachineKey): Promise<boolean> {
  const result = await db.query(
    `UPDATE machine_status SET generation = generation + 1, version = version + 1
     WHERE practice_id = $1 AND machine_id = $2`,
    [key.practiceId, key.machineId],
  );
  return result.rowCount === 1;
}
