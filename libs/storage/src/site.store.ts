import type { PracticeContacts, SiteSilence } from '@app/recovery';
import type { Queryable } from './database';

/** The silence of a practice, and which practice. */
export type PracticeSilence = SiteSilence & { readonly practiceId: string; readonly noticedAtMs: number };

/** A place in the order of all silences. */
export type SilencePlace = { readonly practiceId: string; readonly silentSinceMs: number };

/** Silences of one practice that are read: the newest explain, older ones have ended long ago. */
const SILENCES_OF_PRACTICE_MAX = 8;

/** How far back contacts count, and by when all contact must have ended. */
export type ContactSpans = {
  /** A practice with a report after this moment speaks. */
  readonly silentByMs: number;
  readonly togetherWithinMs: number;
  readonly speakingWithinMs: number;
};

/** The newest silences of these practices, newest first. */
export async function readSilences(
  db: Queryable,
  practiceIds: readonly string[],
): Promise<Map<string, PracticeSilence[]>> {
  const { rows } = await db.query<SilenceRow>({
    name: 'read-silences',
    text: `
      SELECT ${SILENCE_COLUMNS}
      FROM unnest($1::text[]) AS wanted (practice_id)
      CROSS JOIN LATERAL (
        SELECT * FROM site_silence AS one WHERE one.practice_id = wanted.practice_id
        ORDER BY one.silent_since DESC LIMIT ${SILENCES_OF_PRACTICE_MAX}
      ) AS silence
      ORDER BY silence.practice_id, silence.silent_since DESC`,
    values: [practiceIds],
  });
  const silences = new Map<string, PracticeSilence[]>();
  for (const row of rows) {
    const known = silences.get(row.practice_id);
    if (known === undefined) silences.set(row.practice_id, [toSilence(row)]);
    else known.push(toSilence(row));
  }
  return silences;
}

/**
 * The contacts of those of these practices that nobody has been heard of since `silentByMs`; the others speak, and are left out.
 *
 * Whether a practice speaks is asked first, and answered by the first machine that does: a living practice costs a few rows,
 * only a silent one is counted. The limit keeps the question a look-up for each practice, whatever the planner thinks of it.
 */
export async function readSilentContacts(
  db: Queryable,
  practiceIds: readonly string[],
  spans: ContactSpans,
): Promise<Map<string, PracticeContacts>> {
  const { rows } = await db.query<{
    practice_id: string;
    last_ms: number;
    together: number;
    speaking: number;
  }>({
    name: 'read-silent-contacts',
    text: `
      SELECT wanted.practice_id, date_part('epoch', near.heard_at) * 1000 AS last_ms, near.together, near.speaking
      FROM unnest($1::text[]) AS wanted (practice_id)
      CROSS JOIN LATERAL (
        SELECT max(last.heard_at) AS heard_at,
               (count(*) FILTER (WHERE last.heard_at >= last.newest - make_interval(secs => $3::float8 / 1000)))::int
                 AS together,
               (count(*) FILTER (WHERE last.heard_at >= last.newest - make_interval(secs => $4::float8 / 1000)))::int
                 AS speaking
        FROM (
          SELECT status.heard_at, max(status.heard_at) OVER () AS newest FROM machine_status AS status
          WHERE status.practice_id = wanted.practice_id
        ) AS last
      ) AS near
      WHERE (SELECT true FROM machine_status AS status
             WHERE status.practice_id = wanted.practice_id AND status.heard_at > to_timestamp($2::float8 / 1000)
             LIMIT 1) IS NULL
        AND near.heard_at IS NOT NULL`,
    values: [practiceIds, spans.silentByMs, spans.togetherWithinMs, spans.speakingWithinMs],
  });
  return new Map(
    rows.map(({ practice_id, last_ms, together, speaking }) => [
      practice_id,
      { lastHeardMs: Math.round(last_ms), together, speaking },
    ]),
  );
}

/** Writes down silences that were noticed. One that another process wrote first stays as it wrote it. */
export async function recordSilences(db: Queryable, silences: readonly PracticeSilence[]): Promise<void> {
  if (silences.length === 0) return;
  await db.query({
    name: 'record-silences',
    text: `
      INSERT INTO site_silence (practice_id, silent_since, machines, noticed_at)
      SELECT practice_id, to_timestamp(silent_ms / 1000), machines, to_timestamp(noticed_ms / 1000)
      FROM unnest($1::text[], $2::float8[], $3::int[], $4::float8[]) AS one (practice_id, silent_ms, machines, noticed_ms)
      ORDER BY practice_id, silent_ms
      ON CONFLICT (practice_id, silent_since) DO NOTHING`,
    values: [
      silences.map(({ practiceId }) => practiceId),
      silences.map(({ silentSinceMs }) => silentSinceMs),
      silences.map(({ machines }) => machines),
      silences.map(({ noticedAtMs }) => noticedAtMs),
    ],
  });
}

/**
 * Looks at open silences in the order of their places, after `after`, and ends those whose practice speaks again.
 *
 * @returns where it came to, null when it came to the end; and how many it ended
 */
export async function endSilences(
  db: Queryable,
  endedAtMs: number,
  after: SilencePlace,
  rowsMax: number,
): Promise<{ readonly last: SilencePlace | null; readonly ended: number }> {
  const { rows } = await db.query<{ practice_id: string; silent_ms: number; speaks: boolean | null }>({
    name: 'look-at-open-silences',
    text: `
      SELECT open.practice_id, date_part('epoch', open.silent_since) * 1000 AS silent_ms,
             (SELECT true FROM machine_status AS status
              WHERE status.practice_id = open.practice_id AND status.heard_at > open.silent_since LIMIT 1) AS speaks
      FROM (
        SELECT practice_id, silent_since FROM site_silence
        WHERE ended_at IS NULL AND (practice_id, silent_since) > ($1::text COLLATE "C", to_timestamp($2::float8 / 1000))
        ORDER BY practice_id, silent_since
        LIMIT $3
      ) AS open
      ORDER BY open.practice_id, open.silent_since`,
    values: [after.practiceId, after.silentSinceMs, rowsMax],
  });
  const speaking = rows.filter(({ speaks }) => speaks === true);
  let ended = 0;
  if (speaking.length > 0) {
    const result = await db.query({
      name: 'end-silences',
      text: `
        UPDATE site_silence AS silence SET ended_at = to_timestamp($3::float8 / 1000)
        FROM unnest($1::text[], $2::float8[]) AS one (practice_id, silent_ms)
        WHERE silence.practice_id = one.practice_id AND silence.silent_since = to_timestamp(one.silent_ms / 1000)
          AND silence.ended_at IS NULL AND silence.silent_since < to_timestamp($3::float8 / 1000)`,
      values: [
        speaking.map(({ practice_id }) => practice_id),
        speaking.map(({ silent_ms }) => Math.round(silent_ms)),
        endedAtMs,
      ],
    });
    ended = result.rowCount ?? 0;
  }
  const last = rows[rows.length - 1];
  const isEnd = last === undefined || rows.length < rowsMax;
  return {
    last: isEnd ? null : { practiceId: last.practice_id, silentSinceMs: Math.round(last.silent_ms) },
    ended,
  };
}

/** One page of the practices that are silent, longest first; of these practices, or of all where `practiceIds` is null. */
export async function listSilences(
  db: Queryable,
  practiceIds: readonly string[] | null,
  after: SilencePlace | null,
  rowsMax: number,
): Promise<PracticeSilence[]> {
  const { rows } = await db.query<SilenceRow>(
    `SELECT ${SILENCE_COLUMNS}
     FROM site_silence AS silence
     WHERE silence.ended_at IS NULL
       AND ($1::float8 IS NULL OR (silence.silent_since, silence.practice_id) > (to_timestamp($1::float8 / 1000), $2::text COLLATE "C"))
       AND ($3::text[] IS NULL OR silence.practice_id = ANY ($3::text[]))
     ORDER BY silence.silent_since, silence.practice_id
     LIMIT $4`,
    [after?.silentSinceMs ?? null, after?.practiceId ?? '', practiceIds, rowsMax],
  );
  return rows.map(toSilence);
}

const SILENCE_COLUMNS = `
  silence.practice_id, silence.machines, date_part('epoch', silence.silent_since) * 1000 AS silent_ms,
  date_part('epoch', silence.noticed_at) * 1000 AS noticed_ms, date_part('epoch', silence.ended_at) * 1000 AS ended_ms`;

type SilenceRow = {
  practice_id: string;
  machines: number;
  silent_ms: number;
  noticed_ms: number;
  ended_ms: number | null;
};

function toSilence(row: SilenceRow): PracticeSilence {
  return {
    practiceId: row.practice_id,
    silentSinceMs: Math.round(row.silent_ms),
    machines: row.machines,
    noticedAtMs: Math.round(row.noticed_ms),
    spokeAgainAtMs: row.ended_ms === null ? null : Math.round(row.ended_ms),
  };
}
