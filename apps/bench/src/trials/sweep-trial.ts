import { STATE_CODE } from '@app/storage';
import type { LoadResult } from '../load/load-command';
import { median } from '../measure/quantiles';
import { makeGoal } from '../report/goal';
import { SERVICE_DATABASE } from '../stage/bench-database';
import { SWEEP_EVERY_SECONDS, type OutageStage } from '../stage/outage-stage';
import { relayPace } from './offered-trial';
import type { Trial } from './trial';

const HEARTBEATS_PER_SECOND = 10_000;
const SWEEP_SECONDS_MAX = 1.5;
/** What heartbeats may wait while a sweep is at work: as long as at any other time. */
const P99_MS_MAX = 250;
const FALL_DUE = 10_000;
const LOOK_EVERY_MS = 100;
/** Some sweeps later nothing will come any more: a practice that is silent as a whole has its machines held. */
const WAIT_MS_MAX = 8 * SWEEP_EVERY_SECONDS * 1_000;

/** What the service says about its sweeps so far. */
type Sweeps = { readonly count: number; readonly seconds: number; readonly moved: number };

/** Sweeps of the whole fleet while heartbeats arrive: with nothing due, and with ten thousand machines that have fallen silent. */
export const SWEEP_TRIAL: Trial = {
  name: 'sweep',
  title: 'a silence sweep while heartbeats arrive',
  run: async (stage) => {
    const idle: number[] = [];
    const busy: number[] = [];
    const movedMachines: number[] = [];
    const heartbeats: number[] = [];
    for (let round = 1; round <= stage.options.rounds; round += 1) {
      const seconds = 4 * SWEEP_EVERY_SECONDS;
      const arriving = stage.load.ask<LoadResult>(relayPace(stage, HEARTBEATS_PER_SECOND, seconds));
      idle.push(secondsOf(await nextSweep(stage, ({ moved }) => moved === 0)));
      await makeSilent(stage);
      const sweep = await nextSweep(stage, ({ moved }) => moved > 0);
      busy.push(secondsOf(sweep));
      movedMachines.push(sweep.moved);
      const { p99Ms } = await arriving;
      heartbeats.push(p99Ms);
      stage.say(`sweep: round ${round}, ${sweep.moved} moved in ${secondsOf(sweep).toFixed(2)} s`);
    }
    const goal = { row: 'sweep', durability: 'D2' } as const;
    const limit = { unit: 's', expected: { atMost: SWEEP_SECONDS_MAX } } as const;
    return {
      goals: [
        makeGoal({ ...goal, ...limit, what: 'one sweep, nothing due' }, idle),
        makeGoal(
          { ...goal, ...limit, what: `one sweep, ${median(movedMachines)} machines fell silent` },
          busy,
        ),
        makeGoal(
          {
            ...goal,
            what: `p99 of ${HEARTBEATS_PER_SECOND} heartbeats/s meanwhile`,
            unit: 'ms',
            expected: { atMost: P99_MS_MAX },
          },
          heartbeats,
        ),
      ],
      notes: [],
    };
  },
};

/** Moves latent machines six days back, as if they had not been heard since: their deadlines have passed. */
async function makeSilent(stage: OutageStage): Promise<void> {
  const columns = ['heard_at', 'heard_started_at', 'since', 'due_at'];
  await stage.database.with(SERVICE_DATABASE, (client) =>
    client.query(
      `UPDATE machine_status AS status
       SET version = status.version + 1, ${columns.map((column) => `${column} = status.${column} - interval '6 days'`).join(', ')}
       FROM (SELECT practice_id, machine_id FROM machine_status WHERE state = ${STATE_CODE.LATENT}
             AND heard_at > $1::timestamptz - interval '5 days' LIMIT ${FALL_DUE}) AS silent
       WHERE status.practice_id = silent.practice_id AND status.machine_id = silent.machine_id`,
      [new Date()],
    ),
  );
}

/** The next sweep that is as wanted. */
async function nextSweep(stage: OutageStage, isWanted: (sweep: Sweeps) => boolean): Promise<Sweeps> {
  let before = await readSweeps(stage);
  let last = before;
  for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += LOOK_EVERY_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const now = await readSweeps(stage);
    if (now.count === before.count) continue;
    const sweep = {
      count: now.count - before.count,
      seconds: now.seconds - before.seconds,
      moved: now.moved - before.moved,
    };
    if (isWanted(sweep)) return sweep;
    last = sweep;
    before = now;
  }
  return last;
}

function secondsOf({ seconds, count }: Sweeps): number {
  return seconds / count;
}

async function readSweeps(stage: OutageStage): Promise<Sweeps> {
  const metrics = await stage.service.metrics();
  const read = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
  return {
    count: read('recovery_sweep_seconds_count'),
    seconds: read('recovery_sweep_seconds_sum'),
    moved: read('recovery_sweep_transitions_total'),
  };
}
