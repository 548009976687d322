import { randomUUID } from 'node:crypto';
import type { Interval } from '@app/recovery';
import type { Queryable } from './database';

/** Why we could not take reports: the service was down, the database was gone, or reports were shed. */
export type BlindnessCause = 'NOT_RUNNING' | 'DATABASE' | 'SHEDDING';

/** Blind time further back than this touches no open deadline: the longest one spans a weekend with bank holidays. */
const BLINDNESS_READ_DAYS = 30;
/** More blind intervals than this within that time are merged by the reader anyway. */
const BLINDNESS_ROWS_MAX = 10_000;

/** Says that this process can take reports until `atMs`. */
export async function recordPresence(db: Queryable, processId: string, atMs: number): Promise<void> {
  await db.query(
    `INSERT INTO ingest_presence AS presence (process_id, alive_until) VALUES ($1, to_timestamp($2::float8 / 1000))
     ON CONFLICT (process_id) DO UPDATE SET alive_until = GREATEST(presence.alive_until, excluded.alive_until)`,
    [processId, atMs],
  );
}

/** Until when any process could take reports; null when none ever ran. */
export async function lastPresenceMs(db: Queryable): Promise<number | null> {
  const { rows } = await db.query<{ at: number | null }>(
    `SELECT date_part('epoch', max(alive_until)) * 1000 AS at FROM ingest_presence`,
  );
  const at = rows[0]?.at ?? null;
  return at === null ? null : Math.round(at);
}

/** Records a time in which we were blind. */
export async function recordBlindness(
  db: Queryable,
  interval: Interval,
  cause: BlindnessCause,
): Promise<void> {
  await db.query(
    `INSERT INTO blindness (id, started_at, ended_at, cause)
     VALUES ($1, to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000), $4)`,
    [randomUUID(), interval.fromMs, interval.untilMs, cause],
  );
}

/** The blind times that may still matter at `nowMs`, and all around the incident's window, merged and sorted. */
export async function readBlindness(db: Queryable, nowMs: number, incidentMs: number): Promise<Interval[]> {
  const { rows } = await db.query<{ from_ms: number; until_ms: number }>(
    `SELECT date_part('epoch', started_at) * 1000 AS from_ms, date_part('epoch', ended_at) * 1000 AS until_ms
     FROM blindness
     WHERE ended_at >= to_timestamp($1::float8 / 1000) - make_interval(days => $3)
        OR (started_at <= to_timestamp($2::float8 / 1000) + interval '1 day'
            AND ended_at >= to_timestamp($2::float8 / 1000) - interval '1 day')
     ORDER BY started_at
     LIMIT $4`,
    [nowMs, incidentMs, BLINDNESS_READ_DAYS, BLINDNESS_ROWS_MAX],
  );
  return mergeIntervals(
    rows.map((row) => ({ fromMs: Math.round(row.from_ms), untilMs: Math.round(row.until_ms) })),
  );
}

/** Joins intervals, sorted by start, that touch or overlap. */
function mergeIntervals(sorted: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && interval.fromMs <= last.untilMs) {
      merged[merged.length - 1] = { fromMs: last.fromMs, untilMs: Math.max(last.untilMs, interval.untilMs) };
    } else {
      merged.push(interval);
    }
  }
  return merged;
}
