import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND_MS } from '../fleet/week';
import { moveClock, readClock } from '../wire/service';
import type { WireClient } from '../wire/wire-client';

/** Whose clock the run follows. All times are the service's. */
export type ServiceClock = {
  /**
   * True when the clock stands still until it is moved, so that the time of the next step is known
   * beforehand.
   */
  readonly manual: boolean;
  /** How far to go per step. */
  readonly stepMs: number;
  /** Returns as soon as it is `atMs` at the service, or later if it is; says what time it is then. */
  readonly reach: (atMs: number) => Promise<number>;
};

/**
 * Reports are five minutes apart: one step gathers about one report of each machine, which makes full
 * batches.
 */
const STEP_MS_MAX = 300 * SECOND_MS;
const STEP_MS_MIN = 5 * SECOND_MS;

/** A clock that runs by itself is walked with in steps of about half a second. */
const STEP_REAL_SECONDS = 0.5;

/** Between the two readings that tell how fast the service's clock runs. */
const PACE_MEASURED_OVER_MS = 2_000;

/** A manual clock: this run moves it, at most `speed` simulated seconds per second. */
export function manualClock(
  client: WireClient,
  adminToken: string,
  fromMs: number,
  speed: number,
): ServiceClock {
  const startedAt = performance.now();
  return {
    manual: true,
    stepMs: STEP_MS_MAX,
    reach: async (atMs) => {
      const aheadMs = (atMs - fromMs) / speed - (performance.now() - startedAt);
      if (aheadMs > 0) await sleep(aheadMs);
      await moveClock(client, adminToken, atMs);
      return atMs;
    },
  };
}

/** A clock that runs by itself, at real or at greater speed: this run waits for it. */
export async function runningClock(client: WireClient, adminToken: string): Promise<ServiceClock> {
  const { nowMs: firstMs } = await readClock(client, adminToken);
  const firstAt = performance.now();
  await sleep(PACE_MEASURED_OVER_MS);
  const { nowMs: secondMs } = await readClock(client, adminToken);
  const secondAt = performance.now();
  const pace = Math.max(1, Math.round((secondMs - firstMs) / (secondAt - firstAt)));
  const nowMs = (): number => secondMs + (performance.now() - secondAt) * pace;
  return {
    manual: false,
    stepMs: Math.min(STEP_MS_MAX, Math.max(STEP_MS_MIN, pace * STEP_REAL_SECONDS * SECOND_MS)),
    reach: async (atMs) => {
      const waitMs = (atMs - nowMs()) / pace;
      if (waitMs > 0) await sleep(waitMs);
      return Math.max(atMs, nowMs());
    },
  };
}
