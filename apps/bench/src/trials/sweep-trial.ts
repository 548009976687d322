import { median } from '../measure/quantiles';
import { makeGoal } from '../report/goal';
import type { OutageStage } from '../stage/outage-stage';
import { fallSilent } from './fall-silent';
import { watchSweeps, type Sweeps } from './read-sweeps';
import type { Trial } from './trial';
import { whileArriving } from './while-arriving';

const HEARTBEATS_PER_SECOND = 10_000;
const SWEEP_SECONDS_MAX = 1.5;
/** What heartbeats may wait while a sweep is at work: as long as at any other time. */
const P99_MS_MAX = 250;
const FALL_DUE = 10_000;
/** Heartbeats arrive in stretches of this length, so that one slow batch does not make the p99. */
const STRETCH_SECONDS = 20;
const SECOND_MS = 1_000;
/** In a fleet of millions, writing machines that fall silent takes seconds; then they are due all at once. */
const DUE_AFTER_MS = 10 * SECOND_MS;
/** After a start, what fell due while nobody looked has to be swept first. */
const WAIT_MS_MAX = 60 * SECOND_MS;
/** Some of them report before they are due. */
const SHARE_MOVED = 0.9;

/** What became of those who fell silent in a round. */
type Round = {
  /** A sweep before that, with nothing due, or with the least of all. */
  readonly idle: Sweeps;
  readonly silent: number;
  /** The sweeps from when they were due. Each leaves practices that it has no time to ask about to the next one. */
  readonly sweeps: readonly Sweeps[];
};

/** Sweeps of the whole fleet while heartbeats arrive: with nothing due, and with ten thousand machines that have fallen silent. */
export const SWEEP_TRIAL: Trial = {
  name: 'sweep',
  title: 'a silence sweep while heartbeats arrive',
  run: async (stage) => {
    const rounds: Round[] = [];
    const heartbeats: number[] = [];
    for (let round = 1; round <= stage.options.rounds; round += 1) {
      const { result, p99Ms } = await whileArriving(
        stage,
        HEARTBEATS_PER_SECOND,
        () => sweepOnce(stage),
        STRETCH_SECONDS,
      );
      rounds.push(result);
      heartbeats.push(p99Ms);
      stage.say(`sweep: round ${round}, ${describe(result)}`);
    }
    const goal = { row: 'sweep', durability: 'D2' } as const;
    const limit = { unit: 's', expected: { atMost: SWEEP_SECONDS_MAX } } as const;
    const fell = Math.round(median(rounds.map(({ silent }) => silent)));
    return {
      goals: [
        makeGoal(
          { ...goal, ...limit, what: 'one sweep, nothing due' },
          rounds.map(({ idle }) => secondsOf(idle)),
        ),
        makeGoal(
          { ...goal, ...limit, what: `the longest sweep after ${fell} machines fell silent` },
          rounds.map(({ sweeps }) => secondsOf(longestOf(sweeps))),
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
      notes: rounds.map((round, i) => `sweep, round ${i + 1}: ${describe(round)}`),
    };
  },
};

async function sweepOnce(stage: OutageStage): Promise<Round> {
  const before = await watchSweeps(stage, WAIT_MS_MAX, (seen) => seen.some(({ moved }) => moved === 0));
  const idle = before.reduce((least, one) => (one.moved < least.moved ? one : least));
  const dueAtMs = Date.now() + DUE_AFTER_MS;
  const silent = await fallSilent(stage, FALL_DUE, dueAtMs);
  if (silent === 0) throw new Error('no machine is latent that could fall silent');
  if (Date.now() > dueAtMs) stage.say('sweep: some fell due before all were written');
  const sweeps = await watchSweeps(
    stage,
    WAIT_MS_MAX,
    (seen) => movedBy(seen) >= silent * SHARE_MOVED || (movedBy(seen) > 0 && seen.at(-1)?.moved === 0),
  );
  return { idle, silent, sweeps };
}

function movedBy(sweeps: readonly Sweeps[]): number {
  return sweeps.reduce((sum, { moved }) => sum + moved, 0);
}

function longestOf(sweeps: readonly Sweeps[]): Sweeps {
  return sweeps.reduce((longest, one) => (secondsOf(one) > secondsOf(longest) ? one : longest));
}

function secondsOf({ seconds, count }: Sweeps): number {
  return seconds / count;
}

function describe({ silent, sweeps, idle }: Round): string {
  const held = sweeps.reduce((sum, one) => sum + one.held, 0);
  const each = sweeps.filter(({ moved }) => moved > 0);
  return (
    `${silent} fell silent, ${movedBy(sweeps)} moved in sweeps of ` +
    `${each.map((one) => `${one.moved} (${secondsOf(one).toFixed(2)} s)`).join(', ')}, ${held} were held; ` +
    `a sweep before that moved ${idle.moved} in ${secondsOf(idle).toFixed(3)} s`
  );
}
