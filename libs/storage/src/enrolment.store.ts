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
  /** A person moved it here, and it has said nothing since. */
  readonly justMoved: boolean;
  readonly heardAtMs: number | null;
  readonly serialNumber: string | null;
  readonly smbiosUuid: string | null;
};

/** Which machine a genuine credential names, whether or not its time has passed. */
export type CredentialProof = { readonly key: MachineKey; readonly generation: number };

/** An installation on the same hardware as a newly enrolled one. */
export type Predecessor = { readonly key: MachineKey; readonly successorId: string };

/** Which of these installations are enrolled already. */
export async function findInstallations(
  db: Queryable,
  installationIds: readonly string[],
): Promise<Enrolled[]> {
  const { rows } = await db.query<InstallationRow>(
    `SELECT installation.installation_id, installation.practice_id, installation.machine_id, installation.moved_from,
            status.generation, round(date_part('epoch', status.heard_at) * 1000) AS heard_ms,
            installation.moved_from IS NOT NULL
              AND (status.heard_at IS NULL OR status.heard_at <= machine.registered_at) AS just_moved,
            machine.serial_number, machine.smbios_uuid
     FROM unnest($1::text[]) AS wanted (installation_id)
     JOIN installation ON installation.installation_id = wanted.installation_id
     JOIN machine_status AS status
       ON status.practice_id = installation.practice_id AND status.machine_id = installation.machine_id
     JOIN machine
       ON machine.practice_id = installation.practice_id AND machine.machine_id = installation.machine_id`,
    [installationIds],
  );
  return rows.map((row) => ({
    installationId: row.installation_id,
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    generation: row.generation,
    movedFrom: row.moved_from,
    justMoved: row.just_moved,
    heardAtMs: row.heard_ms,
    serialNumber: row.serial_number,
    smbiosUuid: row.smbios_uuid,
  }));
}

type InstallationRow = {
  installation_id: string;
  practice_id: string;
  machine_id: string;
  generation: number;
  moved_from: string | null;
  heard_ms: number | null;
  just_moved: boolean;
  serial_number: string | null;
  smbios_uuid: string | null;
};

/**
 * The machines at other practices that these credentials were given to before a person moved them: as text, by the key that the
 * credential names. Moving revokes the credential, so it is of the last generation before that.
 */
export async function findMoved(
  db: Queryable,
  proofs: readonly CredentialProof[],
): Promise<ReadonlyMap<string, string>> {
  if (proofs.length === 0) return new Map();
  const { rows } = await db.query<{ machine_id: string; moved_to: string }>(
    `SELECT machine.machine_id, machine.moved_to
     FROM unnest($1::text[], $2::uuid[], $3::int[]) AS proof (practice_id, machine_id, generation)
     JOIN machine ON machine.practice_id = proof.practice_id AND machine.machine_id = proof.machine_id
     JOIN machine_status AS status
       ON status.practice_id = proof.practice_id AND status.machine_id = proof.machine_id
     WHERE machine.moved_to IS NOT NULL AND status.generation = proof.generation + 1`,
    [
      proofs.map(({ key }) => key.practiceId),
      proofs.map(({ key }) => key.machineId),
      proofs.map(({ generation }) => generation),
    ],
  );
  return new Map(rows.map((row) => [row.machine_id, row.moved_to]));
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

/** Enrolments on one piece of hardware wait for each other; a number that nothing else locks on. */
const HARDWARE_LOCK = 1384;
/** A request locks at most so many: the server has room for some thousands in all. */
const HARDWARE_LOCKS = 64;

/**
 * Waits until nobody else enrols on the same hardware, and keeps others waiting until the transaction ends: each then sees whose place
 * it claims.
 */
export async function shareHardware(db: Queryable, machines: readonly NewMachine[]): Promise<void> {
  const serials = machines.flatMap(({ key, serialNumber }) =>
    serialNumber === null ? [] : [`${key.practiceId} ${serialNumber}`],
  );
  if (serials.length === 0) return;
  await db.query(
    `SELECT pg_advisory_xact_lock($2::int, lock.number)
     FROM (SELECT DISTINCT abs(hashtext(serial) % $3::int) AS number FROM unnest($1::text[]) AS serial ORDER BY 1) AS lock`,
    [serials, HARDWARE_LOCK, HARDWARE_LOCKS],
  );
}

/**
 * Finds machines in use on the same hardware as newly created ones: same practice, serial number and SMBIOS UUID. Hardware that names
 * itself by a placeholder has no identity; the caller passes null for it.
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
       AND machine.machine_id <> asset.machine_id AND machine.enrolled_at IS NOT NULL
     JOIN machine_status AS status
       ON status.practice_id = machine.practice_id AND status.machine_id = machine.machine_id
      AND status.state NOT IN (${STATE_CODE.REPLACED}, ${STATE_CODE.RETIRED})
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

/** What a machine that is known now says of its hardware, where it says something. */
export async function changeHardware(
  db: Queryable,
  machines: readonly {
    readonly key: MachineKey;
    readonly serialNumber: string | null;
    readonly smbiosUuid: string | null;
  }[],
): Promise<void> {
  if (machines.length === 0) return;
  await db.query(
    `UPDATE machine
     SET serial_number = COALESCE(given.serial_number, machine.serial_number),
         smbios_uuid = COALESCE(given.smbios_uuid, machine.smbios_uuid)
     FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[])
       AS given (practice_id, machine_id, serial_number, smbios_uuid)
     WHERE machine.practice_id = given.practice_id AND machine.machine_id = given.machine_id`,
    [
      machines.map(({ key }) => key.practiceId),
      machines.map(({ key }) => key.machineId),
      machines.map(({ serialNumber }) => serialNumber),
      machines.map(({ smbiosUuid }) => smbiosUuid),
    ],
  );
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
