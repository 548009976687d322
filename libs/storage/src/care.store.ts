import type { MachineRole } from '@app/recovery';
import { roleCode } from './codes';
import type { Queryable } from './database';
import { TRAIT_PARTS } from './machine-kind';
import type { MachineKey } from './machine-key';

/** Who takes care of a machine, and until when. Past that moment it is nobody's. */
export type CareClaim = {
  /** Identity of the person; null when somebody else named them. */
  readonly assigneeId: string | null;
  /** As people read it. */
  readonly assignee: string;
  readonly untilMs: number;
};

/** What people know of a machine and decided about it, beside its state. */
export type MachineCare = {
  readonly role: MachineRole | null;
  readonly assetTag: string | null;
  readonly location: string | null;
  readonly claim: CareClaim | null;
  /** `2024-10-01`; set while the machine is set aside. */
  readonly reviewOn: string | null;
  /** When a person said that it works again. */
  readonly attestedAtMs: number | null;
  readonly successorId: string | null;
  /** Its identity at another practice, as text. */
  readonly movedTo: string | null;
};

/** Care as loaded for a decision. */
export type StoredCare = {
  readonly key: MachineKey;
  /** Ordinal of the last care event. */
  readonly version: number;
  readonly hostname: string;
  /** false: the register expects it, and it was never enrolled. */
  readonly enrolled: boolean;
  /** Sorted. */
  readonly tags: readonly string[];
  readonly care: MachineCare;
};

/** One thing that was done for one machine. */
export type CareChange = {
  readonly before: StoredCare;
  readonly after: MachineCare;
  readonly tagsAdded: readonly string[];
  readonly tagsRemoved: readonly string[];
  /** Two machines no longer share the identity. */
  readonly identitySettled: boolean;
  readonly kind: string;
  /** Small, in words that people read; shown on the machine's timeline. */
  readonly details: Readonly<Record<string, unknown>>;
};

/** Who did it, as part of which request, and when. */
export type CareSignature = {
  readonly actorId: string;
  readonly actorName: string;
  readonly actionId: string;
  readonly atMs: number;
};

/**
 * Takes the rows of these machines until the transaction ends, in the order in which all rows of machines are written (`inWriteOrder`):
 * their states first, then their facts. Whoever writes anything of a machine takes its state first, also where only facts are to be
 * written: a heartbeat takes a machine's state, its facts, and then the next machine's state, so somebody who held facts alone could
 * make it, and a third, wait in a circle.
 *
 * What the rows hold is read afterwards (`loadCare`): a statement that had to wait for a row would show what hangs on it as it was
 * before.
 */
export async function lockMachines(db: Queryable, keys: readonly MachineKey[]): Promise<void> {
  for (const table of ['machine_status', 'machine'] as const) {
    await db.query(lockRows(table), keyColumns(keys));
  }
}

function lockRows(table: 'machine_status' | 'machine'): string {
  return `
  SELECT 1
  FROM unnest($1::text[], $2::uuid[]) AS wanted (practice_id, machine_id)
  JOIN ${table} AS one ON one.practice_id = wanted.practice_id AND one.machine_id = wanted.machine_id
  ORDER BY one.machine_id, one.practice_id
  FOR NO KEY UPDATE OF one`;
}

/** Reads the care of these machines; unknown ones are left out. The order of the result is the order of the keys. */
export async function loadCare(db: Queryable, keys: readonly MachineKey[]): Promise<StoredCare[]> {
  const { rows } = await db.query<CareRow>(LOAD_CARE, keyColumns(keys));
  return rows.map(toStoredCare);
}

const LOAD_CARE = `
  SELECT machine.practice_id, machine.machine_id, machine.care_version AS version, machine.hostname,
         machine.enrolled_at IS NOT NULL AS enrolled, machine.role, machine.asset_tag, machine.location,
         machine.assignee_id, machine.assignee, date_part('epoch', machine.assigned_until) * 1000 AS assigned_until_ms,
         machine.review_on::text AS review_on, date_part('epoch', machine.attested_at) * 1000 AS attested_ms,
         machine.successor_id, machine.moved_to,
         ARRAY(SELECT tag.tag FROM machine_tag AS tag
               WHERE tag.practice_id = machine.practice_id AND tag.machine_id = machine.machine_id ORDER BY 1) AS tags
  FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS wanted (practice_id, machine_id, ord)
  JOIN machine ON machine.practice_id = wanted.practice_id AND machine.machine_id = wanted.machine_id
  ORDER BY wanted.ord`;

/**
 * Writes what was done for some machines, and one event for each, in one statement. To be called with the rows locked
 * (`lockMachines`); a row whose version has moved nevertheless is an error, and nothing of the transaction may stay.
 *
 * @param changes one for each machine
 */
export async function saveCare(
  db: Queryable,
  changes: readonly CareChange[],
  signature: CareSignature,
): Promise<void> {
  if (changes.length === 0) return;
  const { actorId, actorName, actionId, atMs } = signature;
  const rows = JSON.stringify(changes.map(toRow));
  const { rowCount } = await db.query(SAVE_CARE, [rows, actorId, actorName, actionId, atMs]);
  if (rowCount !== changes.length) throw new Error('the care of a machine changed although it was locked');
}

/** The bit of `traits` that follows `machine.identity_conflict_since`. */
const CONFLICT_TRAIT = TRAIT_PARTS.identityConflict.factor;

/** $1 the changes as JSON, $2 and $3 who, $4 the request, $5 when. One row comes back for each event. */
const SAVE_CARE = `
  WITH given AS (
    SELECT * FROM json_to_recordset($1::json) AS g (
      practice_id text, machine_id uuid, version int, role text, asset_tag text, location text, assignee_id text,
      assignee text, assigned_until_ms float8, review_on date, attested_ms float8, successor_id uuid, moved_to text,
      identity_settled boolean, tags_added text[], tags_removed text[], kind text, details jsonb, role_code smallint)
  ), ranked AS (
    UPDATE machine_status AS status
    SET role_code = given.role_code,
        traits = status.traits - CASE WHEN given.identity_settled THEN status.traits & ${CONFLICT_TRAIT} ELSE 0 END
    FROM given
    WHERE status.practice_id = given.practice_id AND status.machine_id = given.machine_id
      AND (status.role_code <> given.role_code OR given.identity_settled)
  ), cared AS (
    UPDATE machine
    SET care_version = machine.care_version + 1,
        role = given.role, asset_tag = given.asset_tag, location = given.location,
        assignee_id = given.assignee_id, assignee = given.assignee,
        assigned_until = to_timestamp(given.assigned_until_ms / 1000),
        review_on = given.review_on, attested_at = to_timestamp(given.attested_ms / 1000),
        successor_id = given.successor_id, moved_to = given.moved_to,
        identity_conflict_since = CASE WHEN given.identity_settled THEN NULL ELSE machine.identity_conflict_since END
    FROM given
    WHERE machine.practice_id = given.practice_id AND machine.machine_id = given.machine_id
      AND machine.care_version = given.version
    RETURNING machine.practice_id, machine.machine_id, machine.care_version, given.kind, given.details,
              given.tags_added, given.tags_removed
  ), untagged AS (
    DELETE FROM machine_tag USING cared
    WHERE machine_tag.practice_id = cared.practice_id AND machine_tag.machine_id = cared.machine_id
      AND machine_tag.tag = ANY (cared.tags_removed)
  ), tagged AS (
    INSERT INTO machine_tag (practice_id, machine_id, tag)
    SELECT cared.practice_id, cared.machine_id, added.tag
    FROM cared CROSS JOIN unnest(cared.tags_added) AS added (tag)
    ON CONFLICT DO NOTHING
  )
  INSERT INTO care_event (practice_id, machine_id, ordinal, kind, actor, actor_name, at, action_id, details)
  SELECT practice_id, machine_id, care_version, kind, $2, $3, to_timestamp($5::float8 / 1000), $4, details
  FROM cared`;

/** The machines that a request has been carried out for, each with the kind of its event. */
export async function findDone(
  db: Queryable,
  actionId: string,
): Promise<{ readonly key: MachineKey; readonly kind: string }[]> {
  const { rows } = await db.query<{ practice_id: string; machine_id: string; kind: string }>(
    'SELECT practice_id, machine_id, kind FROM care_event WHERE action_id = $1',
    [actionId],
  );
  return rows.map(({ practice_id: practiceId, machine_id: machineId, kind }) => ({
    key: { practiceId, machineId },
    kind,
  }));
}

function keyColumns(keys: readonly MachineKey[]): [string[], string[]] {
  return [keys.map(({ practiceId }) => practiceId), keys.map(({ machineId }) => machineId)];
}

type CareRow = {
  practice_id: string;
  machine_id: string;
  version: number;
  hostname: string;
  enrolled: boolean;
  role: MachineRole | null;
  asset_tag: string | null;
  location: string | null;
  assignee_id: string | null;
  assignee: string | null;
  assigned_until_ms: number | null;
  review_on: string | null;
  attested_ms: number | null;
  successor_id: string | null;
  moved_to: string | null;
  tags: string[];
};

function toStoredCare(row: CareRow): StoredCare {
  const claim =
    row.assignee === null || row.assigned_until_ms === null
      ? null
      : { assigneeId: row.assignee_id, assignee: row.assignee, untilMs: Math.round(row.assigned_until_ms) };
  return {
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    version: row.version,
    hostname: row.hostname,
    enrolled: row.enrolled,
    tags: row.tags,
    care: {
      role: row.role,
      assetTag: row.asset_tag,
      location: row.location,
      claim,
      reviewOn: row.review_on,
      attestedAtMs: row.attested_ms === null ? null : Math.round(row.attested_ms),
      successorId: row.successor_id,
      movedTo: row.moved_to,
    },
  };
}

function toRow(change: CareChange): Record<string, unknown> {
  const { before, after } = change;
  return {
    practice_id: before.key.practiceId,
    machine_id: before.key.machineId,
    version: before.version,
    role: after.role,
    role_code: roleCode(after.role),
    asset_tag: after.assetTag,
    location: after.location,
    assignee_id: after.claim?.assigneeId ?? null,
    assignee: after.claim?.assignee ?? null,
    assigned_until_ms: after.claim?.untilMs ?? null,
    review_on: after.reviewOn,
    attested_ms: after.attestedAtMs,
    successor_id: after.successorId,
    moved_to: after.movedTo,
    identity_settled: change.identitySettled,
    tags_added: change.tagsAdded,
    tags_removed: change.tagsRemoved,
    kind: change.kind,
    details: change.details,
  };
}
