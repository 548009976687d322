import type { LoadResult } from '../load/load-command';
import { makeGoal } from '../report/goal';
import { uncachedRequest } from '../rows/poll-request';
import type { OutageStage } from '../stage/outage-stage';
import type { Trial } from './trial';

const P99_MS_MAX = 20;
const SLOWER_MAX = 1.5;
const WARM_UP_SECONDS = 1;

/** The dashboard's question, posted and therefore never kept, to the fleet of the outage and to England's, in turn. */
export const PROGRESS_TRIAL: Trial = {
  name: 'progress',
  title: 'national progress by region, uncached, one question after the other',
  run: async (stage) => {
    const large: LoadResult[] = [];
    const small: LoadResult[] = [];
    for (const seconds of [
      WARM_UP_SECONDS,
      ...Array<number>(stage.options.rounds).fill(stage.options.seconds),
    ]) {
      large.push(await ask(stage, stage.service.port, stage.adminToken, seconds));
      small.push(await ask(stage, stage.england.service.port, stage.england.adminToken, seconds));
      stage.say(
        `progress: p50 ${large.at(-1)?.p50Ms.toFixed(1)} ms, England ${small.at(-1)?.p50Ms.toFixed(1)} ms`,
      );
    }
    const rounds = large.slice(1);
    const goal = { row: 'progress', durability: 'none' } as const;
    const ratios = rounds.map(({ p50Ms }, i) => p50Ms / (small[i + 1]?.p50Ms ?? Number.NaN));
    return {
      goals: [
        makeGoal(
          {
            ...goal,
            what: 'progress by region, uncached: p99',
            unit: 'ms',
            expected: { atMost: P99_MS_MAX },
          },
          rounds.map(({ p99Ms }) => p99Ms),
        ),
        makeGoal(
          {
            ...goal,
            what: `the same / at ${stage.england.machines} machines (p50)`,
            unit: 'ratio',
            expected: { atMost: SLOWER_MAX },
          },
          ratios,
        ),
        makeGoal(
          { ...goal, what: 'progress by region, uncached: p50', unit: 'ms', expected: null },
          rounds.map(({ p50Ms }) => p50Ms),
        ),
      ],
      notes: [],
    };
  },
};

function ask(stage: OutageStage, port: number, adminToken: string, seconds: number): Promise<LoadResult> {
  return stage.reader.ask<LoadResult>({
    kind: 'REPEAT',
    port,
    requests: [uncachedRequest(port, adminToken)],
    expectedStatus: 200,
    connections: 1,
    seconds,
  });
}
