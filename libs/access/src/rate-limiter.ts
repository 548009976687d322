/** How much may be taken in how long; a whole window's worth may be taken at once. */
export type RatePolicy = {
  /** Names the policy in the answers to those it limits. */
  readonly name: string;
  readonly quota: number;
  readonly windowMs: number;
};

/** Where somebody stands: what is left, and when all of it is there again. */
export type RateStanding = {
  readonly policy: RatePolicy;
  readonly remaining: number;
  readonly fullAfterMs: number;
};

/**
 * Keys remembered in each of two generations. Whoever has been quiet while so many others came is forgotten, which gives him a
 * full window again: that errs on the side of hearing somebody.
 */
const KEYS_MAX = 20_000;

/**
 * Limits rates by key (GCRA, the leaky bucket as one number a key): the moment at which all that was taken will have been given
 * back. Costs a look-up and a store in a map; memory is bounded. Time is the caller's, in milliseconds, and must not go back.
 */
export class RateLimiter {
  private young = new Map<string, number>();
  private old = new Map<string, number>();
  private readonly unitMs: number;

  constructor(
    readonly policy: RatePolicy,
    private readonly keysMax = KEYS_MAX,
  ) {
    this.unitMs = policy.windowMs / policy.quota;
  }

  /**
   * Takes `units`, all or none.
   *
   * @returns 0 when they were granted, else the milliseconds after which they would be; Infinity for more than the quota
   */
  take(key: string, units: number, nowMs: number): number {
    if (units > this.policy.quota) return Number.POSITIVE_INFINITY;
    const emptyAtMs = Math.max(this.emptyAt(key), nowMs) + units * this.unitMs;
    const waitMs = emptyAtMs - nowMs - this.policy.windowMs;
    // A millionth of a millisecond is rounding, and nobody waits for that.
    if (waitMs > 1e-6) return waitMs;
    this.remember(key, emptyAtMs);
    return 0;
  }

  /** Takes `units` whether or not they are there: what is found out too late to refuse is paid off before the next is granted. */
  charge(key: string, units: number, nowMs: number): void {
    this.remember(key, Math.max(this.emptyAt(key), nowMs) + units * this.unitMs);
  }

  /** Gives back what was taken and not used. */
  refund(key: string, units: number): void {
    if (units > 0) this.remember(key, this.emptyAt(key) - units * this.unitMs);
  }

  /** How long until one unit could be taken; 0 when it could be now. Takes nothing. */
  waitMs(key: string, nowMs: number): number {
    return Math.max(0, this.emptyAt(key) + this.unitMs - nowMs - this.policy.windowMs);
  }

  standing(key: string, nowMs: number): RateStanding {
    const fullAfterMs = Math.max(0, this.emptyAt(key) - nowMs);
    const remaining = Math.max(0, Math.floor((this.policy.windowMs - fullAfterMs) / this.unitMs + 1e-6));
    return { policy: this.policy, remaining, fullAfterMs };
  }

  /** When everything that was taken under a key will have been given back; long ago when nothing was. */
  private emptyAt(key: string): number {
    return this.young.get(key) ?? this.old.get(key) ?? Number.NEGATIVE_INFINITY;
  }

  private remember(key: string, emptyAtMs: number): void {
    this.young.set(key, emptyAtMs);
    if (this.young.size < this.keysMax) return;
    this.old = this.young;
    this.young = new Map();
  }
}
