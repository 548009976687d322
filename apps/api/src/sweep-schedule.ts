import { Logger } from '@nestjs/common';
import { SECOND_MS } from '@app/recovery';
import type {
  BlindnessWatch,
  RecheckDeadlines,
  ReportHeartbeats,
  SettleReplacements,
  SweepReport,
  SweepSilence,
} from '@app/tracking';
import type { PresenceSchedule } from './presence-schedule';
import type { RecoveryClock } from './recovery-clock';

/**
 * With the real clock a sweep stays this far behind: a report that another process has received but not committed yet must
 * not lose to its own deadline.
 */
const SWEEP_LAG_MS = 2 * SECOND_MS;
const FAST_SWEEP_EVERY_MS = SECOND_MS;
/** Changes of opening hours are seen to this often. */
const RECHECK_EVERY_MS = 5 * SECOND_MS;

/** Runs what happens by itself: opening hours, silence, and claims of replacement; and when a manual clock is set. */
export class SweepSchedule {
  private readonly logger = new Logger('sweep');
  private timers: NodeJS.Timeout[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  private isSweepWaiting = false;

  constructor(
    private readonly clock: RecoveryClock,
    private readonly sweeper: SweepSilence,
    private readonly replacements: SettleReplacements,
    private readonly blindness: BlindnessWatch,
    private readonly presence: PresenceSchedule,
    private readonly reports: ReportHeartbeats,
    private readonly rechecks: RecheckDeadlines,
    private readonly sweepEveryMs: number,
  ) {}

  /** Starts the timers. A manual clock sweeps when it is set and at no other time. */
  start(): void {
    this.timers.push(setInterval(() => void this.inTurn(() => this.rechecks.run()), RECHECK_EVERY_MS));
    if (this.clock.setting.kind === 'MANUAL') return;
    const everyMs = this.clock.setting.kind === 'FAST' ? FAST_SWEEP_EVERY_MS : this.sweepEveryMs;
    this.timers.push(setInterval(() => this.sweepNext(), everyMs));
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    await this.turn;
  }

  /** Sets the manual clock and does what is due by then. Reports accepted before belong to the time before. */
  async advanceTo(nowMs: number): Promise<void> {
    await this.exclusively(async () => {
      await this.reports.drained();
      if (!this.clock.set(nowMs)) return;
      await this.presence.renew();
      while (!(await this.rechecks.run()));
      for (let isDone = false; !isDone;) {
        const { postponed, unfinished } = await this.sweepOnce();
        isDone = postponed === 0 && !unfinished;
      }
    });
  }

  /** One sweep waits for its turn at most. One that has not come to its end is followed by the next, behind what waits already. */
  private sweepNext(): void {
    if (this.isSweepWaiting) return;
    this.isSweepWaiting = true;
    void this.inTurn(async () => {
      this.isSweepWaiting = false;
      const { unfinished } = await this.sweepOnce();
      if (unfinished && this.timers.length > 0) this.sweepNext();
    });
  }

  /**
   * Deadlines up to now, but none that a report still waiting for its commit may have met.
   *
   * @returns what is left to the next sweep
   */
  private async sweepOnce(): Promise<Pick<SweepReport, 'postponed' | 'unfinished'>> {
    if (this.blindness.isBlind) return { postponed: 0, unfinished: false };
    const lagMs = this.clock.setting.kind === 'REAL' ? SWEEP_LAG_MS : 0;
    const pendingMs = this.reports.oldestPendingMs();
    const untilMs = Math.min(
      this.clock.now() - lagMs,
      pendingMs === null ? Number.POSITIVE_INFINITY : pendingMs - 1,
    );
    await this.rechecks.run();
    const report = await this.sweeper.sweep(untilMs);
    const replaced = await this.replacements.settle(untilMs);
    const { examined, moved, held, sitesBack } = report;
    if (replaced > 0) this.logger.log({ event: 'replacements_settled', machines: replaced });
    if (moved > 0) this.logger.debug({ event: 'silence_swept', examined, moved });
    if (held > 0 || sitesBack > 0) this.logger.log({ event: 'silence_held', machines: held, sitesBack });
    return report;
  }

  /** One thing at a time; a failure is told and does not stop the next turn. */
  private inTurn(work: () => Promise<unknown>): Promise<void> {
    return this.exclusively(work).catch((error: unknown) => {
      this.logger.warn({
        event: 'turn_failed',
        error: error instanceof Error ? error.message : String(error),
      });
    });
  }

  private exclusively(work: () => Promise<unknown>): Promise<void> {
    const mine = this.turn.then(work).then(() => undefined);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}
