import { randomUUID } from 'node:crypto';
import type { Clock, Interval } from '@app/recovery';
import {
  lastPresenceMs,
  readBlindness,
  provePresence,
  refuseNewerSchema,
  recordBlindness,
  type BlindnessCause,
  type Database,
  type EndedBlindness,
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
  private pending: readonly EndedBlindness[] = [];
  /** When it was last known that reports can be taken. */
  private seenAtMs: number | null = null;
  private replaced = false;
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
    const lastMs = await lastPresenceMs(this.database.lookout);
    if (lastMs !== null && nowMs - lastMs > GAP_MS_MIN) {
      await recordBlindness(this.database.lookout, { fromMs: lastMs, untilMs: nowMs }, 'NOT_RUNNING');
    }
    await this.renew();
  }

  /**
   * Tries whether reports can be taken (`provePresence`), and if so says that we are present and ends a blind stretch, unless `isHeldUp`.
   * Blind stretches that ended before are written down, and those of other processes read.
   *
   * @throws whatever kept the database from it; we are blind then, since it was last known that we see
   */
  async renew(isHeldUp = (): boolean => false): Promise<void> {
    const nowMs = this.clock.now();
    const ended = this.pending;
    try {
      await this.refuseIfReplaced();
      // While we are blind we were there only until that began: should we end before it does, the start finds the gap.
      await provePresence(this.database, this.processId, this.blindSince?.atMs ?? nowMs, ended);
      this.recorded = await readBlindness(this.database.lookout, nowMs, this.incidentMs);
    } catch (error) {
      this.lost();
      throw error;
    }
    this.pending = this.pending.filter((one) => !ended.includes(one));
    if (!isHeldUp()) this.seeing();
  }

  /** A newer version has migrated the database: this process writes nothing more until it is replaced. */
  private async refuseIfReplaced(): Promise<void> {
    try {
      await refuseNewerSchema(this.database.dataSource, this.database.lookout);
      this.replaced = false;
    } catch (error) {
      this.replaced ||= error instanceof Error && error.name === 'NewerSchemaError';
      throw error;
    }
  }

  /** Whether no report may be taken, although the database would take it: a newer version of the program has taken over. */
  get isReplaced(): boolean {
    return this.replaced;
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

  /** Nothing is heard of the database: we are blind since it was last known that we see. */
  lost(): void {
    this.blind('DATABASE', this.seenAtMs ?? this.clock.now());
  }

  /** @param sinceMs when it began; now, unless it was noticed later */
  blind(cause: BlindnessCause, sinceMs = this.clock.now()): void {
    if (this.blindSince !== null) return;
    const last = this.pending[this.pending.length - 1];
    const continues = last?.cause === cause && sinceMs - last.interval.untilMs < SAME_STRETCH_MS;
    if (continues) this.pending = this.pending.slice(0, -1);
    this.blindSince = { atMs: continues ? last.interval.fromMs : sinceMs, cause };
    this.news.blinded(cause);
  }

  failed(failure: FailureFacts, heartbeats: number, whose: 'OURS' | 'HEARTBEAT'): void {
    this.news.failed(failure, heartbeats, whose);
  }

  seeing(): void {
    const nowMs = this.clock.now();
    if (this.replaced) return;
    this.seenAtMs = nowMs;
    if (this.blindSince === null) return;
    const { atMs, cause } = this.blindSince;
    this.blindSince = null;
    if (nowMs > atMs) this.pending = [...this.pending, { interval: { fromMs: atMs, untilMs: nowMs }, cause }];
    this.news.sees(cause, nowMs - atMs);
  }
}
