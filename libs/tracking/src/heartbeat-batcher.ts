import { IngestUnavailableError } from './ingest-errors';

/** Something to be done for one machine; all with the same `lane` are done in the order in which they came. */
export type Queued = { readonly lane: number; readonly receivedAtMs: number };

/** How much the batcher holds and does at once. */
export type BatcherLimits = {
  /** Heartbeats in one transaction: large enough to share a COMMIT, small enough not to hold it up. */
  readonly batchItemsMax: number;
  /** Batches on their way at once. A machine always takes the same lane, so a process never races itself. */
  readonly lanes: number;
  /** So few that wait go together in one batch over all lanes: a COMMIT costs as much as hundreds of them. */
  readonly togetherItemsMax: number;
};

/** Batches of 2,000 over two lanes were the knee of the curve: one lane waits for the database while the other prepares. */
export const DEFAULT_BATCHER_LIMITS: BatcherLimits = {
  batchItemsMax: 2_000,
  lanes: 2,
  togetherItemsMax: 1_000,
};

/** What a refused client is asked to wait. */
const STOPPING_RETRY_AFTER_SECONDS = 10;

/**
 * Group commit. Whatever arrives while a batch is on its way makes up the next one, so the size of
 * batches follows the load and an idle service waits for nothing.
 */
export class HeartbeatBatcher<Item extends Queued> {
  private readonly queues: Item[][];
  private readonly inFlight = new Set<readonly Item[]>();
  /** The batch that holds each lane. */
  private readonly running: (Promise<void> | null)[];
  private waiting = 0;
  private stopping = false;
  private wakes = false;

  /** @param process does all the items of a batch and never rejects: it settles every item itself */
  constructor(
    private readonly process: (items: Item[]) => Promise<void>,
    private readonly limits: BatcherLimits,
  ) {
    this.queues = Array.from({ length: limits.lanes }, () => []);
    this.running = Array.from({ length: limits.lanes }, () => null);
  }

  /** Heartbeats that wait for their batch. */
  get depth(): number {
    return this.waiting;
  }

  /**
   * Accepts all of these items or none.
   *
   * @throws IngestUnavailableError when the service is stopping
   */
  add(items: readonly Item[]): void {
    if (this.stopping) throw new IngestUnavailableError('STOPPING', STOPPING_RETRY_AFTER_SECONDS);
    this.waiting += items.length;
    for (const item of items) (this.queues[item.lane % this.limits.lanes] as Item[]).push(item);
    this.wake();
  }

  /** When the oldest heartbeat came that is not committed yet; null when there is none. */
  oldestReceivedAtMs(): number | null {
    let oldestMs: number | null = null;
    for (const items of [...this.queues, ...this.inFlight]) {
      for (const item of items) {
        if (oldestMs === null || item.receivedAtMs < oldestMs) oldestMs = item.receivedAtMs;
      }
    }
    return oldestMs;
  }

  /** Resolves when everything accepted so far has been done. */
  async drained(): Promise<void> {
    while (this.waiting > 0 || this.inFlight.size > 0) {
      await Promise.all(this.running.filter((batch) => batch !== null));
      // What was accepted in this turn is on its way after it.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Accepts nothing more, and resolves when everything accepted has been done. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.drained();
  }

  /** Requests that arrive in the same turn of the event loop share the first batch. */
  private wake(): void {
    if (this.wakes) return;
    this.wakes = true;
    setImmediate(() => {
      this.wakes = false;
      this.start();
    });
  }

  /**
   * Starts what can be started. Few items go together when every lane is free, and wait for that when one is not; many go
   * lane by lane.
   */
  private start(): void {
    const { lanes, batchItemsMax, togetherItemsMax } = this.limits;
    if (this.waiting === 0) return;
    const all = Array.from({ length: lanes }, (_, lane) => lane);
    if (this.waiting <= togetherItemsMax) {
      if (this.inFlight.size === 0)
        this.run(
          all,
          this.queues.flatMap((queue) => queue.splice(0)),
        );
      return;
    }
    for (const lane of all) {
      const queue = this.queues[lane] as Item[];
      if (this.running[lane] === null && queue.length > 0) this.run([lane], queue.splice(0, batchItemsMax));
    }
  }

  private run(lanes: readonly number[], batch: Item[]): void {
    this.inFlight.add(batch);
    this.waiting -= batch.length;
    const done = this.process(batch).finally(() => {
      this.inFlight.delete(batch);
      for (const lane of lanes) this.running[lane] = null;
      this.start();
    });
    for (const lane of lanes) this.running[lane] = done;
  }
}
