import { HOUR_MS } from '../fleet/week';
import { checkProgress } from '../wire/check-progress';
import { isUnavailable, readProgress, type OrganisationLevel, type Progress } from '../wire/service';
import type { WireClient } from '../wire/wire-client';
import { LiveScreen, statusLine } from './live-screen';
import { progressTable } from './progress-table';

/**
 * So often is the service asked, and a terminal redrawn; other outputs get a table every so many simulated
 * hours.
 */
const LOOK_EVERY_MS = 700;
const PRINT_EVERY_MS = 6 * HOUR_MS;

/** The rate of heartbeats is that of the last few seconds. */
const RATE_OVER_MS = 3_000;

/** Faults of the sums that are written out; beyond that they are only counted. */
const FAULTS_SHOWN_MAX = 20;

export type WatchOptions = {
  readonly client: WireClient;
  readonly out: NodeJS.WriteStream;
  readonly fromMs: number;
  readonly untilMs: number;
};

/**
 * Shows how the regions are doing while a fleet runs, and checks at every look that the sums are exact. Asks
 * the service as a dashboard would, while reports are coming in.
 */
export class ProgressWatch {
  private readonly screen: LiveScreen | null;
  private readonly startedAt = performance.now();
  private readonly samples: { readonly at: number; readonly sent: number }[] = [];
  private lastLookAt = -Infinity;
  private looking: Promise<void> | null = null;
  private lookFailure: Error | null = null;
  private lastPrintedMs: number;
  private table: readonly string[] = [];
  private faultsSoFar = 0;
  private looksSoFar = 0;

  constructor(private readonly options: WatchOptions) {
    this.screen = options.out.isTTY ? new LiveScreen(options.out) : null;
    this.lastPrintedMs = options.fromMs;
  }

  get faults(): number {
    return this.faultsSoFar;
  }

  /** How often the sums were checked. */
  get looks(): number {
    return this.looksSoFar;
  }

  /**
   * To be called after every step: looks, draws or prints when it is time to. Throws what the last look
   * threw.
   */
  async step(nowMs: number, sent: number): Promise<void> {
    const at = performance.now();
    this.samples.push({ at, sent });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > RATE_OVER_MS) this.samples.shift();
    if (this.lookFailure !== null) throw this.lookFailure;
    if (at - this.lastLookAt >= LOOK_EVERY_MS) {
      this.screen?.draw(['', ...this.table, '', this.status(nowMs, sent)]);
      this.lookMeanwhile();
    }
    if (this.screen === null && nowMs - this.lastPrintedMs >= PRINT_EVERY_MS) {
      this.lastPrintedMs = nowMs - ((nowMs - this.options.fromMs) % PRINT_EVERY_MS);
      await this.look();
      this.write([this.status(nowMs, sent), ...this.table, '']);
    }
  }

  /** The last look, at every level of organisation; the levels have to agree with each other as well. */
  async finish(nowMs: number, sent: number): Promise<void> {
    await this.looking;
    if (this.lookFailure !== null) throw this.lookFailure;
    await this.look();
    const closing = [...this.table, '', this.status(nowMs, sent)];
    if (this.screen === null) this.write(closing);
    else this.screen.draw(['', ...closing]);
    this.screen?.release();
    const levels: readonly OrganisationLevel[] = ['NATIONAL', 'REGION', 'ICB', 'PRACTICE'];
    const answers: Progress[] = [];
    for (const level of levels) {
      const progress = await readProgress(this.options.client, level);
      this.report(checkProgress(progress).map((fault) => `by ${level}: ${fault}`));
      answers.push(progress);
    }
    const totals = new Set(answers.map(({ total }) => JSON.stringify({ ...total, organisation: null })));
    if (totals.size > 1)
      this.report(['the totals by nation, region, ICB and practice differ from each other']);
  }

  /** Asks while reports keep coming in, so the sums are checked under way too. One question at a time. */
  private lookMeanwhile(): void {
    this.lastLookAt = performance.now();
    this.looking ??= this.look()
      .catch((error: unknown) => {
        this.lookFailure = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.looking = null;
      });
  }

  /** A service that cannot answer at the moment is asked again at the next look. */
  private async look(): Promise<void> {
    const progress = await readProgress(this.options.client, 'REGION').catch((error: unknown) => {
      if (isUnavailable(error)) return null;
      throw error;
    });
    if (progress === null) return;
    this.report(checkProgress(progress));
    this.table = progressTable(progress);
  }

  private report(faults: readonly string[]): void {
    this.looksSoFar += 1;
    if (faults.length === 0) return;
    const shown = Math.max(0, FAULTS_SHOWN_MAX - this.faultsSoFar);
    this.faultsSoFar += faults.length;
    this.screen?.release();
    this.write(faults.slice(0, shown).map((fault) => `!!! THE SUMS ARE NOT EXACT: ${fault}`));
  }

  private status(nowMs: number, sent: number): string {
    const { fromMs, untilMs } = this.options;
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    const perSecond =
      first === undefined || last === undefined || last.at === first.at
        ? 0
        : ((last.sent - first.sent) / (last.at - first.at)) * 1_000;
    return statusLine({
      fromMs,
      nowMs,
      untilMs,
      sent,
      perSecond,
      elapsedMs: performance.now() - this.startedAt,
    });
  }

  private write(lines: readonly string[]): void {
    if (lines.length > 0) this.options.out.write(`${lines.join('\n')}\n`);
  }
}
