import type { LoadResult } from '../load/load-command';
import type { OutageStage } from '../stage/outage-stage';
import { relayPace } from './offered-trial';

const STRETCH_SECONDS = 5;

/**
 * Lets heartbeats arrive at a pace, in stretches of a few seconds, until nobody asks any more.
 *
 * @returns their p99 in milliseconds, the worst of the stretches
 */
export async function keepArriving(
  stage: OutageStage,
  perSecond: number,
  goesOn: () => boolean,
): Promise<number> {
  let worstMs = 0;
  while (goesOn()) {
    const { p99Ms } = await stage.load.ask<LoadResult>(relayPace(stage, perSecond, STRETCH_SECONDS));
    worstMs = Math.max(worstMs, p99Ms);
  }
  return worstMs;
}
