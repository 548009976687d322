import { RULE_VERSION, type TrackedMachine, type Transition } from '@app/recovery';
import { EXPOSURE_CODE, exposureOf, REASON_CODE, reasonOf, STATE_CODE, stateOf } from './codes';
import type { Queryable } from './database';
import type { MachineFacts } from './machine-facts';
import { traitsOf } from './machine-kind';
import { decodeMemory, encodeMemory, type MemoryRow } from './memory-codec';
import { inWriteOrder, type MachineKey } from './machine-key';
import { LOAD_AWAITED, LOAD_OVERDUE, LOAD_STATUSES, SAVE_DECISIONS } from './machine.sql';

/** A machine as loaded for a decision, with what guards its row. */
export type StoredMachine = {
  readonly key: MachineKey;
  readonly version: number;
  readonly generation: number;
  readonly transitionCount: number;
  readonly factsHash: number;
  /** The latest event time booked in the ledger. */
  readonly bookedAtMs: number;
  readonly memoryText: string;
  /** From then on a report of this machine speaks against a claim on its place; null: there is none. */
  readonly claimedAtMs: number | null;
  readonly machine: TrackedMachine;
};

/** What a decision changes about a stored machine. */
export type MachineChange = {
  readonly before: StoredMachine;
  readonly after: TrackedMachine;
  readonly transitions: readonly Transition[];
  /** The facts to write and their hash, when they differ from what is stored. */
  readonly facts: { readonly values: MachineFacts; readonly hash: number } | null;
};

/** Five minutes: the resolution in which progress can be asked for as of a moment. */
export const LEDGER_BUCKET_MS = 300_000;

/** Reads the machines for these keys; unknown ones are left out. The order of the result is the order of the keys. */
export async function loadMachines(db: Queryable, keys: readonly MachineKey[]): Promise<StoredMachine[]> {
  const practices = keys.map((key) => key.practiceId);
  const machines = keys.map((key) => key.machineId);
  const result = await db.query<[...StatusTuple, ord: number]>({
    name: 'load-statuses',
    text: LOAD_STATUSES,
    values: [practices, machines],
    rowMode: 'array',
  });
  return result.rows.map((row) =>
    toStoredMachine(keys[row[15] - 1] as MachineKey, row as unknown as StatusTuple),
  );
}

/** Where a sweep goes on: behind a machine in the order of deadlines, those by the quarter of an hour. */
export type SweepPlace = { readonly dueFromMs: number; readonly key: MachineKey };

/** Machines whose silence is due, and where those that are due later begin; null: these were the last. */
export type Overdue = { readonly machines: readonly StoredMachine[]; readonly next: SweepPlace | null };

/**
 * Reads machines whose silence is due, behind `after`, or from the first. They come in the order of their deadlines, through an index
 * that holds nobody else: what is not due costs a sweep nothing, however large the fleet.
 */
export async function loadOverdue(
  db: Queryable,
  nowMs: number,
  after: SweepPlace | null,
  rowsMax: number,
): Promise<Overdue> {
  const { dueFromMs, key } = after ?? BEFORE_ALL;
  const values = [nowMs, dueFromMs, key.practiceId, key.machineId, rowsMax];
  const { rows } = await db.query<[...StatusTuple, practiceId: string, machineId: string, dueFromMs: number]>(
    {
      name: 'load-overdue',
      text: LOAD_OVERDUE,
      values,
      rowMode: 'array',
    },
  );
  const machines = rows.map((row) =>
    toStoredMachine({ practiceId: row[15], machineId: row[16] }, row as unknown as StatusTuple),
  );
  const last = rows.length < rowsMax ? undefined : rows[rows.length - 1];
  const next = last && { dueFromMs: last[17], key: { practiceId: last[15], machineId: last[16] } };
  return { machines, next: next ?? null };
}

/** Machines of a practice whose silence will move them, by their keys, behind `afterMachine` or from the first. */
export async function loadAwaited(
  db: Queryable,
  practiceId: string,
  afterMachine: string | null,
  rowsMax: number,
): Promise<readonly StoredMachine[]> {
  const { rows } = await db.query<[...StatusTuple, practiceId: string, machineId: string]>({
    name: 'load-awaited',
    text: LOAD_AWAITED,
    values: [practiceId, afterMachine, rowsMax],
    rowMode: 'array',
  });
  return rows.map((row) =>
    toStoredMachine({ practiceId: row[15], machineId: row[16] }, row as unknown as StatusTuple),
  );
}

const BEFORE_ALL: SweepPlace = {
  dueFromMs: Number.NEGATIVE_INFINITY,
  key: { practiceId: '', machineId: '00000000-0000-0000-0000-000000000000' },
};

/**
 * Saves decisions in one statement, and with it in one transaction: contact, state, facts, transitions, counts and ledger. A
 * row is written only if its version is still the one that was decided on.
 *
 * @param changes one per machine, in any order; they are written in one (`inWriteOrder`)
 * @returns the changes that lost the race against another writer; nothing of theirs was written, and they are to be loaded
 *   and decided again
 */
export async function saveDecisions(
  db: Queryable,
  changes: readonly MachineChange[],
  recordedAtMs: number,
): Promise<MachineChange[]> {
  const routine: RoutineColumns = {
    practices: [],
    machines: [],
    versions: [],
    heardMs: [],
    seqs: [],
    dueMs: [],
    startedMs: [],
  };
  const routineChanges: MachineChange[] = [];
  const altered: AlteredRow[] = [];
  const alteredChanges: MachineChange[] = [];
  for (const change of inWriteOrder(changes, ({ before }) => before.key)) {
    const row = encodeMemory(change.after.memory);
    if (isRoutine(change, row.text)) {
      if (isUnchanged(change)) continue;
      pushRoutine(routine, change, row);
      routineChanges.push(change);
    } else {
      altered.push(alteredRow(change, row));
      alteredChanges.push(change);
    }
  }
  if (routineChanges.length + alteredChanges.length === 0) return [];
  const { practices, machines, versions, heardMs, seqs, dueMs, startedMs } = routine;
  const values = [
    practices,
    machines,
    versions,
    heardMs,
    seqs,
    dueMs,
    JSON.stringify(altered),
    recordedAtMs,
    RULE_VERSION,
    startedMs,
  ];
  const result = await db.query<[number[] | null, number[] | null]>({
    name: 'save-decisions',
    text: SAVE_DECISIONS,
    values,
    rowMode: 'array',
  });
  const [lostRoutine, lostAltered] = result.rows[0] ?? [null, null];
  return [...pick(routineChanges, lostRoutine), ...pick(alteredChanges, lostAltered)];
}

type RoutineColumns = {
  practices: string[];
  machines: string[];
  versions: number[];
  heardMs: number[];
  seqs: number[];
  dueMs: (number | null)[];
  startedMs: number[];
};

/** Nothing but contact moved: the narrow update is enough. */
function isRoutine(change: MachineChange, text: string): boolean {
  return (
    change.transitions.length === 0 &&
    change.facts === null &&
    text === change.before.memoryText &&
    change.after.memory.heard !== null &&
    change.after.sinceMs === change.before.machine.sinceMs
  );
}

/** A late report that told nothing new: there is nothing to write, and nothing to lose a race over. */
function isUnchanged({ before, after }: MachineChange): boolean {
  const [was, is] = [before.machine.memory.heard, after.memory.heard];
  return was?.atMs === is?.atMs && was?.seq === is?.seq && before.machine.dueAtMs === after.dueAtMs;
}

function pushRoutine(columns: RoutineColumns, change: MachineChange, row: MemoryRow): void {
  columns.practices.push(change.before.key.practiceId);
  columns.machines.push(change.before.key.machineId);
  columns.versions.push(change.before.version);
  columns.heardMs.push(row.heardAtMs ?? 0);
  columns.seqs.push(row.heardSeq ?? 0);
  columns.dueMs.push(change.after.dueAtMs);
  columns.startedMs.push(row.heardStartedAtMs ?? 0);
}

/** One altered machine as the statement reads it from JSON: rare enough that readability beats the last microsecond. */
type AlteredRow = {
  readonly practice_id: string;
  readonly machine_id: string;
  readonly version: number;
  readonly heard_ms: number | null;
  readonly started_ms: number | null;
  readonly heard_seq: number | null;
  readonly due_ms: number | null;
  readonly since_ms: number;
  readonly booked_ms: number;
  readonly exposure: number;
  readonly state: number;
  readonly reason: number;
  readonly facts_hash: number;
  readonly memory: string;
  /** Of the facts, when they change. */
  readonly traits: number | null;
  readonly transitions: readonly TransitionRow[];
  readonly facts: MachineFacts | null;
};

type TransitionRow = {
  readonly ordinal: number;
  readonly from_exposure: number;
  readonly to_exposure: number;
  readonly from_state: number;
  readonly to_state: number;
  readonly reason: number;
  readonly event_ms: number;
  readonly bucket_ms: number;
  readonly evidence: Transition['evidence'];
};

function alteredRow(change: MachineChange, row: MemoryRow): AlteredRow {
  const { before, after } = change;
  const bookings = bookingTimes(change.transitions, before.bookedAtMs);
  return {
    practice_id: before.key.practiceId,
    machine_id: before.key.machineId,
    version: before.version,
    heard_ms: row.heardAtMs,
    started_ms: row.heardStartedAtMs,
    heard_seq: row.heardSeq,
    due_ms: after.dueAtMs,
    since_ms: after.sinceMs,
    booked_ms: bookings[bookings.length - 1] ?? before.bookedAtMs,
    exposure: EXPOSURE_CODE[after.exposure],
    state: STATE_CODE[after.state],
    reason: REASON_CODE[after.reason],
    facts_hash: change.facts?.hash ?? before.factsHash,
    memory: row.text,
    traits: change.facts === null ? null : traitsOf(change.facts.values),
    transitions: change.transitions.map((transition, i) =>
      transitionRow(transition, before.transitionCount + 1 + i, bookings[i] ?? transition.atMs),
    ),
    facts: change.facts?.values ?? null,
  };
}

/**
 * When each transition is booked. Late evidence tells of a time before changes that are booked already; booked at that time it
 * would take a machine from a cell that it was not in yet. It is booked with the machine's last change instead; its own time
 * stands in the transition.
 */
function bookingTimes(transitions: readonly Transition[], bookedAtMs: number): number[] {
  let latestMs = bookedAtMs;
  return transitions.map((transition) => (latestMs = Math.max(latestMs, transition.atMs)));
}

function transitionRow(transition: Transition, ordinal: number, bookedMs: number): TransitionRow {
  return {
    ordinal,
    from_exposure: EXPOSURE_CODE[transition.fromExposure],
    to_exposure: EXPOSURE_CODE[transition.toExposure],
    from_state: STATE_CODE[transition.fromState],
    to_state: STATE_CODE[transition.toState],
    reason: REASON_CODE[transition.reason],
    event_ms: transition.atMs,
    bucket_ms: Math.floor(bookedMs / LEDGER_BUCKET_MS) * LEDGER_BUCKET_MS,
    evidence: transition.evidence,
  };
}

function pick(changes: readonly MachineChange[], ordinals: readonly number[] | null): MachineChange[] {
  return (ordinals ?? []).map((ordinal) => changes[ordinal - 1] as MachineChange);
}

type StatusTuple = [
  version: number,
  exposure: number,
  state: number,
  reason: number,
  sinceMs: number,
  dueMs: number | null,
  heardMs: number | null,
  startedMs: number | null,
  heardSeq: number | null,
  transitions: number,
  generation: number,
  factsHash: number,
  bookedMs: number,
  memory: string,
  claimedMs: number | null,
];

function toStoredMachine(key: MachineKey, row: StatusTuple): StoredMachine {
  const [version, exposure, state, reason, sinceMs, dueMs, heardMs, startedMs, heardSeq] = row;
  const [, , , , , , , , , transitionCount, generation, factsHash, bookedMs, memoryText, claimedMs] = row;
  const memory = decodeMemory({
    heardAtMs: rounded(heardMs),
    heardStartedAtMs: rounded(startedMs),
    heardSeq,
    text: memoryText,
  });
  return {
    key,
    version,
    generation,
    transitionCount,
    factsHash,
    bookedAtMs: Math.round(bookedMs),
    memoryText,
    claimedAtMs: rounded(claimedMs),
    machine: {
      exposure: exposureOf(exposure),
      state: stateOf(state),
      reason: reasonOf(reason),
      sinceMs: Math.round(sinceMs),
      dueAtMs: rounded(dueMs),
      memory,
    },
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
