import type { FleetState } from '../fleet/fleet-lives';
import type { FleetBook } from '../load/load-command';
import { SERVICE_DATABASE } from '../stage/bench-database';
import { readFleetState } from '../seed/read-fleet-state';
import type { BenchStage } from '../stage/bench-stage';

/** One thing that must hold after the load, in numbers. */
export type Check = { readonly what: string; readonly found: string; readonly holds: boolean };

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

/** Compares what was acknowledged with what is stored, machine by machine. */
export function compareFleet(book: FleetBook, stored: FleetState): Check[] {
  const differing = (a: Uint32Array | Uint8Array, b: Uint32Array | Uint8Array): number => {
    let off = 0;
    for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) off += 1;
    return off;
  };
  const { sent, acknowledged } = book;
  const none = (what: string, off: number): Check => ({ what, found: `${off} off`, holds: off === 0 });
  return [
    {
      what: 'heartbeats sent = acknowledged',
      found: `${sent} = ${acknowledged}`,
      holds: sent === acknowledged,
    },
    none('last heartbeat of every machine as acknowledged', differing(book.seqs, stored.seqs)),
    none('state of every machine as its last report says', differing(book.bad, stored.bad)),
  ];
}

/** What is verified: a service with its fleet, and the load generator that keeps the book about it. */
export type VerifiedStage = Pick<BenchStage, 'load' | 'service' | 'database' | 'shape'>;

/**
 * Compares the database with the load generator's book: what was acknowledged is there once, and everything
 * sums.
 */
export async function verifyFleet(stage: VerifiedStage): Promise<Check[]> {
  const book = await stage.load.ask<FleetBook>({ kind: 'SHOW_BOOK' });
  const counted = await countedByService(stage);
  return stage.database.with(SERVICE_DATABASE, async (client) => {
    const none = async (what: string, text: string): Promise<Check> => {
      const { rows } = await client.query<{ n: number }>(text);
      const off = rows[0]?.n ?? -1;
      return { what, found: `${off} off`, holds: off === 0 };
    };
    const { machines } = stage.shape;
    const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM machine_status');
    const found = rows[0]?.n ?? 0;
    return [
      ...compareFleet(book, await readFleetState(client, machines)),
      {
        what: 'acknowledged = counted by the service',
        found: `${book.acknowledged} = ${counted}`,
        holds: book.acknowledged === counted,
      },
      { what: 'machines of the fleet found', found: `${found} of ${machines}`, holds: found === machines },
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
async function countedByService(stage: VerifiedStage): Promise<number> {
  const match = /^recovery_heartbeats_total\{outcome="ACCEPTED"\} (\d+)$/m.exec(
    await stage.service.metrics(),
  );
  return Number(match?.[1] ?? 0);
}
