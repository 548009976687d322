import type { Rules } from '@app/recovery';
import {
  describeFailure,
  isDataFault,
  isProgramFault,
  saveContacts,
  type Database,
  type FailureFacts,
  type MachineKey,
} from '@app/storage';
import { DEFAULT_BATCHER_LIMITS, HeartbeatBatcher, type BatcherLimits } from './heartbeat-batcher';
import { HeartbeatFaults } from './heartbeat-faults';
import { IngestUnavailableError } from './ingest-errors';
import { isolateFaults, type LoneFault } from './isolate-faults';
import { KnownMachines } from './known-machines';
import { recordDecisions } from './record-decisions';
import { settle, type Report, type ReportItem, type ReportResult, type Ticket } from './report-item';
import { sortOutContacts, toContact, type ContactGroup } from './sort-out-contacts';
import type { WriteObserver } from './write-observer';

/** What the blindness watch wants to hear from the write path. */
export type Eyesight = {
  /** A newer version of the program has migrated the database: reports are its, not ours. */
  readonly isReplaced: boolean;
  seeing(): void;
  blind(cause: 'DATABASE' | 'SHEDDING'): void;
  /** Heartbeats could not be saved: by our own fault, so that they come again, or by theirs. */
  failed(failure: FailureFacts, heartbeats: number, whose: 'OURS' | 'HEARTBEAT'): void;
};

/** How much waits and how much is done at once. */
export type IngestLimits = BatcherLimits & {
  /** Heartbeats that may wait; more are refused, because waiting longer than a client does helps nobody. */
  readonly queueItemsMax: number;
};

/** 60,000 waiting heartbeats are about a second of work and some 60 MB. */
export const DEFAULT_INGEST_LIMITS: IngestLimits = { ...DEFAULT_BATCHER_LIMITS, queueItemsMax: 60_000 };

const DATABASE_RETRY_AFTER_SECONDS = 10;
/**
 * When the oldest report has waited so long, and none was saved meanwhile, the database hangs. Batches take milliseconds, up to half a
 * second after a checkpoint of a large fleet.
 */
const STALLED_AFTER_MS = 3_000;
/** What a refused client is asked to wait; the jitter of its next report spreads the rest. */
const FULL_RETRY_AFTER_SECONDS = 5;

/**
 * Records heartbeats and acknowledges them.
 *
 * 1. `report` puts the heartbeats of one request into the queue; a full queue refuses the whole request.
 * 2. A batch is divided: machines that this process knows and that only go on saying what they said before
 *    (`sortOutContacts`), and all others.
 * 3. Of the former only the contact is written, by one narrow statement (`saveContacts`).
 * 4. The others queue for themselves, are loaded, decided by the rules and saved with all that follows from it
 *    (`recordDecisions`). So is whoever lost a race in step 3 because another process wrote its row. Which of two heartbeats of
 *    one machine is decided first does not matter: the rules end in the same memory in any order.
 * 5. Only now, after COMMIT, each request gets its outcomes. Whatever else fails is ours (`isolateFaults`, `HeartbeatFaults`): the
 *    request is refused, nothing is acknowledged, and it may come again.
 */
export class ReportHeartbeats {
  private readonly contacts: HeartbeatBatcher<ReportItem>;
  private readonly decisions: HeartbeatBatcher<ReportItem>;
  private readonly machines = new KnownMachines();
  private readonly faults = new HeartbeatFaults();
  /** Requests without an answer, the oldest first. */
  private readonly tickets = new Set<Ticket>();
  /** When reports were saved last: by the monotonic clock, and by the service's. */
  private savedMs = Number.NEGATIVE_INFINITY;
  private savedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly recordedAtMs: () => number,
    private readonly monotonicMs: () => number,
    private readonly observer: WriteObserver,
    private readonly eyesight: Eyesight,
    private readonly limits: IngestLimits,
  ) {
    this.contacts = new HeartbeatBatcher((items) => this.orRefuse(items, this.processBatch(items)), limits);
    this.decisions = new HeartbeatBatcher((items) => this.orRefuse(items, this.decide(items)), limits);
  }

  /** @param machines how many there are to be heard from */
  fleetIs(machines: number): void {
    this.machines.reserve(machines);
  }

  get queueDepth(): number {
    return this.contacts.depth + this.decisions.depth;
  }

  oldestPendingMs(): number | null {
    const [one, other] = [this.contacts.oldestReceivedAtMs(), this.decisions.oldestReceivedAtMs()];
    return one === null || other === null ? (one ?? other) : Math.min(one, other);
  }

  /** Since when reports wait and none is saved, by the service's clock; null while they are saved, or none waits. */
  stalledSinceMs(): number | null {
    const [oldest] = this.tickets;
    if (oldest === undefined) return null;
    const sinceMs = Math.max(oldest.waitsSinceMs, this.savedMs);
    if (this.monotonicMs() - sinceMs < STALLED_AFTER_MS) return null;
    return Math.max(oldest.receivedAtMs, this.savedAtMs);
  }

  /** Resolves when everything accepted so far has been done. */
  async drained(): Promise<void> {
    await this.contacts.drained();
    await this.decisions.drained();
  }

  /** Accepts nothing more, and resolves when everything accepted has been done. */
  async stop(): Promise<void> {
    await this.contacts.stop();
    await this.decisions.stop();
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
        receivedAtMs,
        waitsSinceMs: this.monotonicMs(),
        open: reports.length,
        resolve: (results) => {
          this.tickets.delete(ticket);
          resolve(results);
        },
        reject: (error) => {
          this.tickets.delete(ticket);
          reject(error);
        },
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
        this.accept(items);
        this.tickets.add(ticket);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  private accept(items: readonly ReportItem[]): void {
    if (this.queueDepth + items.length > this.limits.queueItemsMax) {
      this.eyesight.blind('SHEDDING');
      throw new IngestUnavailableError('QUEUE_FULL', FULL_RETRY_AFTER_SECONDS);
    }
    // What waits longer than a client does helps nobody, and those who wait hold connections.
    if (this.eyesight.isReplaced || this.stalledSinceMs() !== null) throw unavailable();
    this.contacts.add(items);
  }

  private async processBatch(items: ReportItem[]): Promise<void> {
    const rules = this.rules();
    this.machines.noticeBlindness(rules.blindness);
    const { contacts, others } = sortOutContacts(items, this.machines, rules);
    this.decisions.add(others);
    if (contacts.length > 0) await this.saveContacts(contacts);
  }

  private async saveContacts(groups: readonly ContactGroup[]): Promise<void> {
    const items = (): ReportItem[] => groups.flatMap((group) => group.items);
    let lost: readonly number[];
    const startedMs = this.monotonicMs();
    try {
      lost = await saveContacts(this.database.pool, groups.map(toContact));
    } catch (error) {
      // Somebody's data: who that is will be found out among the decisions.
      if (isDataFault(error) || isProgramFault(error)) this.decisions.add(items());
      else this.refuse(items(), error);
      return;
    }
    this.committed(items().length, startedMs);
    const lostGroups = lost.map((index) => groups[index] as ContactGroup);
    const isLost = new Set(lostGroups);
    this.faults.noteSaved({ machines: groups.length - lostGroups.length, described: 0, moved: 0 }, NO_ITEMS);
    for (const group of groups) if (!isLost.has(group)) this.acknowledge(group);
    if (lostGroups.length === 0) return;
    this.observer.racesLost(lostGroups.length);
    for (const { key } of lostGroups) this.machines.forget(key.machineId);
    this.decisions.add(lostGroups.flatMap((group) => group.items));
  }

  private acknowledge({ key, known, footing, items }: ContactGroup): void {
    this.machines.move(key.machineId, known.version + 1, footing);
    for (const item of items) settle(item, ACCEPTED);
  }

  private async decide(items: readonly ReportItem[]): Promise<void> {
    const startedMs = this.monotonicMs();
    const parts = { database: this.database, machines: this.machines, observer: this.observer };
    const { saved, alone, refused, failure } = await isolateFaults(items, (some) =>
      recordDecisions(some, this.rules(), this.recordedAtMs(), parts),
    );
    const own = alone.length === 0 ? null : this.faults.ownFaults(alone, saved);
    const notSaved = new Set([...refused, ...alone.map(({ item }) => item)]);
    if (saved.machines > 0 || notSaved.size === 0) this.committed(items.length - notSaved.size, startedMs);
    this.faults.noteSaved(saved, notSaved.size === 0 ? items : items.filter((item) => !notSaved.has(item)));
    for (const { item, error } of alone) {
      const isOwn = own?.has(item) === true;
      this.eyesight.failed(describeFailure(error), 1, isOwn ? 'HEARTBEAT' : 'OURS');
      if (isOwn) settle(item, { outcome: 'REJECTED', code: 'SAVE_FAILED' });
      else item.ticket.reject(unavailable());
    }
    if (refused.length > 0) this.refuse(refused, failure);
    // One machine must not make us blind for all; where several fail and none is saved, it is not for their sake.
    else if (saved.machines === 0 && countMachines(alone) > 1) this.eyesight.blind('DATABASE');
  }

  private committed(heartbeats: number, startedMs: number): void {
    this.savedMs = this.monotonicMs();
    this.savedAtMs = this.recordedAtMs();
    this.eyesight.seeing();
    this.observer.batchCommitted(heartbeats, this.savedMs - startedMs);
  }

  private refuse(items: readonly ReportItem[], error: unknown): void {
    this.eyesight.blind('DATABASE');
    this.eyesight.failed(describeFailure(error), items.length, 'OURS');
    for (const ticket of new Set(items.map((item) => item.ticket))) ticket.reject(unavailable());
  }

  /** Whatever was not foreseen: no heartbeat stays without an answer, and no batch ends the process. */
  private async orRefuse(items: readonly ReportItem[], work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.refuse(items, error);
    }
  }
}

const NO_ITEMS: readonly ReportItem[] = [];

function unavailable(): IngestUnavailableError {
  return new IngestUnavailableError('DATABASE', DATABASE_RETRY_AFTER_SECONDS);
}

function countMachines(alone: readonly LoneFault[]): number {
  return new Set(alone.map(({ item }) => item.key.machineId)).size;
}

const ACCEPTED: ReportResult = { outcome: 'ACCEPTED' };

/** The last hexadecimal digits of a random id spread machines evenly over any small number of lanes. */
function laneOf(key: MachineKey): number {
  return Number.parseInt(key.machineId.slice(-4), 16);
}
