import { STATE_CODE } from '@app/storage';
import type { Client } from 'pg';
import { SERVICE_DATABASE } from '../stage/bench-database';
import type { OutageStage } from '../stage/outage-stage';

/** Rows of one statement: heartbeats of these machines wait for no more than them. */
const ROWS_AT_ONCE = 500;
/** Of a practice of hundreds, a few: the others go on speaking. */
const OF_PRACTICE_MAX = 8;
const SILENT_FOR = '6 days';
/** Who fell silent in an earlier round, or was found so by an earlier run, is left alone. */
const HEARD_WITHIN = '5 days';
const MOMENTS = ['heard_at', 'heard_started_at', 'since'];

/**
 * Moves latent machines six days back, as if they had not been heard since. Few of each practice, so that no practice is silent as
 * a whole, which would hold them; found practice by practice, which costs the same in a fleet of any size. They are written in
 * small statements in the order of their keys, as the service writes, and become due all at once.
 *
 * @param dueAtMs when the next sweep finds them; should be after all of them are written
 * @returns how many
 */
export async function fallSilent(stage: OutageStage, machines: number, dueAtMs: number): Promise<number> {
  return stage.database.with(SERVICE_DATABASE, async (client) => {
    const keys = await chooseLatent(client, stage.shape.practiceCodes, machines);
    let written = 0;
    for (let from = 0; from < keys.length; from += ROWS_AT_ONCE) {
      written += await moveBack(client, keys.slice(from, from + ROWS_AT_ONCE), dueAtMs);
    }
    return written;
  });
}

type Key = { readonly practice_id: string; readonly machine_id: string };

/** One of every practice, then a second one, and so on. */
async function chooseLatent(
  client: Client,
  practices: readonly string[],
  machines: number,
): Promise<readonly Key[]> {
  const { rows } = await client.query<Key>(
    `SELECT latent.practice_id, latent.machine_id
     FROM unnest($1::text[]) AS wanted (practice_id)
     CROSS JOIN LATERAL (
       SELECT status.practice_id, status.machine_id, row_number() OVER () AS place
       FROM machine_status AS status
       WHERE status.practice_id = wanted.practice_id AND status.state = ${STATE_CODE.LATENT}
         AND status.heard_at > $3::timestamptz - interval '${HEARD_WITHIN}'
       LIMIT ${OF_PRACTICE_MAX}
     ) AS latent
     ORDER BY latent.place, latent.practice_id
     LIMIT $2`,
    [practices, machines, new Date()],
  );
  return rows.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
}

function keyText({ practice_id, machine_id }: Key): string {
  return `${practice_id} ${machine_id}`;
}

/** Those that are latent still: a heartbeat may have come in between. */
async function moveBack(client: Client, keys: readonly Key[], dueAtMs: number): Promise<number> {
  const { rowCount } = await client.query(
    `WITH latent AS MATERIALIZED (
       SELECT status.practice_id, status.machine_id
       FROM machine_status AS status
       JOIN unnest($1::text[], $2::uuid[]) AS one (practice_id, machine_id) USING (practice_id, machine_id)
       WHERE status.state = ${STATE_CODE.LATENT}
       ORDER BY status.practice_id, status.machine_id
       FOR UPDATE OF status
     )
     UPDATE machine_status AS status
     SET version = status.version + 1, due_at = to_timestamp($3::float8 / 1000),
         ${MOMENTS.map((column) => `${column} = status.${column} - interval '${SILENT_FOR}'`).join(', ')}
     FROM latent
     WHERE status.practice_id = latent.practice_id AND status.machine_id = latent.machine_id`,
    [keys.map(({ practice_id }) => practice_id), keys.map(({ machine_id }) => machine_id), dueAtMs],
  );
  return rowCount ?? 0;
}
