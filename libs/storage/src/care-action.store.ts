import type { Queryable } from './database';

/** A request of a person, of one machine or of many, as it was written down before anything was done. */
export type CareRequestRecord = {
  readonly actionId: string;
  readonly actorId: string;
  readonly idempotencyKey: string;
  /** SHA-256 of what is asked for. */
  readonly requestHash: string;
};

/**
 * What is known of a request: FINISHED with its answer; UNDER_WAY in another attempt; BROKEN_OFF, to be taken up; OTHER_REQUEST:
 * the key was used for something else.
 */
export type KnownRequest =
  | { readonly status: 'FINISHED'; readonly result: unknown }
  | { readonly status: 'BROKEN_OFF'; readonly actionId: string }
  | { readonly status: 'UNDER_WAY' }
  | { readonly status: 'OTHER_REQUEST' };

/** An attempt that has not finished after this long was broken off; the longest ones take a few seconds. */
const ABANDONED_AFTER_MS = 120_000;

/** What is known of a request that was sent before, under the same key of the same person; null when it is new. */
export async function findRequest(
  db: Queryable,
  { actorId, idempotencyKey, requestHash }: CareRequestRecord,
  atMs: number,
): Promise<KnownRequest | null> {
  const { rows } = await db.query<{
    action_id: string;
    request_hash: string;
    finished: boolean;
    broken_off: boolean;
    result: unknown;
  }>(
    `SELECT action_id, request_hash, finished_at IS NOT NULL AS finished,
            started_at <= to_timestamp($3::float8 / 1000) AS broken_off, result
     FROM care_action WHERE actor = $1 AND idempotency_key = $2`,
    [actorId, idempotencyKey, atMs - ABANDONED_AFTER_MS],
  );
  const known = rows[0];
  if (known === undefined) return null;
  if (known.request_hash !== requestHash) return { status: 'OTHER_REQUEST' };
  if (known.finished) return { status: 'FINISHED', result: known.result };
  return known.broken_off ? { status: 'BROKEN_OFF', actionId: known.action_id } : { status: 'UNDER_WAY' };
}

/**
 * Takes up a request: writes a new one down before it is carried out, or goes on with one that was broken off.
 *
 * @returns its identity, or null when another attempt was faster
 */
export async function beginRequest(
  db: Queryable,
  record: CareRequestRecord,
  brokenOffId: string | null,
  atMs: number,
): Promise<string | null> {
  const { actionId, actorId, idempotencyKey, requestHash } = record;
  if (brokenOffId !== null) {
    const taken = await db.query(
      `UPDATE care_action SET started_at = to_timestamp($2::float8 / 1000)
       WHERE action_id = $1 AND finished_at IS NULL AND started_at <= to_timestamp($3::float8 / 1000)`,
      [brokenOffId, atMs, atMs - ABANDONED_AFTER_MS],
    );
    return taken.rowCount === 1 ? brokenOffId : null;
  }
  const made = await db.query(
    `INSERT INTO care_action (action_id, actor, idempotency_key, request_hash, started_at)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000))
     ON CONFLICT (actor, idempotency_key) DO NOTHING`,
    [actionId, actorId, idempotencyKey, requestHash, atMs],
  );
  return made.rowCount === 1 ? actionId : null;
}

/** Keeps the answer of a request that has been carried out. */
export async function finishRequest(
  db: Queryable,
  actionId: string,
  result: unknown,
  atMs: number,
): Promise<void> {
  await db.query(
    `UPDATE care_action SET finished_at = to_timestamp($2::float8 / 1000), result = $3 WHERE action_id = $1`,
    [actionId, atMs, JSON.stringify(result)],
  );
}

/** Lets the next attempt take a request up at once, after this one failed. */
export async function abandonRequest(db: Queryable, actionId: string): Promise<void> {
  await db.query(
    `UPDATE care_action SET started_at = '-infinity' WHERE action_id = $1 AND finished_at IS NULL`,
    [actionId],
  );
}
