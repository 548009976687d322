import type { Queryable } from './database';

/** One entry of the audit log as it is stored. */
export type AuditRow = {
  readonly seq: number;
  readonly atMs: number;
  readonly operationId: string;
  readonly action: string;
  readonly outcome: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly organisationCode: string | null;
  readonly object: string | null;
  /** JSON, exactly as it was hashed. */
  readonly details: string;
  readonly keyId: string;
  readonly hash: string;
};

/** What the head says: how far the log goes. `keyId` is empty as long as nothing was ever written. */
export type AuditHead = {
  readonly seq: number;
  readonly hash: string;
  readonly keyId: string;
  readonly mac: string;
};

/** Which entries; every condition that is not null must hold. */
export type AuditRowFilter = {
  readonly actions: readonly string[] | null;
  readonly outcomes: readonly string[] | null;
  readonly actorKinds: readonly string[] | null;
  readonly actorId: string | null;
  readonly organisationCode: string | null;
  readonly object: string | null;
  readonly operationId: string | null;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
};

/** Another process appends in milliseconds; one that holds the head for longer hangs, and nobody waits for it. */
const HEAD_LOCK_TIMEOUT_MS = 2_000;
/** An append that takes longer has lost its server. */
const APPEND_TIMEOUT_MS = 5_000;

/**
 * Locks the head until the transaction ends: who holds it is the only one who appends. A process that stops in the middle loses
 * the lock after a while instead of keeping everybody out.
 */
export async function lockAuditHead(client: Queryable): Promise<AuditHead> {
  await client.query(
    `SET LOCAL lock_timeout = ${HEAD_LOCK_TIMEOUT_MS}; SET LOCAL statement_timeout = ${APPEND_TIMEOUT_MS};
     SET LOCAL idle_in_transaction_session_timeout = ${APPEND_TIMEOUT_MS}`,
  );
  const head = await readHead(client, 'FOR UPDATE');
  if (head !== null) return head;
  // Somebody removed the row that everybody locks on. The new one says nothing, which will not agree with the entries.
  await client.query(
    `INSERT INTO audit_head (only_row, seq, hash, key_id, mac) VALUES (true, 0, '', '', '') ON CONFLICT DO NOTHING`,
  );
  const made = await readHead(client, 'FOR UPDATE');
  if (made === null) throw new Error('the head of the audit log cannot be made');
  return made;
}

/** What the head says; null when it is missing. */
export async function readAuditHead(db: Queryable): Promise<AuditHead | null> {
  return readHead(db, '');
}

async function readHead(db: Queryable, locking: 'FOR UPDATE' | ''): Promise<AuditHead | null> {
  const { rows } = await db.query<{ seq: string; hash: string; key_id: string; mac: string }>(
    `SELECT seq, hash, key_id, mac FROM audit_head WHERE only_row ${locking}`,
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { seq: Number(row.seq), hash: row.hash, keyId: row.key_id, mac: row.mac };
}

/** Number and hash of the last entry there is; null when there is none. Read after locking: earlier it may be somebody else’s turn. */
export async function readLastAuditMark(
  db: Queryable,
): Promise<{ readonly seq: number; readonly hash: string } | null> {
  const { rows } = await db.query<{ seq: string; hash: string }>(
    'SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1',
  );
  const row = rows[0];
  return row === undefined ? null : { seq: Number(row.seq), hash: row.hash };
}

/** Appends entries and moves the head, in one statement; inside the transaction that locked the head. */
export async function appendAuditRows(
  client: Queryable,
  rows: readonly AuditRow[],
  head: AuditHead,
): Promise<void> {
  await client.query({
    name: 'audit-append',
    text: `
      WITH appended AS (
        INSERT INTO audit_entry
          (seq, at, operation_id, action, outcome, actor_kind, actor_id, organisation_code, object, details, key_id, hash)
        SELECT seq, to_timestamp(at_ms / 1000), operation_id, action, outcome, actor_kind, actor_id, organisation_code, object,
               details, key_id, hash
        FROM unnest($1::bigint[], $2::float8[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::text[], $12::text[])
          AS row (seq, at_ms, operation_id, action, outcome, actor_kind, actor_id, organisation_code, object, details, key_id, hash)
      )
      UPDATE audit_head SET seq = $13, hash = $14, key_id = $15, mac = $16 WHERE only_row`,
    values: [
      ...COLUMNS.map((column) => rows.map((row) => row[column])),
      head.seq,
      head.hash,
      head.keyId,
      head.mac,
    ],
  });
}

const COLUMNS = [
  'seq',
  'atMs',
  'operationId',
  'action',
  'outcome',
  'actorKind',
  'actorId',
  'organisationCode',
  'object',
  'details',
  'keyId',
  'hash',
] as const satisfies readonly (keyof AuditRow)[];

type StoredRow = {
  readonly seq: string;
  readonly at_ms: number;
  readonly operation_id: string;
  readonly action: string;
  readonly outcome: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly organisation_code: string | null;
  readonly object: string | null;
  readonly details: string;
  readonly key_id: string;
  readonly hash: string;
};

const STORED = `seq, date_part('epoch', at) * 1000 AS at_ms, operation_id, action, outcome, actor_kind, actor_id,
  organisation_code, object, details, key_id, hash`;

/** Up to `limit` entries behind number `afterSeq`, oldest first: for walking the whole log. */
export async function readAuditRows(db: Queryable, afterSeq: number, limit: number): Promise<AuditRow[]> {
  const { rows } = await db.query<StoredRow>({
    name: 'audit-walk',
    text: `SELECT ${STORED} FROM audit_entry WHERE seq > $1 ORDER BY seq LIMIT $2`,
    values: [afterSeq, limit],
  });
  return rows.map(toAuditRow);
}

/**
 * Up to `limit` entries that a filter lets pass, newest first, from before number `beforeSeq`. Conditions that are null fold away
 * when the statement is planned, which is every time: it has no name.
 */
export async function listAuditRows(
  db: Queryable,
  filter: AuditRowFilter,
  beforeSeq: number | null,
  limit: number,
): Promise<AuditRow[]> {
  const { rows } = await db.query<StoredRow>(
    `SELECT ${STORED} FROM audit_entry
     WHERE ($1::bigint IS NULL OR seq < $1)
       AND ($2::text[] IS NULL OR action = ANY ($2))
       AND ($3::text[] IS NULL OR outcome = ANY ($3))
       AND ($4::text[] IS NULL OR actor_kind = ANY ($4))
       AND ($5::text IS NULL OR actor_id = $5)
       AND ($6::text IS NULL OR organisation_code = $6)
       AND ($7::text IS NULL OR object = $7)
       AND ($8::uuid IS NULL OR operation_id = $8)
       AND ($9::float8 IS NULL OR at >= to_timestamp($9 / 1000))
       AND ($10::float8 IS NULL OR at < to_timestamp($10 / 1000))
     ORDER BY seq DESC
     LIMIT $11`,
    [
      beforeSeq,
      filter.actions,
      filter.outcomes,
      filter.actorKinds,
      filter.actorId,
      filter.organisationCode,
      filter.object,
      filter.operationId,
      filter.fromMs,
      filter.untilMs,
      limit,
    ],
  );
  return rows.map(toAuditRow);
}

function toAuditRow(row: StoredRow): AuditRow {
  return {
    seq: Number(row.seq),
    atMs: Math.round(row.at_ms),
    operationId: row.operation_id,
    action: row.action,
    outcome: row.outcome,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    organisationCode: row.organisation_code,
    object: row.object,
    details: row.details,
    keyId: row.key_id,
    hash: row.hash,
  };
}
