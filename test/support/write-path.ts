import { randomUUID } from 'node:crypto';
import { MACHINE_ROLES, type Interval, type Rules } from '@app/recovery';
import { createMachines, Database, traitsOf, type MachineKey, type TraitFacts } from '@app/storage';
import {
  ReportHeartbeats,
  SweepSilence,
  type Eyesight,
  type IngestLimits,
  type WriteObserver,
} from '@app/tracking';
import { theRules } from './fleet';

/** The write path of one process on a real database, with a clock that stands where it is set. */
export type WritePath = {
  readonly database: Database;
  readonly reports: ReportHeartbeats;
  readonly sweeper: SweepSilence;
  readonly seen: { races: number; batches: number; held: number };
  /** What the write path says of its sight, in order. */
  readonly sight: string[];
  readonly clock: { nowMs: number };
  close(): Promise<void>;
};

const LIMITS: IngestLimits = { queueItemsMax: 10_000, batchItemsMax: 500, lanes: 2, togetherItemsMax: 50 };

export async function openWritePath(
  url: string,
  nowMs: number,
  ...blindness: readonly Interval[]
): Promise<WritePath> {
  const database = await Database.open(url);
  const clock = { nowMs };
  const seen = { races: 0, batches: 0, held: 0 };
  const observer: WriteObserver = {
    batchCommitted: () => (seen.batches += 1),
    racesLost: (machines) => (seen.races += machines),
    swept: () => undefined,
    silenceHeld: (machines) => (seen.held += machines),
    progressChanged: () => undefined,
  };
  const rules = (): Rules => theRules(...blindness);
  const sight: string[] = [];
  const eyesight: Eyesight = {
    isReplaced: false,
    seeing: () => undefined,
    blind: (cause) => sight.push(`blind ${cause}`),
    failed: ({ code }, heartbeats, whose) => sight.push(`${whose} ${code} ${heartbeats}`),
  };
  const now = (): number => clock.nowMs;
  const reports = new ReportHeartbeats(database, rules, now, () => 0, observer, eyesight, LIMITS);
  const sweeper = new SweepSilence(database, rules, now, () => 0, observer);
  const close = async (): Promise<void> => {
    await reports.stop();
    await database.close();
  };
  return { database, reports, sweeper, seen, sight, clock, close };
}

/** Enrols machines spread over a few practices, without any of the edge. */
export async function enrolMany(database: Database, count: number, atMs: number): Promise<MachineKey[]> {
  const keys = Array.from({ length: count }, (_, i) => ({
    practiceId: `P8${String(1_000 + (i % 7)).padStart(4, '0')}`,
    machineId: randomUUID(),
  }));
  const machines = keys.map((key, i) => ({
    key,
    installationId: `installation-${String(i).padStart(6, '0')}`,
    hostname: `PC-${i}`,
    serialNumber: null,
    smbiosUuid: null,
  }));
  await createMachines(database.pool, machines, atMs);
  return keys;
}

/** What must hold between the tables at every moment. Each is a count of rows that break it; all must be 0. */
export async function brokenInvariants(database: Pick<Database, 'pool'>): Promise<Record<string, number>> {
  const { rows } = await database.pool.query<Record<string, number>>(
    `
    SELECT
      (SELECT count(*)::int FROM (
         SELECT practice_id, exposure, state, count(*) AS machines FROM machine_status GROUP BY 1, 2, 3
       ) AS recount FULL JOIN (SELECT * FROM progress_count WHERE machines <> 0) AS cell USING (practice_id, exposure, state)
       WHERE recount.machines IS DISTINCT FROM cell.machines) AS counts_differ_from_recount,
      (SELECT count(*)::int FROM (
         SELECT practice_id, exposure, state, sum(delta) AS machines FROM progress_ledger GROUP BY 1, 2, 3
       ) AS book FULL JOIN progress_count AS cell USING (practice_id, exposure, state)
       WHERE COALESCE(book.machines, 0) <> COALESCE(cell.machines, 0)) AS ledger_differs_from_counts,
      (SELECT count(*)::int FROM progress_count WHERE machines < 0) AS negative_counts,
      (SELECT count(*)::int FROM (
         SELECT event_bucket, sum(sum(delta)) OVER (PARTITION BY practice_id, exposure, state ORDER BY event_bucket) AS machines
         FROM progress_ledger GROUP BY practice_id, exposure, state, event_bucket
       ) AS past WHERE past.machines < 0) AS negative_counts_in_the_past,
      (SELECT count(*)::int FROM machine_status AS status WHERE status.transitions <>
         (SELECT count(*) FROM transition WHERE transition.practice_id = status.practice_id
            AND transition.machine_id = status.machine_id)) AS transitions_missing_or_double,
      (SELECT count(*)::int FROM (
         SELECT from_state, from_exposure, ordinal,
                lag(to_state) OVER chain AS before_state, lag(to_exposure) OVER chain AS before_exposure
         FROM transition WINDOW chain AS (PARTITION BY practice_id, machine_id ORDER BY ordinal)
       ) AS step WHERE (ordinal = 1 AND (from_state <> 0 OR from_exposure <> 0))
         OR (ordinal > 1 AND (from_state <> before_state OR from_exposure <> before_exposure))) AS chains_broken,
      (SELECT count(*)::int FROM machine_status AS status JOIN LATERAL (
         SELECT to_state, to_exposure FROM transition WHERE transition.practice_id = status.practice_id
           AND transition.machine_id = status.machine_id ORDER BY ordinal DESC LIMIT 1
       ) AS last ON true WHERE last.to_state <> status.state OR last.to_exposure <> status.exposure) AS states_differ_from_last_transition,
      (SELECT count(*)::int FROM machine_status AS status JOIN machine USING (practice_id, machine_id)
       WHERE status.host_order <> lower(machine.hostname)) AS host_names_differ,
      (SELECT count(*)::int FROM machine_status AS status JOIN machine
         ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id
       WHERE status.role_code <> COALESCE(array_position($1::text[], machine.role), 0)) AS roles_differ`,
    [MACHINE_ROLES],
  );
  return { ...rows[0], traits_differ: await countWrongTraits(database) };
}

/** Machines whose traits are not those of their facts. */
async function countWrongTraits(database: Pick<Database, 'pool'>): Promise<number> {
  const { rows } = await database.pool.query<TraitFacts & { readonly traits: number }>(`
    SELECT status.traits, machine.boot_mode, machine.file_verdict, machine.bitlocker, machine.sensor_running,
           machine.safe_boot_flag, date_part('epoch', machine.identity_conflict_since) * 1000 AS identity_conflict_ms
    FROM machine_status AS status JOIN machine USING (practice_id, machine_id)`);
  return rows.filter(({ traits, ...facts }) => traits !== traitsOf(facts)).length;
}

/** What `brokenInvariants` answers when nothing is broken. */
export const NOTHING_BROKEN = {
  counts_differ_from_recount: 0,
  ledger_differs_from_counts: 0,
  negative_counts: 0,
  negative_counts_in_the_past: 0,
  transitions_missing_or_double: 0,
  chains_broken: 0,
  states_differ_from_last_transition: 0,
  host_names_differ: 0,
  roles_differ: 0,
  traits_differ: 0,
};
