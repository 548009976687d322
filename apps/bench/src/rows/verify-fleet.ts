import { STATE_CODE } from '@app/storage';
import type { FleetBook } from '../load/load-command';
import { SERVICE_DATABASE } from '../stage/bench-database';
import type { BenchStage } from '../stage/bench-stage';

/** One thing that must hold after the load, in numbers. */
export type Check = { readonly what: string; readonly found: string; readonly holds: boolean };

/** Machines in one comparison. */
const CHUNK_MACHINES = 250_000;

/** The number of a machine stands in the last twelve digits of its identity. */
const INDEX_OF_MACHINE = `('x' || right(status.machine_id::text, 12))::bit(48)::bigint`;

const COUNTS_OFF = `
  SELECT count(*)::int AS n
  FROM (SELECT practice_id, exposure, state, machines FROM progress_count WHERE machines <> 0) AS counted
  FULL JOIN (SELECT practice_id, exposure, state, count(*)::int AS machines
             FROM machine_status GROUP BY 1, 2, 3) AS recounted
    USING (practice_id, exposure, state)
  WHERE counted.machines IS DISTINCT FROM recounted.machines`;

const LEDGER_OFF = `
  SELECT count(*)::int AS n
  FROM (SELECT practice_id, exposure, state, machines FROM progress_count WHERE machines <> 0) AS counted
  FULL JOIN (SELECT practice_id, exposure, state, sum(delta)::int AS machines FROM progress_ledger
             GROUP BY 1, 2, 3 HAVING sum(delta) <> 0) AS booked
    USING (practice_id, exposure, state)
  WHERE counted.machines IS DISTINCT FROM booked.machines`;

const TRANSITIONS_OFF = `
  SELECT count(*)::int AS n
  FROM machine_status AS status
  LEFT JOIN (SELECT practice_id, machine_id, count(*)::int AS appended, max(ordinal) AS last
             FROM transition GROUP BY 1, 2) AS t
    USING (practice_id, machine_id)
  WHERE status.transitions <> COALESCE(t.appended, 0) OR status.transitions <> COALESCE(t.last, 0)`;

/**
 * Machines whose last heartbeat or whose state is not what the book says. $1 first number, $2 last numbers of
 * heartbeats, $3 who is bad, $4 states of the bad.
 */
const BOOK_OFF = `
  SELECT count(*) FILTER (WHERE status.heard_seq IS DISTINCT FROM book.seq)::int AS seqs_off,
         count(*) FILTER (WHERE (status.state = ANY ($4::int[])) <> book.bad)::int AS states_off,
         count(status.machine_id)::int AS found
  FROM unnest($2::int[], $3::bool[]) WITH ORDINALITY AS book (seq, bad, place)
  LEFT JOIN (SELECT ${INDEX_OF_MACHINE} AS index, * FROM machine_status AS status
             WHERE ${INDEX_OF_MACHINE} >= $1 AND ${INDEX_OF_MACHINE} < $1 + ${CHUNK_MACHINES}) AS status
    ON status.index = $1 + book.place - 1`;

/**
 * Compares the database with the load generator's book: what was acknowledged is there once, and everything
 * sums.
 */
export async function verifyFleet(stage: BenchStage): Promise<Check[]> {
  const book = await stage.load.ask<FleetBook>({ kind: 'SHOW_BOOK' });
  const counted = await countedByService(stage);
  return stage.database.with(SERVICE_DATABASE, async (client) => {
    const none = async (what: string, text: string): Promise<Check> => {
      const { rows } = await client.query<{ n: number }>(text);
      const off = rows[0]?.n ?? -1;
      return { what, found: `${off} off`, holds: off === 0 };
    };
    let [seqsOff, statesOff, found] = [0, 0, 0];
    for (let from = 0; from < stage.shape.machines; from += CHUNK_MACHINES) {
      const until = Math.min(from + CHUNK_MACHINES, stage.shape.machines);
      const seqs = `{${book.seqs.subarray(from, until).join(',')}}`;
      const flags = Array.from(book.bad.subarray(from, until), (flag) => (flag === 1 ? 't' : 'f'));
      const bad = `{${flags.join(',')}}`;
      // A machine found bad is latent or relapsed, and down after an hour of silence in opening hours.
      const badStates = [STATE_CODE.LATENT, STATE_CODE.RELAPSED, STATE_CODE.DOWN];
      const { rows } = await client.query<{ seqs_off: number; states_off: number; found: number }>(BOOK_OFF, [
        from,
        seqs,
        bad,
        badStates,
      ]);
      seqsOff += rows[0]?.seqs_off ?? 0;
      statesOff += rows[0]?.states_off ?? 0;
      found += rows[0]?.found ?? 0;
    }
    const { sent, acknowledged } = book;
    return [
      {
        what: 'heartbeats sent = acknowledged',
        found: `${sent} = ${acknowledged}`,
        holds: sent === acknowledged,
      },
      {
        what: 'acknowledged = counted by the service',
        found: `${acknowledged} = ${counted}`,
        holds: acknowledged === counted,
      },
      {
        what: 'machines of the fleet found',
        found: `${found} of ${stage.shape.machines}`,
        holds: found === stage.shape.machines,
      },
      {
        what: 'last heartbeat of every machine as acknowledged',
        found: `${seqsOff} off`,
        holds: seqsOff === 0,
      },
      {
        what: 'state of every machine as its last report says',
        found: `${statesOff} off`,
        holds: statesOff === 0,
      },
      await none('counts = a recount of machine_status', COUNTS_OFF),
      await none('ledger sums to the counts', LEDGER_OFF),
      await none('every transition there, numbered without a gap', TRANSITIONS_OFF),
    ];
  });
}

/**
 * What the service's own metrics say about this run; the models' heartbeats were reported before its last
 * start.
 */
async function countedByService(stage: BenchStage): Promise<number> {
  const match = /^recovery_heartbeats_total\{outcome="ACCEPTED"\} (\d+)$/m.exec(
    await stage.service.metrics(),
  );
  return Number(match?.[1] ?? 0);
}
