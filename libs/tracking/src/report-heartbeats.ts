import {
  decideHeartbeat,
  proveHeartbeat,
  type Heartbeat,
  type Outcome,
  type RefusalCode,
  type Rules,
  type Transition,
} from '@app/recovery';
import {
  compareMachineKeys,
  factsOf,
  hashFacts,
  isTransient,
  loadMachines,
  mergeFacts,
  saveDecisions,
  type Database,
  type MachineChange,
  type MachineFacts,
  type MachineKey,
  type StoredMachine,
} from '@app/storage';
import { HeartbeatBatcher, type BatcherLimits } from './heartbeat-batcher';
import { IngestUnavailableError } from './ingest-errors';
import type { WriteObserver } from './write-observer';

/** One heartbeat to be recorded. `generation` is that of the machine's own credential, null when a relay vouches for it. */
export type Report = {
  readonly key: MachineKey;
  readonly generation: number | null;
  readonly heartbeat: Heartbeat;
};

/** What became of one heartbeat. */
export type ReportResult =
  | { readonly outcome: Outcome }
  | {
      readonly outcome: 'REJECTED';
      readonly code: Extract<RefusalCode, 'UNKNOWN_MACHINE' | 'SAVE_FAILED'> | 'CREDENTIAL_REVOKED';
    };

/** What the blindness watch wants to hear from the write path. */
export type Eyesight = { seeing(): void; blind(cause: 'DATABASE' | 'SHEDDING'): void };

/** A machine reported by several processes at once may move under our hands; after this many rounds somebody is abusing it. */
const ROUNDS_MAX = 8;
const DATABASE_RETRY_AFTER_SECONDS = 10;

type Ticket = {
  readonly results: ReportResult[];
  open: number;
  readonly resolve: (results: ReportResult[]) => void;
  readonly reject: (error: Error) => void;
};

type Item = Report & {
  readonly lane: number;
  readonly receivedAtMs: number;
  readonly ticket: Ticket;
  readonly index: number;
};

/**
 * Records heartbeats: load, decide, save, acknowledge.
 *
 * 1. `report` puts the heartbeats of one request into the queue; a full queue refuses the whole request.
 * 2. A batch groups what waits by machine and loads the machines by one SELECT.
 * 3. The rules decide each heartbeat in order of arrival (`decideHeartbeat`); nothing is written yet.
 * 4. One statement saves all decisions: contact, state, facts, transitions, counts, ledger. It is a transaction of its own.
 * 5. Machines whose row moved since step 2 lost a race against another process: they go back to step 2.
 * 6. Only now, after COMMIT, each request gets its outcomes. If the database is out of reach the request is refused and
 *    nothing is acknowledged.
 */
export class ReportHeartbeats {
  private readonly batcher: HeartbeatBatcher<Item>;

  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly recordedAtMs: () => number,
    private readonly monotonicMs: () => number,
    private readonly observer: WriteObserver,
    private readonly eyesight: Eyesight,
    limits: BatcherLimits,
  ) {
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
      const items = reports.map(({ key, generation, heartbeat }, index): Item => ({
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

  private async processBatch(items: Item[]): Promise<void> {
    const startedMs = this.monotonicMs();
    try {
      await this.recordItems(items);
      this.eyesight.seeing();
      this.observer.batchCommitted(items.length, this.monotonicMs() - startedMs);
    } catch (error) {
      await this.handleFailure(items, error);
    }
  }

  /**
   * A database out of reach refuses everybody. A statement that cannot be carried out is somebody's data, although everything
   * was validated: the batch is halved until that one is alone, so that it fails for nobody else.
   */
  private async handleFailure(items: Item[], error: unknown): Promise<void> {
    if (isTransient(error)) {
      this.eyesight.blind('DATABASE');
      const unavailable = new IngestUnavailableError('DATABASE', DATABASE_RETRY_AFTER_SECONDS);
      for (const ticket of new Set(items.map((item) => item.ticket))) ticket.reject(unavailable);
      return;
    }
    if (items.length === 1) {
      settle(items[0] as Item, { outcome: 'REJECTED', code: 'SAVE_FAILED' });
      return;
    }
    const half = Math.ceil(items.length / 2);
    await this.processBatch(items.slice(0, half));
    await this.processBatch(items.slice(half));
  }

  private async recordItems(items: readonly Item[]): Promise<void> {
    let open = groupByMachine(items);
    for (let round = 0; open.size > 0; round += 1) {
      if (round === ROUNDS_MAX) throw new IngestUnavailableError('DATABASE', DATABASE_RETRY_AFTER_SECONDS);
      const keys = [...open.values()].map((group) => (group[0] as Item).key).sort(compareMachineKeys);
      const stored = await loadMachines(this.database.pool, keys);
      rejectUnknown(open, stored);
      const decided = stored.map((machine) => this.decide(machine, open.get(textOf(machine.key)) as Item[]));
      const changes = decided.flatMap((one) => (one.change === null ? [] : [one.change]));
      const lost =
        changes.length === 0 ? [] : await saveDecisions(this.database.pool, changes, this.recordedAtMs());
      const lostKeys = new Set(lost.map((change) => textOf(change.before.key)));
      if (lostKeys.size > 0) this.observer.racesLost(lostKeys.size);
      if (changes.some((change) => change.transitions.length > 0)) this.observer.progressChanged();
      for (const one of decided) if (!lostKeys.has(one.keyText)) one.acknowledge();
      open = new Map([...open].filter(([keyText]) => lostKeys.has(keyText)));
    }
  }

  private decide(stored: StoredMachine, items: readonly Item[]): Decided {
    const rules = this.rules();
    let machine = stored.machine;
    let facts: MachineFacts | null = null;
    const transitions: Transition[] = [];
    const results: ReportResult[] = [];
    let touched = false;
    for (const item of items) {
      if (item.generation !== null && item.generation !== stored.generation) {
        results.push({ outcome: 'REJECTED', code: 'CREDENTIAL_REVOKED' });
        continue;
      }
      const evidence = proveHeartbeat(item.heartbeat, item.receivedAtMs, rules.incident, rules.policy);
      const decision = decideHeartbeat(machine, evidence, rules);
      machine = decision.machine;
      results.push({ outcome: decision.outcome });
      if (decision.outcome === 'DUPLICATE') continue;
      touched = true;
      transitions.push(...decision.transitions);
      if (decision.outcome === 'ACCEPTED')
        facts = mergeFacts(facts, factsOf(item.heartbeat, evidence, machine.memory));
    }
    const hash = facts === null ? stored.factsHash : hashFacts(facts);
    const changedFacts = facts !== null && hash !== stored.factsHash ? { values: facts, hash } : null;
    const change: MachineChange | null = touched
      ? { before: stored, after: machine, transitions, facts: changedFacts }
      : null;
    return {
      keyText: textOf(stored.key),
      change,
      acknowledge: () => items.forEach((item, i) => settle(item, results[i] as ReportResult)),
    };
  }
}

type Decided = {
  readonly keyText: string;
  readonly change: MachineChange | null;
  readonly acknowledge: () => void;
};

function groupByMachine(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const keyText = textOf(item.key);
    const group = groups.get(keyText);
    if (group === undefined) groups.set(keyText, [item]);
    else group.push(item);
  }
  return groups;
}

function rejectUnknown(open: Map<string, Item[]>, stored: readonly StoredMachine[]): void {
  if (stored.length === open.size) return;
  const known = new Set(stored.map((machine) => textOf(machine.key)));
  for (const [keyText, items] of open) {
    if (known.has(keyText)) continue;
    for (const item of items) settle(item, { outcome: 'REJECTED', code: 'UNKNOWN_MACHINE' });
    open.delete(keyText);
  }
}

function settle(item: Item, result: ReportResult): void {
  const { ticket } = item;
  ticket.results[item.index] = result;
  ticket.open -= 1;
  if (ticket.open === 0) ticket.resolve(ticket.results);
}

function textOf(key: MachineKey): string {
  return key.practiceId + key.machineId;
}

/** The last hexadecimal digits of a random id spread machines evenly over any small number of lanes. */
function laneOf(key: MachineKey): number {
  return Number.parseInt(key.machineId.slice(-4), 16);
}
