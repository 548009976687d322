import type { OutageStage } from '../stage/outage-stage';

/** Sweeps that came to their end: how many, how long they took together, and what they moved and held. */
export type Sweeps = {
  readonly count: number;
  readonly seconds: number;
  readonly moved: number;
  readonly held: number;
};

const LOOK_EVERY_MS = 100;

/** The sweeps, one by one, that come to their end from now on, until enough have been seen or the time is over. */
export async function watchSweeps(
  stage: OutageStage,
  withinMs: number,
  isEnough: (seen: readonly Sweeps[]) => boolean,
): Promise<readonly Sweeps[]> {
  const deadlineMs = performance.now() + withinMs;
  const seen: Sweeps[] = [];
  let before = await readSweeps(stage);
  while (!isEnough(seen) && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const now = await readSweeps(stage);
    if (now.count === before.count) continue;
    seen.push({
      count: now.count - before.count,
      seconds: now.seconds - before.seconds,
      moved: now.moved - before.moved,
      held: now.held - before.held,
    });
    before = now;
  }
  if (seen.length === 0) throw new Error(`no sweep came to its end within ${withinMs / 1_000} s`);
  return seen;
}

async function readSweeps(stage: OutageStage): Promise<Sweeps> {
  const metrics = await stage.service.metrics();
  const read = (name: string): number => {
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1];
    if (value === undefined) throw new Error(`the service's metrics do not tell ${name}`);
    return Number(value);
  };
  return {
    count: read('recovery_sweep_seconds_count'),
    seconds: read('recovery_sweep_seconds_sum'),
    moved: read('recovery_sweep_transitions_total'),
    held: read('recovery_sweep_held_total'),
  };
}
