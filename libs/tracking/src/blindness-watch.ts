import { randomUUID } from 'node:crypto';
import type { Clock, Interval } from '@app/recovery';
import {
  lastPresenceMs,
  readBlindness,
  recordBlindness,
  recordPresence,
  type BlindnessCause,
  type Database,
  type FailureFacts,
} from '@app/storage';

/** Presence is renewed every few seconds; a shorter gap than this is no blindness but the renewal's own grain. */
const GAP_MS_MIN = 15_000;
/** Shedding comes and goes with every commit; stretches of one cause this close together are one. */
const SAME_STRETCH_MS = 5_000;

/** What happened to our sight, as it happens; the edge writes it into the log. */
export type BlindnessNews = {
  /** Heartbeats could not be saved; the same may come many times in a second. */
  failed(failure: FailureFacts, heartbeats: number, whose: 'OURS' | 'HEARTBEAT'): void;
  blinded(cause: BlindnessCause): void;
  /** @param forMs how long we were blind, by the service's clock */
  sees(cause: BlindnessCause, forMs: number): void;
};

/**
 * Knows when we could not take reports. What it knows is given to the rules, which count that time for nobody's silence.
 *
 * A restart finds the gap since any process was last present; a database that does not answer and a full queue open a blind
 * stretch that ends with the next commit. Stretches are recorded before the next sweep looks at them.
 */
export class BlindnessWatch {
  private readonly processId = randomUUID();
  private recorded: readonly Interval[] = [];
  private pending: { interval: Interval; cause: BlindnessCause }[] = [];
  private blindSince: { atMs: number; cause: BlindnessCause } | null = null;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly incidentMs: number,
    private readonly news: BlindnessNews,
  ) {}

  /** Records the gap in which no process ran, and reads what is known. Call before anything is swept. */
  async start(): Promise<void> {
    const nowMs = this.clock.now();
    const lastMs = await lastPresenceMs(this.database.pool);
    if (lastMs !== null && nowMs - lastMs > GAP_MS_MIN) {
      await recordBlindness(this.database.pool, { fromMs: lastMs, untilMs: nowMs }, 'NOT_RUNNING');
    }
    await this.renew();
  }

  /** Says that we are present, writes down blind stretches that have ended, and reads those of other processes. */
  async renew(): Promise<void> {
    const nowMs = this.clock.now();
    for (const ended of [...this.pending]) {
      await recordBlindness(this.database.pool, ended.interval, ended.cause);
      this.pending = this.pending.filter((one) => one !== ended);
    }
    if (this.blindSince === null) await recordPresence(this.database.pool, this.processId, nowMs);
    this.recorded = await readBlindness(this.database.pool, nowMs, this.incidentMs);
  }

  /** Whether reports cannot be taken at this moment. Nothing may be concluded from silence meanwhile. */
  get isBlind(): boolean {
    return this.blindSince !== null;
  }

  /** Blind stretches, the open one included, sorted and merged as far as they are recorded. */
  intervals(): readonly Interval[] {
    const unrecorded = this.pending.map((one) => one.interval);
    const nowMs = this.clock.now();
    // A stretch without length counts for nothing: deadlines would move by it, and back when it is not recorded.
    if (this.blindSince !== null && nowMs > this.blindSince.atMs)
      unrecorded.push({ fromMs: this.blindSince.atMs, untilMs: nowMs });
    return unrecorded.length === 0 ? this.recorded : [...this.recorded, ...unrecorded];
  }

  blind(cause: BlindnessCause): void {
    if (this.blindSince !== null) return;
    const nowMs = this.clock.now();
    const last = this.pending[this.pending.length - 1];
    const continues = last?.cause === cause && nowMs - last.interval.untilMs < SAME_STRETCH_MS;
    if (continues) this.pending.pop();
    this.blindSince = { atMs: continues ? last.interval.fromMs : nowMs, cause };
    this.news.blinded(cause);
  }

  failed(failure: FailureFacts, heartbeats: number, whose: 'OURS' | 'HEARTBEAT'): void {
    this.news.failed(failure, heartbeats, whose);
  }

  seeing(): void {
    if (this.blindSince === null) return;
    const { atMs, cause } = this.blindSince;
    this.blindSince = null;
    const nowMs = this.clock.now();
    if (nowMs > atMs) this.pending.push({ interval: { fromMs: atMs, untilMs: nowMs }, cause });
    this.news.sees(cause, nowMs - atMs);
  }
}
