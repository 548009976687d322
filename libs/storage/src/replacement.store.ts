import { randomUUID } from 'node:crypto';
import type { ReplacementClaim } from '@app/recovery';
import type { Queryable } from './database';
import { TRAIT_PARTS } from './machine-kind';
import type { MachineKey } from './machine-key';

/** A claim as stored: one machine of a practice is to take another one's place. */
export type StoredClaim = {
  readonly claimId: string;
  readonly predecessor: MachineKey;
  readonly successor: MachineKey;
  readonly claim: ReplacementClaim;
};

/** Who claims whose place. `replaced`: a person said so, and the successor had proven itself. */
export type NewClaim = {
  readonly key: MachineKey;
  readonly successorId: string;
  readonly replaced?: boolean;
};

/**
 * Writes claims down, and lets the write path know of them: a heartbeat that was decided before sees the row moved and is decided
 * again. A claim that is there already is kept, and takes a person's word.
 *
 * @param approved a person named the successors
 */
export async function saveClaims(
  db: Queryable,
  claims: readonly NewClaim[],
  approved: boolean,
  atMs: number,
): Promise<void> {
  if (claims.length === 0) return;
  await db.query(SAVE_CLAIMS, [
    claims.map(({ key }) => key.practiceId),
    claims.map(({ key }) => key.machineId),
    claims.map(({ successorId }) => successorId),
    claims.map(() => randomUUID()),
    approved ? 'APPROVED' : null,
    atMs,
    claims.map(({ replaced = false }) => replaced),
  ]);
}

/** States are taken before facts, as everywhere. */
const SAVE_CLAIMS = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $7::boolean[])
      AS given (practice_id, machine_id, successor_id, claim_id, replaced)
  ), claimed AS (
    INSERT INTO replacement (practice_id, claim_id, machine_id, successor_id, claimed_at, verdict, decided_at, confirmed_at)
    SELECT practice_id, claim_id, machine_id, successor_id, to_timestamp($6::float8 / 1000), $5::text,
           CASE WHEN $5::text IS NULL THEN NULL ELSE to_timestamp($6::float8 / 1000) END,
           CASE WHEN replaced THEN to_timestamp($6::float8 / 1000) END
    FROM given
    ON CONFLICT (practice_id, machine_id, successor_id) DO UPDATE
      SET verdict = COALESCE(excluded.verdict, replacement.verdict),
          decided_at = COALESCE(excluded.decided_at, replacement.decided_at),
          confirmed_at = COALESCE(excluded.confirmed_at, replacement.confirmed_at)
    RETURNING practice_id, machine_id
  ), noticed AS (
    UPDATE machine_status AS status SET version = status.version + 1
    FROM claimed
    WHERE status.practice_id = claimed.practice_id AND status.machine_id = claimed.machine_id
    RETURNING status.practice_id, status.machine_id
  )
  UPDATE machine SET claimed_at = to_timestamp($6::float8 / 1000)
  FROM noticed
  WHERE machine.practice_id = noticed.practice_id AND machine.machine_id = noticed.machine_id
    AND ($5::text IS NOT NULL OR machine.claimed_at IS NULL)`;

/** What a claim is read from, with `replacement` as `one`. */
export const CLAIM_COLUMNS = `
  one.practice_id, one.claim_id, one.machine_id, one.successor_id, one.verdict,
  round(date_part('epoch', one.claimed_at) * 1000) AS claimed_ms,
  round(date_part('epoch', one.decided_at) * 1000) AS decided_ms,
  round(date_part('epoch', one.confirmed_at) * 1000) AS confirmed_ms,
  EXISTS (
    SELECT 1 FROM replacement AS rival
    JOIN machine_status AS claimant
      ON claimant.practice_id = rival.practice_id AND claimant.machine_id = rival.successor_id AND claimant.state <> 12
    WHERE rival.practice_id = one.practice_id AND rival.machine_id = one.machine_id AND rival.claim_id <> one.claim_id
      AND rival.verdict IS DISTINCT FROM 'REFUSED'
  ) AS contested`;

/** A claim as `CLAIM_COLUMNS` tell it. */
export type ClaimRow = {
  readonly practice_id: string;
  readonly claim_id: string;
  readonly machine_id: string;
  readonly successor_id: string;
  readonly verdict: 'APPROVED' | 'REFUSED' | null;
  readonly claimed_ms: number;
  readonly decided_ms: number | null;
  readonly confirmed_ms: number | null;
  readonly contested: boolean;
};

/** A claim from its row. */
export function toClaim(row: ClaimRow): StoredClaim {
  const { practice_id: practiceId, verdict, contested } = row;
  return {
    claimId: row.claim_id,
    predecessor: { practiceId, machineId: row.machine_id },
    successor: { practiceId, machineId: row.successor_id },
    claim: {
      claimedAtMs: row.claimed_ms,
      verdict,
      decidedAtMs: row.decided_ms,
      confirmedAtMs: row.confirmed_ms,
      contested,
    },
  };
}

/**
 * Claims that may have something to be written: those that could be confirmed, by a rough reading of what `judgeReplacement` asks
 * for, and those that were and are so no longer. In the order of their keys, after one of them.
 */
export async function findUnsettledClaims(
  db: Queryable,
  after: MachineKey | null,
  rowsMax: number,
): Promise<StoredClaim[]> {
  const { rows } = await db.query<ClaimRow>(UNSETTLED, [
    after?.practiceId ?? '',
    after?.machineId ?? '00000000-0000-0000-0000-000000000000',
    rowsMax,
  ]);
  return rows.map(toClaim);
}

/** State 10 is REPLACED, 12 RETIRED; 1, 7, 8 and 10 are FINE and RECOVERED; a claim on 2 to 6 or 9 (UNRECOVERED) needs approval. */
const UNSETTLED = `
  SELECT ${CLAIM_COLUMNS}
  FROM replacement AS one
  JOIN machine_status AS old ON old.practice_id = one.practice_id AND old.machine_id = one.machine_id
  JOIN machine_status AS new ON new.practice_id = one.practice_id AND new.machine_id = one.successor_id
  WHERE (one.practice_id, one.claim_id) > ($1::text COLLATE "C", $2::uuid)
    AND CASE
      WHEN one.confirmed_at IS NOT NULL THEN old.state <> 10 OR one.verdict = 'REFUSED'
      WHEN one.verdict = 'REFUSED' OR old.state IN (10, 12) THEN false
      ELSE (one.verdict = 'APPROVED' OR old.state NOT IN (2, 3, 4, 5, 6, 9))
        AND new.state IN (1, 7, 8, 10) AND new.heard_at > one.claimed_at
    END
  ORDER BY one.practice_id, one.claim_id
  LIMIT $3`;

/** Takes the rows of these claims until the transaction ends, and reads them. To be called after their machines were taken. */
export async function lockClaims(db: Queryable, claims: readonly MachineKey[]): Promise<StoredClaim[]> {
  const { rows } = await db.query<ClaimRow>(
    `SELECT ${CLAIM_COLUMNS}
     FROM unnest($1::text[], $2::uuid[]) AS wanted (practice_id, claim_id)
     JOIN replacement AS one ON one.practice_id = wanted.practice_id AND one.claim_id = wanted.claim_id
     ORDER BY one.practice_id, one.claim_id
     FOR UPDATE OF one`,
    keyColumns(claims),
  );
  return rows.map(toClaim);
}

/** Reads claims by their own keys. */
export async function loadClaims(db: Queryable, claims: readonly MachineKey[]): Promise<StoredClaim[]> {
  const { rows } = await db.query<ClaimRow>(
    `SELECT ${CLAIM_COLUMNS}
     FROM unnest($1::text[], $2::uuid[]) AS wanted (practice_id, claim_id)
     JOIN replacement AS one ON one.practice_id = wanted.practice_id AND one.claim_id = wanted.claim_id`,
    keyColumns(claims),
  );
  return rows.map(toClaim);
}

/**
 * Writes that a machine was replaced by a claim, or is not any more. The pointer to the successor goes along, and so does the register's
 * entry where both are one piece of hardware.
 */
export async function saveConfirmation(
  db: Queryable,
  { claimId, predecessor, successor }: StoredClaim,
  confirmedAtMs: number | null,
): Promise<void> {
  const { practiceId, machineId } = predecessor;
  await db.query(
    `UPDATE replacement SET confirmed_at = to_timestamp($3::float8 / 1000) WHERE practice_id = $1 AND claim_id = $2`,
    [practiceId, claimId, confirmedAtMs],
  );
  await db.query(`UPDATE machine SET successor_id = $3 WHERE practice_id = $1 AND machine_id = $2`, [
    practiceId,
    machineId,
    confirmedAtMs === null ? null : successor.machineId,
  ]);
  const [from, to] = confirmedAtMs === null ? [successor, predecessor] : [predecessor, successor];
  await db.query(
    `UPDATE register_entry AS entry SET (machine_id) = ROW ($3::uuid)
     WHERE entry.practice_id = $1 AND entry.machine_id = $2 AND EXISTS (
       SELECT 1 FROM machine AS old JOIN machine AS new
         ON lower(new.serial_number) = lower(old.serial_number) OR lower(new.smbios_uuid) = lower(old.smbios_uuid)
       WHERE old.practice_id = $1 AND old.machine_id = $2 AND new.practice_id = $1 AND new.machine_id = $3)`,
    [practiceId, from.machineId, to.machineId],
  );
}

/**
 * Takes a person's word about claims, also one that was said otherwise before.
 *
 * @returns the claims that it changes, in no order; those that had this word already are not among them
 */
export async function decideClaims(
  db: Queryable,
  claims: readonly MachineKey[],
  verdict: 'APPROVED' | 'REFUSED',
  atMs: number,
): Promise<MachineKey[]> {
  const { rows } = await db.query<{ practice_id: string; machine_id: string }>(
    `UPDATE replacement AS one SET verdict = $3, decided_at = to_timestamp($4::float8 / 1000)
     FROM unnest($1::text[], $2::uuid[]) AS decided (practice_id, claim_id)
     WHERE one.practice_id = decided.practice_id AND one.claim_id = decided.claim_id
     RETURNING one.practice_id, one.machine_id`,
    [...keyColumns(claims), verdict, atMs],
  );
  return rows.map((row) => ({ practiceId: row.practice_id, machineId: row.machine_id }));
}

/**
 * Says of machines from when on their reports speak against a claim, after a person's word: the earliest of those that are left.
 *
 * @param settled their conflicts are shown no longer; what they remember of them is the caller's to change
 */
export async function refreshClaimed(
  db: Queryable,
  keys: readonly MachineKey[],
  settled: boolean,
): Promise<void> {
  await db.query(REFRESH_CLAIMED, [...keyColumns(keys), settled]);
}

const CONFLICT_TRAIT = TRAIT_PARTS.identityConflict.factor;

const REFRESH_CLAIMED = `
  WITH wanted AS (
    SELECT DISTINCT practice_id, machine_id FROM unnest($1::text[], $2::uuid[]) AS w (practice_id, machine_id)
  ), shown AS (
    UPDATE machine_status AS status
    SET version = status.version + 1,
        traits = status.traits - CASE WHEN $3 THEN status.traits & ${CONFLICT_TRAIT} ELSE 0 END
    FROM wanted
    WHERE status.practice_id = wanted.practice_id AND status.machine_id = wanted.machine_id
    RETURNING status.practice_id, status.machine_id
  )
  UPDATE machine
  SET claimed_at = (
        SELECT min(GREATEST(one.claimed_at, CASE WHEN one.verdict = 'APPROVED' THEN one.decided_at END))
        FROM replacement AS one
        WHERE one.practice_id = machine.practice_id AND one.machine_id = machine.machine_id
          AND one.verdict IS DISTINCT FROM 'REFUSED'),
      identity_conflict_since = CASE WHEN $3 THEN NULL ELSE machine.identity_conflict_since END
  FROM shown
  WHERE machine.practice_id = shown.practice_id AND machine.machine_id = shown.machine_id`;

/** Shows machines as in conflict since a moment; what they remember of it is saved with their decision. */
export async function showConflict(
  db: Queryable,
  machines: readonly { readonly key: MachineKey; readonly sinceMs: number }[],
): Promise<void> {
  await db.query(
    `WITH given AS (
       SELECT * FROM unnest($1::text[], $2::uuid[], $3::float8[]) AS given (practice_id, machine_id, since_ms)
     ), shown AS (
       UPDATE machine_status AS status SET version = status.version + 1, traits = status.traits | ${CONFLICT_TRAIT}
       FROM given
       WHERE status.practice_id = given.practice_id AND status.machine_id = given.machine_id
       RETURNING status.practice_id, status.machine_id, given.since_ms
     )
     UPDATE machine SET identity_conflict_since = to_timestamp(shown.since_ms / 1000)
     FROM shown
     WHERE machine.practice_id = shown.practice_id AND machine.machine_id = shown.machine_id`,
    [...keyColumns(machines.map(({ key }) => key)), machines.map(({ sinceMs }) => sinceMs)],
  );
}

function keyColumns(keys: readonly MachineKey[]): [string[], string[]] {
  return [keys.map(({ practiceId }) => practiceId), keys.map(({ machineId }) => machineId)];
}
