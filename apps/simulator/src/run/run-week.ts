import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, FleetRun } from './fleet-run';
import type { ServiceClock } from './service-clock';

export type WeekPart = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly clock: ServiceClock;
  /** Called after each step, when everything up to `nowMs` has been answered. */
  readonly onStep: (nowMs: number) => Promise<void>;
  readonly signal: AbortSignal;
};

/**
 * Takes a fleet through a part of its week, step by step: the clock reaches the end of the step, and
 * everything delivered inside the step is sent with its age. A report is at most one step old, no more than
 * an interval, so it is a live one to the service.
 *
 * With a manual clock the next step is written while the service works on the current one: both cores have
 * work. Returns early, after a whole step, when the signal is raised.
 */
export async function runWeek(run: FleetRun, part: WeekPart): Promise<void> {
  const { clock, untilMs, signal } = part;
  const stepEnd = (afterMs: number): number => Math.min(afterMs + clock.stepMs, untilMs);
  let prepared: Delivery | null = null;
  let nowMs = part.fromMs;
  while (nowMs < untilMs && !signal.aborted) {
    const sinceMs = nowMs;
    nowMs = Math.min(await clock.reach(stepEnd(sinceMs)), untilMs);
    const delivery: Delivery = prepared ?? (await prepareStep(run, sinceMs, nowMs));
    const ahead = clock.manual && nowMs < untilMs;
    [prepared] = await Promise.all([
      ahead ? prepareStep(run, nowMs, stepEnd(nowMs)) : null,
      run.send(delivery, nowMs),
    ]);
    await part.onStep(nowMs);
  }
}

/** Machines must be known before they speak: those whose time comes in this step are enrolled first. */
async function prepareStep(run: FleetRun, fromMs: number, untilMs: number): Promise<Delivery> {
  await run.enrolUntil(fromMs, untilMs);
  // Writing takes the whole thread: let what is being sent get out first.
  await nextTurn();
  return run.prepare(untilMs, untilMs);
}
