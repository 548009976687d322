import type { AssetIdentity, MachineRole, RecoveryState } from '@app/recovery';
import { EXPOSURE_CODE, REASON_CODE, roleCode, STATE_CODE, stateOf } from './codes';
import type { CareSignature } from './care.store';
import type { Queryable } from './database';
import { LEDGER_BUCKET_MS } from './machine.store';
import type { MachineKey } from './machine-key';
import { NEVER_HEARD_TEXT } from './memory-codec';

/** What a register says of an asset beside its identities; null: nobody has said. */
export type AssetFacts = {
  readonly role: MachineRole | null;
  readonly location: string | null;
  readonly bitlockerKeyId: string | null;
  readonly bitlockerKeyEscrowed: boolean | null;
};

/** One asset that the register has, or had, at a practice. */
export type RegisterEntry = AssetIdentity &
  AssetFacts & {
    readonly practiceId: string;
    readonly entryId: string;
    /** The machine that it stands for. */
    readonly machineId: string;
    /** A later list no longer had it. */
    readonly removed: boolean;
  };

/** A machine as an asset. */
export type KnownAsset = AssetIdentity & {
  readonly key: MachineKey;
  /** false: expected by the register, and never enrolled. */
  readonly enrolled: boolean;
  readonly state: RecoveryState;
  readonly facts: AssetFacts & Pick<AssetIdentity, 'assetTag'>;
};

/** Advisory lock of this database: enrolments share it, an import of the register has it alone. Arbitrary numbers, used for nothing else. */
const REGISTER_LOCK = '(1383, 291)';

/** Waits until no list is being taken into the register, and keeps the next one waiting until the transaction ends. */
export async function shareRegister(db: Queryable): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock_shared${REGISTER_LOCK}`);
}

/** Waits until no machine is being enrolled and no other list taken, and keeps them waiting until the transaction ends. */
export async function ownRegister(db: Queryable): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock${REGISTER_LOCK}`);
}

/** Everything that the register has or had at these practices. */
export async function loadRegister(db: Queryable, practiceIds: readonly string[]): Promise<RegisterEntry[]> {
  const { rows } = await db.query<RegisterEntry>(
    `SELECT practice_id AS "practiceId", entry_id AS "entryId", machine_id AS "machineId", serial_number AS "serialNumber",
            asset_tag AS "assetTag", smbios_uuid AS "smbiosUuid", hostname, role, location,
            bitlocker_key_id AS "bitlockerKeyId", bitlocker_key_escrowed AS "bitlockerKeyEscrowed",
            removed_at IS NOT NULL AS removed
     FROM register_entry
     WHERE practice_id = ANY ($1::text[])
     ORDER BY practice_id, entry_id`,
    [practiceIds],
  );
  return rows;
}

/** The machines of these practices as assets, the earliest enrolled first; `expectedOnly`: those that were never enrolled. */
export async function loadAssets(
  db: Queryable,
  practiceIds: readonly string[],
  expectedOnly = false,
): Promise<KnownAsset[]> {
  const { rows } = await db.query<AssetRow>(
    `SELECT machine.practice_id, machine.machine_id, machine.hostname, machine.serial_number, machine.smbios_uuid,
            machine.asset_tag, machine.role, machine.location, machine.bitlocker_key_id, machine.bitlocker_key_escrowed,
            machine.enrolled_at IS NOT NULL AS enrolled, status.state
     FROM machine
     JOIN machine_status AS status
       ON status.practice_id = machine.practice_id AND status.machine_id = machine.machine_id
     WHERE machine.practice_id = ANY ($1::text[]) ${expectedOnly ? 'AND machine.enrolled_at IS NULL' : ''}
     ORDER BY machine.practice_id, machine.enrolled_at, machine.machine_id`,
    [practiceIds],
  );
  return rows.map(toAsset);
}

/** An entry as it is to be from now on. */
export type EntryWrite = Omit<RegisterEntry, 'removed'> & { readonly removed: boolean };

/** Writes entries, new ones and changed ones. */
export async function saveEntries(
  db: Queryable,
  entries: readonly EntryWrite[],
  importId: string,
  atMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO register_entry AS entry (practice_id, entry_id, machine_id, serial_number, asset_tag, smbios_uuid, hostname, role,
       location, bitlocker_key_id, bitlocker_key_escrowed, first_import_id, changed_import_id, changed_at, removed_at)
     SELECT "practiceId", "entryId", "machineId", "serialNumber", "assetTag", "smbiosUuid", hostname, role, location,
            "bitlockerKeyId", "bitlockerKeyEscrowed", $2, $2, to_timestamp($3::float8 / 1000),
            CASE WHEN removed THEN to_timestamp($3::float8 / 1000) END
     FROM json_to_recordset($1::json) AS given (
       "practiceId" text, "entryId" uuid, "machineId" uuid, "serialNumber" text, "assetTag" text, "smbiosUuid" text, hostname text,
       role text, location text, "bitlockerKeyId" text, "bitlockerKeyEscrowed" boolean, removed boolean)
     ORDER BY 1, 2
     ON CONFLICT (practice_id, entry_id) DO UPDATE
       SET serial_number = excluded.serial_number, asset_tag = excluded.asset_tag,
           smbios_uuid = excluded.smbios_uuid, hostname = excluded.hostname, role = excluded.role, location = excluded.location,
           bitlocker_key_id = excluded.bitlocker_key_id, bitlocker_key_escrowed = excluded.bitlocker_key_escrowed,
           changed_import_id = excluded.changed_import_id, changed_at = excluded.changed_at, removed_at = excluded.removed_at`,
    [JSON.stringify(entries), importId, atMs],
  );
}

/** A machine that the register expects. Its place in counts and ledger is booked apart (`bookExpected`). */
export type ExpectedMachine = AssetIdentity & AssetFacts & { readonly key: MachineKey };

/** Makes machines that the register expects, each with its first care event. They count once `bookExpected` has been called for them. */
export async function placeExpected(
  db: Queryable,
  machines: readonly ExpectedMachine[],
  { actorId, actorName, actionId, atMs }: CareSignature,
): Promise<void> {
  const rows = machines.map(({ key, ...asset }) => ({ ...asset, ...key, roleCode: roleCode(asset.role) }));
  const codes = [EXPOSURE_CODE.UNKNOWN, STATE_CODE.UNVERIFIED, REASON_CODE.REGISTERED];
  await db.query(PLACE_EXPECTED, [
    ...[JSON.stringify(rows), atMs, ...codes, NEVER_HEARD_TEXT],
    ...[actorId, actorName, actionId],
  ]);
}

/** $1 the machines as JSON, $2 now, $3 to $5 codes, $6 an empty memory, $7 to $9 whose import. */
const PLACE_EXPECTED = `
  WITH given AS (
    SELECT *, COALESCE(hostname, "serialNumber", "assetTag", "smbiosUuid", '') AS name
    FROM json_to_recordset($1::json) AS g (
      "practiceId" text, "machineId" uuid, "serialNumber" text, "assetTag" text, "smbiosUuid" text, hostname text, role text,
      location text, "bitlockerKeyId" text, "bitlockerKeyEscrowed" boolean, "roleCode" smallint)
  ), described AS (
    INSERT INTO machine (practice_id, machine_id, hostname, serial_number, smbios_uuid, registered_at, role, asset_tag, location,
                         bitlocker_key_id, bitlocker_key_escrowed, care_version, memory)
    SELECT "practiceId", "machineId", name, "serialNumber", "smbiosUuid", to_timestamp($2::float8 / 1000), role, "assetTag",
           location, "bitlockerKeyId", "bitlockerKeyEscrowed", 1, $6
    FROM given
  ), placed AS (
    INSERT INTO machine_status (practice_id, machine_id, version, since, booked_at, transitions, facts_hash,
                                exposure, state, reason, generation, host_order, role_code)
    SELECT "practiceId", "machineId", 1, to_timestamp($2::float8 / 1000), to_timestamp($2::float8 / 1000), 0, 0,
           $3, $4, $5, 1, lower(name), "roleCode"
    FROM given
  )
  INSERT INTO care_event (practice_id, machine_id, ordinal, kind, actor, actor_name, at, action_id, details)
  SELECT "practiceId", "machineId", 1, 'REGISTER', $7, $8, to_timestamp($2::float8 / 1000), $9, '{"expected": true}'
  FROM given`;

/**
 * Books expected machines into counts and ledger. Last in its transaction: the cells are those that heartbeats of the practices book
 * into, and whoever waits for them waits until the transaction ends.
 *
 * @param machinesByPractice how many machines were placed at each practice
 */
export async function bookExpected(
  db: Queryable,
  machinesByPractice: ReadonlyMap<string, number>,
  atMs: number,
): Promise<void> {
  if (machinesByPractice.size === 0) return;
  const bucketMs = Math.floor(atMs / LEDGER_BUCKET_MS) * LEDGER_BUCKET_MS;
  await db.query(BOOK_EXPECTED, [
    ...[[...machinesByPractice.keys()], [...machinesByPractice.values()]],
    ...[atMs, bucketMs, EXPOSURE_CODE.UNKNOWN, STATE_CODE.UNVERIFIED],
  ]);
}

const BOOK_EXPECTED = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::int[]) AS g (practice_id, machines)
  ), counted AS (
    INSERT INTO progress_count AS cell (practice_id, exposure, state, machines, changed_at)
    SELECT practice_id, $5, $6, machines, to_timestamp($3::float8 / 1000) FROM given ORDER BY practice_id
    ON CONFLICT (practice_id, exposure, state) DO UPDATE
      SET machines = cell.machines + excluded.machines, changed_at = GREATEST(cell.changed_at, excluded.changed_at)
  )
  INSERT INTO progress_ledger AS entry (practice_id, event_bucket, record_bucket, exposure, state, delta)
  SELECT practice_id, to_timestamp($4::float8 / 1000), to_timestamp($4::float8 / 1000), $5, $6, machines
  FROM given ORDER BY practice_id
  ON CONFLICT (practice_id, event_bucket, record_bucket, exposure, state) DO UPDATE
    SET delta = entry.delta + excluded.delta`;

/** What the register says of a machine from now on; what is left out stays as it is. */
export type AssetWrite = {
  readonly key: MachineKey;
  readonly facts: Partial<AssetIdentity & AssetFacts>;
};

/** Writes what the register says of machines, with a care event for each. Their rows are taken by the caller (`lockMachines`). */
export async function describeAssets(
  db: Queryable,
  assets: readonly AssetWrite[],
  { actorId, actorName, actionId, atMs }: CareSignature,
): Promise<void> {
  if (assets.length === 0) return;
  const rows = assets.map(({ key, facts }) => ({
    ...{ ...key, ...facts, details: { says: facts } },
    ...(facts.role === undefined ? {} : { roleCode: roleCode(facts.role) }),
  }));
  await db.query(DESCRIBE_ASSETS, [JSON.stringify(rows), atMs, actorId, actorName, actionId]);
}

/** What lists go by follows (`role_code`, `host_order`): statuses are taken before facts, so the caller has taken them too. */
const DESCRIBE_ASSETS = `
  WITH given AS (
    SELECT * FROM json_to_recordset($1::json) AS g (
      "practiceId" text, "machineId" uuid, "serialNumber" text, "assetTag" text, "smbiosUuid" text, hostname text, role text,
      location text, "bitlockerKeyId" text, "bitlockerKeyEscrowed" boolean, "roleCode" smallint, details jsonb)
  ), described AS (
    UPDATE machine
    SET care_version = machine.care_version + 1,
        hostname = COALESCE(given.hostname, machine.hostname),
        serial_number = COALESCE(given."serialNumber", machine.serial_number),
        smbios_uuid = COALESCE(given."smbiosUuid", machine.smbios_uuid),
        asset_tag = COALESCE(given."assetTag", machine.asset_tag),
        role = COALESCE(given.role, machine.role),
        location = COALESCE(given.location, machine.location),
        bitlocker_key_id = COALESCE(given."bitlockerKeyId", machine.bitlocker_key_id),
        bitlocker_key_escrowed = COALESCE(given."bitlockerKeyEscrowed", machine.bitlocker_key_escrowed)
    FROM given
    WHERE machine.practice_id = given."practiceId" AND machine.machine_id = given."machineId"
    RETURNING machine.practice_id, machine.machine_id, machine.care_version, given.details
  ), ranked AS (
    UPDATE machine_status AS status
    SET role_code = COALESCE(given."roleCode", status.role_code),
        host_order = COALESCE(lower(given.hostname), status.host_order)
    FROM given
    WHERE (given."roleCode" IS NOT NULL OR given.hostname IS NOT NULL)
      AND status.practice_id = given."practiceId" AND status.machine_id = given."machineId"
  )
  INSERT INTO care_event (practice_id, machine_id, ordinal, kind, actor, actor_name, at, action_id, details)
  SELECT practice_id, machine_id, care_version, 'REGISTER', $3, $4, to_timestamp($2::float8 / 1000), $5, details
  FROM described`;

/** One list that was taken into the register. */
export type ImportRecord = {
  readonly importId: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly fileName: string | null;
  readonly dialect: string;
  readonly mode: string;
  readonly result: Readonly<Record<string, unknown>>;
};

/** Keeps that a list was taken, and what it changed. */
export async function recordImport(db: Queryable, record: ImportRecord, atMs: number): Promise<void> {
  const { importId, actorId, actorName, fileName, dialect, mode, result } = record;
  await db.query(
    `INSERT INTO register_import (import_id, imported_at, actor, actor_name, file_name, dialect, mode, result)
     VALUES ($1, to_timestamp($2::float8 / 1000), $3, $4, $5, $6, $7, $8)`,
    [importId, atMs, actorId, actorName, fileName, dialect, mode, JSON.stringify(result)],
  );
}

type AssetRow = {
  practice_id: string;
  machine_id: string;
  hostname: string;
  serial_number: string | null;
  smbios_uuid: string | null;
  asset_tag: string | null;
  role: MachineRole | null;
  location: string | null;
  bitlocker_key_id: string | null;
  bitlocker_key_escrowed: boolean | null;
  enrolled: boolean;
  state: number;
};

function toAsset(row: AssetRow): KnownAsset {
  return {
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    serialNumber: row.serial_number,
    assetTag: row.asset_tag,
    smbiosUuid: row.smbios_uuid,
    hostname: row.hostname,
    enrolled: row.enrolled,
    state: stateOf(row.state),
    facts: {
      role: row.role,
      location: row.location,
      bitlockerKeyId: row.bitlocker_key_id,
      bitlockerKeyEscrowed: row.bitlocker_key_escrowed,
      assetTag: row.asset_tag,
    },
  };
}
