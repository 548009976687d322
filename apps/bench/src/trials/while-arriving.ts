import type { LoadResult } from '../load/load-command';
import type { OutageStage } from '../stage/outage-stage';
import { relayPace } from './offered-trial';

const STRETCH_SECONDS = 5;

/**
 * Does some work while heartbeats arrive at a pace, in stretches of a few seconds.
 *
 * @returns what the work came to, and the heartbeats' p99 in milliseconds, the worst of the stretches
 */
export async function whileArriving<Result>(
  stage: OutageStage,
  perSecond: number,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly p99Ms: number }> {
  const progress = { isDone: false };
  const arriving = (async (): Promise<number> => {
    let worstMs = 0;
    while (!progress.isDone) {
      const { p99Ms } = await stage.load.ask<LoadResult>(relayPace(stage, perSecond, STRETCH_SECONDS));
      worstMs = Math.max(worstMs, p99Ms);
    }
    return worstMs;
  })();
  // Where the work fails, its error is the one to be told.
  arriving.catch(() => undefined);
  const result = await work().finally(() => {
    progress.isDone = true;
  });
  return { result, p99Ms: await arriving };
}
