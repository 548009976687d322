import type { Rules } from '@app/recovery';
import { isTransient, saveContacts, type Database, type MachineKey } from '@app/storage';
import { HeartbeatBatcher, type BatcherLimits } from './heartbeat-batcher';
import { IngestUnavailableError } from './ingest-errors';
import { KnownMachines } from './known-machines';
import { recordDecisions } from './record-decisions';
import { settle, type Report, type ReportItem, type ReportResult, type Ticket } from './report-item';
import { sortOutContacts, toContact, type ContactGroup } from './sort-out-contacts';
import type { WriteObserver } from './write-observer';

/** What the blindness watch wants to hear from the write path. */
export type Eyesight = { seeing(): void; blind(cause: 'DATABASE' | 'SHEDDING'): void };

const DATABASE_RETRY_AFTER_SECONDS = 10;

/**
 * Records heartbeats and acknowledges them.
 *
 * 1. `report` puts the heartbeats of one request into the queue; a full queue refuses the whole request.
 * 2. A batch is divided: machines that this process knows and that only go on saying what they said before
 *    (`sortOutContacts`), and all others.
 * 3. Of the former only the contact is written, by one narrow statement (`saveContacts`).
 * 4. The others are loaded, decided by the rules and saved with all that follows from it (`recordDecisions`). So is whoever lost
 *    a race in step 3 because another process wrote its row.
 * 5. Only now, after COMMIT, each request gets its outcomes. If the database is out of reach the request is refused and
 *    nothing is acknowledged.
 */
export class ReportHeartbeats {
  private readonly batcher: HeartbeatBatcher<ReportItem>;
  private readonly machines: KnownMachines;

  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly recordedAtMs: () => number,
    private readonly monotonicMs: () => number,
    private readonly observer: WriteObserver,
    private readonly eyesight: Eyesight,
    limits: BatcherLimits,
  ) {
    this.machines = new KnownMachines();
    this.batcher = new HeartbeatBatcher((items) => this.processBatch(items), limits);
  }

  get queueDepth(): number {
    return this.batcher.depth;
  }

  oldestPendingMs(): number | null {
    return this.batcher.oldestReceivedAtMs();
  }

  drained(): Promise<void> {
    return this.batcher.drained();
  }

  stop(): Promise<void> {
    return this.batcher.stop();
  }

  /**
   * Records the heartbeats of one request and resolves after they were committed, with one result for each, in order.
   *
   * @param receivedAtMs when the request came; stamped once, at the edge
   * @throws IngestUnavailableError when nothing was accepted
   */
  async report(reports: readonly Report[], receivedAtMs: number): Promise<ReportResult[]> {
    if (reports.length === 0) return [];
    return new Promise((resolve, reject) => {
      const ticket: Ticket = {
        results: new Array<ReportResult>(reports.length),
        open: reports.length,
        resolve,
        reject,
      };
      // Fields by name: a spread makes objects that the engine keeps as dictionaries, at a hundred times the price.
      const items = reports.map(({ key, generation, heartbeat }, index): ReportItem => ({
        key,
        generation,
        heartbeat,
        lane: laneOf(key),
        receivedAtMs,
        ticket,
        index,
      }));
      try {
        this.batcher.add(items);
      } catch (error) {
        if (error instanceof IngestUnavailableError && error.refusal === 'QUEUE_FULL')
          this.eyesight.blind('SHEDDING');
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  private async processBatch(items: ReportItem[]): Promise<void> {
    const rules = this.rules();
    this.machines.noticeBlindness(rules.blindness);
    const { contacts, others } = sortOutContacts(items, this.machines, rules);
    await Promise.all([
      contacts.length === 0 ? undefined : this.saveContacts(contacts, rules),
      others.length === 0 ? undefined : this.decide(others, rules),
    ]);
  }

  private async saveContacts(groups: readonly ContactGroup[], rules: Rules): Promise<void> {
    const items = (): ReportItem[] => groups.flatMap((group) => group.items);
    let lost: readonly number[];
    const startedMs = this.monotonicMs();
    try {
      lost = await saveContacts(this.database.pool, groups.map(toContact));
    } catch (error) {
      if (isTransient(error)) return this.refuse(items());
      return this.decide(items(), rules);
    }
    this.committed(items().length, startedMs);
    const lostGroups = lost.map((index) => groups[index] as ContactGroup);
    const isLost = new Set(lostGroups);
    for (const group of groups) if (!isLost.has(group)) this.acknowledge(group);
    if (lostGroups.length === 0) return;
    this.observer.racesLost(lostGroups.length);
    for (const { key } of lostGroups) this.machines.forget(key.machineId);
    await this.decide(
      lostGroups.flatMap((group) => group.items),
      rules,
    );
  }

  private acknowledge({ key, known, footing, items }: ContactGroup): void {
    this.machines.move(key.machineId, known.version + 1, footing);
    for (const item of items) settle(item, ACCEPTED);
  }

  /**
   * A database out of reach refuses everybody. A statement that cannot be carried out is somebody's data, although everything
   * was validated: the batch is halved until that one is alone, so that it fails for nobody else.
   */
  private async decide(items: readonly ReportItem[], rules: Rules): Promise<void> {
    const startedMs = this.monotonicMs();
    try {
      await recordDecisions(items, rules, this.recordedAtMs(), {
        database: this.database,
        machines: this.machines,
        observer: this.observer,
      });
      this.committed(items.length, startedMs);
    } catch (error) {
      const open = items.filter((item) => item.ticket.results[item.index] === undefined);
      if (isTransient(error) || error instanceof IngestUnavailableError) return this.refuse(open);
      if (open.length === 0) return;
      if (open.length === 1)
        return settle(open[0] as ReportItem, { outcome: 'REJECTED', code: 'SAVE_FAILED' });
      const half = Math.ceil(open.length / 2);
      await this.decide(open.slice(0, half), rules);
      await this.decide(open.slice(half), rules);
    }
  }

  private committed(heartbeats: number, startedMs: number): void {
    this.eyesight.seeing();
    this.observer.batchCommitted(heartbeats, this.monotonicMs() - startedMs);
  }

  private refuse(items: readonly ReportItem[]): void {
    this.eyesight.blind('DATABASE');
    const unavailable = new IngestUnavailableError('DATABASE', DATABASE_RETRY_AFTER_SECONDS);
    for (const ticket of new Set(items.map((item) => item.ticket))) ticket.reject(unavailable);
  }
}

const ACCEPTED: ReportResult = { outcome: 'ACCEPTED' };

/** The last hexadecimal digits of a random id spread machines evenly over any small number of lanes. */
function laneOf(key: MachineKey): number {
  return Number.parseInt(key.machineId.slice(-4), 16);
}
