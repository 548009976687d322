import { Logger } from '@nestjs/common';
import { SECOND_MS } from '@app/recovery';
import type { BlindnessWatch, ReportHeartbeats } from '@app/tracking';
import { CountedLog } from './counted-log';

/** How often we look whether reports wait, and, while we are blind, whether the database is back. */
const LOOK_EVERY_MS = SECOND_MS / 2;
/** Presence is renewed this often; a crash can hide at most so much of our being alive. */
const PRESENCE_EVERY_MS = 5 * SECOND_MS;
/** A renewal that takes longer hangs. */
const HANGS_AFTER_MS = 3 * SECOND_MS;

/** Keeps looking whether reports can be taken. Nothing here waits for anything: a look that hangs is noticed by the next one. */
export class PresenceSchedule {
  private readonly failures = new CountedLog((fields) => new Logger('presence').error(fields));
  private timer: NodeJS.Timeout | null = null;
  private renewal: Promise<void> | null = null;
  private renewedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly blindness: BlindnessWatch,
    private readonly reports: ReportHeartbeats,
    private readonly monotonicMs: () => number,
  ) {}

  start(): void {
    this.renewedMs = this.monotonicMs();
    // After what has arrived meanwhile was read: a process that was busy with itself must not blame the database.
    this.timer = setInterval(() => setImmediate(() => this.look()), LOOK_EVERY_MS);
  }

  /** Ends the looking; resolves when what was begun is over. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.renewal?.catch(() => undefined);
  }

  /** Renews at once, for those who have to know. @throws whatever kept the database from it */
  async renew(): Promise<void> {
    await this.renewal?.catch(() => undefined);
    await this.begin();
  }

  private look(): void {
    if (this.timer === null) return;
    const stalledSinceMs = this.reports.stalledSinceMs();
    if (stalledSinceMs !== null) this.blindness.blind('DATABASE', stalledSinceMs);
    const sinceMs = this.monotonicMs() - this.renewedMs;
    if (this.renewal !== null) {
      if (sinceMs > HANGS_AFTER_MS) this.blindness.lost();
      return;
    }
    if (!this.blindness.isBlind && sinceMs < PRESENCE_EVERY_MS) return;
    this.begin().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      this.failures.say(message, { event: 'presence_not_renewed', error: message });
    });
  }

  private begin(): Promise<void> {
    this.renewedMs = this.monotonicMs();
    const renewal = this.blindness.renew(() => this.reports.stalledSinceMs() !== null);
    this.renewal = renewal.finally(() => (this.renewal = null));
    this.renewal.catch(() => undefined);
    return renewal;
  }
}
