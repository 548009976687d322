import {
  blindnessMattersUntilMs,
  decideHeartbeat,
  footingOf,
  noticeClaim,
  proveHeartbeat,
  rulesAt,
  type Evidence,
  type Footing,
  type Heartbeat,
  type Rules,
  type Transition,
} from '@app/recovery';
import {
  factsOf,
  hashFacts,
  loadMachines,
  mergeFacts,
  saveDecisions,
  type Database,
  type MachineChange,
  type MachineFacts,
  type MachineKey,
  type StoredMachine,
} from '@app/storage';
import { IngestUnavailableError } from './ingest-errors';
import type { KnownMachines } from './known-machines';
import { settle, type ReportItem, type ReportResult } from './report-item';
import type { WriteObserver } from './write-observer';

/** A machine reported by several processes at once may move under our hands; after this many rounds somebody is abusing it. */
const ROUNDS_MAX = 8;
const DATABASE_RETRY_AFTER_SECONDS = 10;

/** What deciding needs besides the heartbeats. */
export type DecisionParts = {
  readonly database: Database;
  readonly machines: KnownMachines;
  readonly observer: WriteObserver;
};

/** How many machines were saved, and of how many of them how much: what shows that the tables concerned take what we write. */
export type SavedMachines = {
  /** Whatever was written of them. */
  machines: number;
  /** Those whose facts were written. */
  described: number;
  /** Those that moved: transitions, counts and ledger were written. */
  moved: number;
};

/**
 * Records heartbeats that may change something: load the machines, decide each heartbeat in order of arrival, save all decisions
 * in one statement, acknowledge. Machines whose row moved meanwhile lost a race against another process: they are loaded and
 * decided again.
 */
export async function recordDecisions(
  items: readonly ReportItem[],
  rules: Rules,
  recordedAtMs: number,
  { database, machines, observer }: DecisionParts,
): Promise<SavedMachines> {
  const saved: SavedMachines = { machines: 0, described: 0, moved: 0 };
  let open = groupByMachine(items);
  for (let round = 0; open.size > 0; round += 1) {
    if (round === ROUNDS_MAX) throw new IngestUnavailableError('DATABASE', DATABASE_RETRY_AFTER_SECONDS);
    const keys = [...open.values()].map((group) => (group[0] as ReportItem).key);
    const stored = await loadMachines(database.pool, keys);
    rejectUnknown(open, stored);
    const decided = stored.map((machine) =>
      decideItems(
        machine,
        open.get(textOf(machine.key)) as ReportItem[],
        rulesAt(rules, machine.key.practiceId),
      ),
    );
    const changes = decided.flatMap((one) => (one.change === null ? [] : [one.change]));
    const lost = changes.length === 0 ? [] : await saveDecisions(database.pool, changes, recordedAtMs);
    const lostKeys = new Set(lost.map((change) => textOf(change.before.key)));
    if (lostKeys.size > 0) observer.racesLost(lostKeys.size);
    if (changes.some((change) => change.transitions.length > 0)) observer.progressChanged();
    for (const one of decided) {
      if (lostKeys.has(one.keyText)) continue;
      count(saved, one.change);
      remember(machines, one, rules);
      one.items.forEach((item, i) => settle(item, one.results[i] as ReportResult));
    }
    open = new Map([...open].filter(([keyText]) => lostKeys.has(keyText)));
  }
  return saved;
}

function count(saved: SavedMachines, change: MachineChange | null): void {
  if (change === null) return;
  saved.machines += 1;
  if (change.facts !== null) saved.described += 1;
  if (change.transitions.length > 0) saved.moved += 1;
}

type Decided = {
  readonly keyText: string;
  readonly stored: StoredMachine;
  readonly items: readonly ReportItem[];
  readonly results: readonly ReportResult[];
  readonly change: MachineChange | null;
  /** Where the machine stands if its last heartbeat was its newest and the next may be a mere continuation. */
  readonly footing: Footing | null;
};

function decideItems(stored: StoredMachine, items: readonly ReportItem[], rules: Rules): Decided {
  let machine = stored.machine;
  let facts: MachineFacts | null = null;
  let last: { heartbeat: Heartbeat; evidence: Evidence } | null = null;
  const transitions: Transition[] = [];
  const results: ReportResult[] = [];
  let touched = false;
  for (const item of items) {
    if (item.generation !== null && item.generation !== stored.generation) {
      results.push({ outcome: 'REJECTED', code: 'CREDENTIAL_REVOKED' });
      continue;
    }
    const evidence = proveHeartbeat(item.heartbeat, item.receivedAtMs, rules.incident, rules.policy);
    const before = machine;
    const decision = decideHeartbeat(noticeClaim(machine, stored.claimedAtMs, evidence), evidence, rules);
    machine = decision.machine;
    results.push({ outcome: decision.outcome });
    if (machine === before) continue;
    touched = true;
    transitions.push(...decision.transitions);
    last = decision.outcome === 'ACCEPTED' ? { heartbeat: item.heartbeat, evidence } : null;
    if (decision.outcome === 'ACCEPTED')
      facts = mergeFacts(facts, factsOf(item.heartbeat, evidence, machine.memory));
  }
  const hash = facts === null ? stored.factsHash : hashFacts(facts);
  const changedFacts = facts !== null && hash !== stored.factsHash ? { values: facts, hash } : null;
  return {
    keyText: textOf(stored.key),
    stored,
    items,
    results,
    change: touched ? { before: stored, after: machine, transitions, facts: changedFacts } : null,
    footing: last === null ? null : footingOf(machine, last.heartbeat, last.evidence, rules),
  };
}

/** What was just committed is what this process knows; whatever is in doubt is forgotten. */
function remember(machines: KnownMachines, { stored, change, footing }: Decided, rules: Rules): void {
  const { machineId } = stored.key;
  if (footing === null || change === null) {
    if (change !== null) machines.forget(machineId);
    return;
  }
  const { version, generation } = stored;
  const blindUntilMs = blindnessMattersUntilMs(change.after.memory, rules.incident);
  machines.set(machineId, { version: version + 1, generation, footing }, blindUntilMs);
}

function groupByMachine(items: readonly ReportItem[]): Map<string, ReportItem[]> {
  const groups = new Map<string, ReportItem[]>();
  for (const item of items) {
    const keyText = textOf(item.key);
    const group = groups.get(keyText);
    if (group === undefined) groups.set(keyText, [item]);
    else group.push(item);
  }
  return groups;
}

function rejectUnknown(open: Map<string, ReportItem[]>, stored: readonly StoredMachine[]): void {
  if (stored.length === open.size) return;
  const known = new Set(stored.map((machine) => textOf(machine.key)));
  for (const [keyText, items] of open) {
    if (known.has(keyText)) continue;
    for (const item of items) settle(item, { outcome: 'REJECTED', code: 'UNKNOWN_MACHINE' });
    open.delete(keyText);
  }
}

function textOf(key: MachineKey): string {
  return key.practiceId + key.machineId;
}
