import type { LoadResult } from '../load/load-command';
import type { OutageStage } from '../stage/outage-stage';
import { relayPace } from './offered-trial';

const STRETCH_SECONDS = 5;

/**
 * Does some work while heartbeats arrive at a pace, in stretches of a few seconds. Neither failure is lost: when both the work and
 * the heartbeats fail, both are told. It ends when no more heartbeats are on their way, whatever happened.
 *
 * @returns what the work came to, and the heartbeats' p99 in milliseconds, the worst of the stretches
 */
export async function whileArriving<Result>(
  stage: OutageStage,
  perSecond: number,
  work: () => Promise<Result>,
  stretchSeconds = STRETCH_SECONDS,
): Promise<{ readonly result: Result; readonly p99Ms: number }> {
  const progress = { isDone: false };
  const arriving = async (): Promise<number> => {
    let worstMs = 0;
    while (!progress.isDone) {
      const { p99Ms, failures } = await stage.load.ask<LoadResult>(
        relayPace(stage, perSecond, stretchSeconds),
      );
      worstMs = Math.max(worstMs, p99Ms);
      for (const [what, times] of Object.entries(failures))
        stage.say(`heartbeats meanwhile: ${times} × ${what}`);
    }
    return worstMs;
  };
  const [worked, arrived] = await Promise.allSettled([
    work().finally(() => {
      progress.isDone = true;
    }),
    arriving(),
  ]);
  if (worked.status === 'fulfilled' && arrived.status === 'fulfilled')
    return { result: worked.value, p99Ms: arrived.value };
  const failures = [worked, arrived].flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'work and heartbeats both failed');
}
