import type { RecoveryClock } from './recovery-clock';

/** The time that rates are counted in, and that keys of issuers age by. Never goes back. */
export type RateClock = {
  /** Milliseconds of the service's time since any moment. */
  readonly now: () => number;
  /** How much faster than real time it runs. */
  readonly speed: number;
};

/** As fast as the service's clock, moved with a manual one, and never back. */
export function rateClock(clock: RecoveryClock, monotonicMs: () => number): RateClock {
  const { setting } = clock;
  const speed = setting.kind === 'FAST' ? setting.factor : 1;
  return {
    speed,
    now: setting.kind === 'MANUAL' ? () => clock.now() + monotonicMs() : () => monotonicMs() * speed,
  };
}
