import { REASON_CODE } from './codes';
import type { Queryable } from './database';
import type { NewMachine } from './enrolment.store';

/**
 * Lets installations enrol as machines that the register expected: each gets the record that has counted for it, so counts stay as
 * they are. What the machine says of itself goes over what the register said.
 *
 * @param machines with the keys of the expected machines, each once
 * @returns the installation ids that were enrolled; the others had been enrolled, or their machines taken, by somebody else
 */
export async function adoptMachines(
  db: Queryable,
  machines: readonly NewMachine[],
  atMs: number,
): Promise<Set<string>> {
  if (machines.length === 0) return new Set();
  const rows = machines.map(({ key, ...machine }) => ({ ...machine, ...key }));
  const { rows: adopted } = await db.query<{ installation_id: string }>(ADOPT_MACHINES, [
    JSON.stringify(rows),
    atMs,
    REASON_CODE.ENROLLED,
  ]);
  return new Set(adopted.map((row) => row.installation_id));
}

/** States are taken before facts, as everywhere; a machine that was enrolled meanwhile is left alone by its facts. */
const ADOPT_MACHINES = `
  WITH wanted AS (
    SELECT * FROM json_to_recordset($1::json) AS w (
      "installationId" text, "practiceId" text, "machineId" uuid, hostname text, "serialNumber" text, "smbiosUuid" text,
      "assetTag" text)
  ), installed AS (
    INSERT INTO installation (installation_id, practice_id, machine_id)
    SELECT "installationId", "practiceId", "machineId" FROM wanted ORDER BY 1
    ON CONFLICT (installation_id) DO NOTHING
    RETURNING installation_id, practice_id, machine_id
  ), touched AS (
    UPDATE machine_status AS status
    SET version = status.version + 1, reason = $3, host_order = lower(wanted.hostname)
    FROM installed JOIN wanted ON wanted."installationId" = installed.installation_id
    WHERE status.practice_id = installed.practice_id AND status.machine_id = installed.machine_id
    RETURNING installed.installation_id, status.practice_id, status.machine_id, wanted.hostname, wanted."serialNumber",
              wanted."smbiosUuid", wanted."assetTag"
  )
  UPDATE machine
  SET enrolled_at = to_timestamp($2::float8 / 1000), hostname = touched.hostname,
      serial_number = COALESCE(touched."serialNumber", machine.serial_number),
      smbios_uuid = COALESCE(touched."smbiosUuid", machine.smbios_uuid),
      asset_tag = COALESCE(touched."assetTag", machine.asset_tag)
  FROM touched
  WHERE machine.practice_id = touched.practice_id AND machine.machine_id = touched.machine_id
    AND machine.enrolled_at IS NULL
  RETURNING touched.installation_id`;
