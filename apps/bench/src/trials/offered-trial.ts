import type { LoadResult, ReportLoad } from '../load/load-command';
import { peakMemoryMiB } from '../measure/process-memory';
import { makeGoal } from '../report/goal';
import { warmUp } from '../rows/warm-up';
import type { OutageStage } from '../stage/outage-stage';
import type { Trial } from './trial';

const RELAY_BATCH = 500;
/** Requests that may be on their way at once: one and a half seconds of the outage's heartbeats. */
const CONNECTIONS = 96;
const MIB_MAX = 1_024;
const P99_MS_MAX = 250;

/** Relay batches at a pace. */
export function relayPace(stage: OutageStage, pacePerSecond: number, seconds: number): ReportLoad {
  return {
    kind: 'REPORT',
    port: stage.service.port,
    path: '/v1/heartbeats',
    style: 'RELAY',
    perRequest: RELAY_BATCH,
    connections: CONNECTIONS,
    seconds,
    pacePerSecond,
    rehearsal: false,
  };
}

/** The outage itself: as many heartbeats a second as its machines send every five minutes, for as long as asked. */
export const OFFERED_TRIAL: Trial = {
  name: 'offered',
  title: 'the fleet of the outage at its own pace',
  run: async (stage) => {
    const { offerPerSecond, offerSeconds, machines } = stage.options;
    stage.say('offered: every machine reports once');
    const warmed = await warmUp(stage.load, stage.service.port, machines);
    const result = await stage.load.ask<LoadResult>(relayPace(stage, offerPerSecond, offerSeconds));
    const offered = result.requests * RELAY_BATCH;
    const what = `${offerPerSecond} heartbeats/s offered for ${offerSeconds} s in relay batches of ${RELAY_BATCH}`;
    const goal = { row: 'offered', durability: 'D2' } as const;
    return {
      goals: [
        makeGoal({ ...goal, what: `${what}: share acknowledged`, unit: 'share', expected: { atLeast: 1 } }, [
          offered === 0 ? 0 : result.items / offered,
        ]),
        makeGoal(
          { ...goal, what: `${what}: p99 from the moment due`, unit: 'ms', expected: { atMost: P99_MS_MAX } },
          [result.p99Ms],
        ),
        makeGoal(
          { ...goal, what: 'memory of the service, at most', unit: 'MiB', expected: { atMost: MIB_MAX } },
          [peakMemoryMiB(stage.service.pid)],
        ),
      ],
      notes: [
        warmed,
        `offered ${offered} heartbeats in ${result.seconds.toFixed(1)} s: ` +
          `${Math.round(result.items / result.seconds)} acknowledged a second, p50 ${result.p50Ms.toFixed(1)} ms, ` +
          `longest ${(result.maxMs ?? 0).toFixed(0)} ms, ${result.refused ?? 0} requests asked to come again`,
        ...Object.entries(result.failures).map(([failure, times]) => `${times} × ${failure}`),
      ],
    };
  },
};
