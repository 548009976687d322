import { Logger } from '@nestjs/common';
import { MINUTE_MS, SECOND_MS } from '@app/recovery';
import type { ReconcileBooks } from '@app/tracking';
import type { RecoveryClock } from './recovery-clock';

/** A fleet grows by days; the rate at which reports are invited follows within this time. */
const FLEET_COUNTED_EVERY_MS = MINUTE_MS;

/** What happens by itself and nobody waits for: counting the fleet for the spacing of reports and for what is known of machines, and reconciling the books. */
export class UpkeepSchedule {
  private readonly logger = new Logger('upkeep');
  private timers: NodeJS.Timeout[] = [];
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly clock: RecoveryClock,
    /** Told how many machines there are. */
    private readonly fleetIs: (machines: number) => void,
    private readonly countMachines: () => Promise<number>,
    private readonly books: ReconcileBooks,
    /** Null: only when somebody asks for it. */
    private readonly reconcileEverySeconds: number | null,
  ) {}

  /** Starts the timers. With a manual clock nothing happens by itself: time stands still, and any two reports are a storm. */
  start(): void {
    if (this.clock.setting.kind === 'MANUAL') return;
    const countFleet = (): void => this.run(async () => this.fleetIs(await this.countMachines()));
    countFleet();
    this.timers.push(setInterval(countFleet, FLEET_COUNTED_EVERY_MS));
    if (this.reconcileEverySeconds === null) return;
    const reconcile = (): void => this.run(() => this.reconcile());
    this.timers.push(setInterval(reconcile, this.reconcileEverySeconds * SECOND_MS));
  }

  /** Ends the timers; resolves when what they began is over. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    this.books.stop();
    await Promise.all(this.underWay);
  }

  private async reconcile(): Promise<void> {
    const { kinds, machines, tookMs } = await this.books.reconcile(false);
    const drift = kinds.filter(({ found }) => found > 0);
    if (drift.length > 0) this.logger.error({ event: 'books_differ', machines, tookMs, drift });
  }

  /** A failure is told, and the next turn comes all the same. */
  private run(work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => {
        this.logger.warn({
          event: 'upkeep_failed',
          error: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => this.underWay.delete(done));
    this.underWay.add(done);
  }
}
