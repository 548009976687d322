import { matchInSteps, type MachineRole, type RecoveryState, type SharedIdentities } from '@app/recovery';
import type { KnownAsset, RegisterEntry, SharedAt } from '@app/storage';
import { groupBy } from './group-by';
import type { PlacedRow } from './place-rows';

/** MERGE: what the list does not have stays. REPLACE: the list is all there is at each practice that it names. */
export const IMPORT_MODES = ['MERGE', 'REPLACE'] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

/** What a list may say of an asset and the register keeps. */
export const ENTRY_FIELDS = [
  'serialNumber',
  'assetTag',
  'smbiosUuid',
  'hostname',
  'role',
  'location',
  'bitlockerKeyId',
  'bitlockerKeyEscrowed',
] as const;
/** One of them. */
export type EntryField = (typeof ENTRY_FIELDS)[number];
/** What is kept of an asset; null: no list has said. */
export type EntryValues = Pick<RegisterEntry, EntryField>;

/** What an import does to one entry. RESTORED: a list had dropped it, and this one has it again. */
export const ENTRY_CHANGES = ['ADDED', 'CHANGED', 'RESTORED', 'REMOVED'] as const;
export type EntryChange = (typeof ENTRY_CHANGES)[number];

/** One entry that an import changes. */
export type PlannedEntry = {
  readonly change: EntryChange;
  readonly practiceId: string;
  /** Line in the list; null: it is not in it. */
  readonly line: number | null;
  /** As it is in the register; null: not yet. */
  readonly before: RegisterEntry | null;
  readonly after: EntryValues;
  readonly changed: readonly EntryField[];
  /** The machine that it stands for; null: one that is to be expected from now on. */
  readonly machine: KnownAsset | null;
};

/** All that an import does. */
export type RegisterPlan = {
  readonly entries: readonly PlannedEntry[];
  readonly unchanged: number;
};

/** What is known at the practices of a list. */
export type KnownAtPractices = {
  readonly entries: readonly RegisterEntry[];
  readonly machines: readonly KnownAsset[];
};

/**
 * Compares a list with the register, practice by practice: each row is an entry that is known, or dropped before, or new. A new entry
 * stands for the machine at that practice that is recognised as it, or for one that is expected from now on. Pure; step by step.
 *
 * @param sharedAt identities that too many machines share to tell them apart
 */
export function* planRegisterImport(
  rows: readonly PlacedRow[],
  known: KnownAtPractices,
  mode: ImportMode,
  sharedAt: SharedAt,
): Generator<void, RegisterPlan> {
  const entries = groupBy(known.entries, (one) => one.practiceId);
  const machines = groupBy(known.machines, (one) => one.key.practiceId);
  const planned: PlannedEntry[] = [];
  let unchanged = 0;
  for (const [practiceId, some] of [...groupBy(rows, (row) => row.practiceId)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    yield;
    const at = {
      rows: some,
      entries: entries.get(practiceId) ?? [],
      machines: machines.get(practiceId) ?? [],
    };
    const plan = yield* planPractice(practiceId, at, mode, sharedAt(practiceId));
    for (const entry of plan.entries) planned.push(entry);
    unchanged += plan.unchanged;
  }
  return { entries: planned, unchanged };
}

/** A list and what is known, at one practice. */
type AtPractice = KnownAtPractices & { readonly rows: readonly PlacedRow[] };

function* planPractice(
  practiceId: string,
  { rows, entries, machines }: AtPractice,
  mode: ImportMode,
  shared: SharedIdentities,
): Generator<void, RegisterPlan> {
  const machineOf = new Map(machines.map((one) => [one.key.machineId, one]));
  const live = entries.filter((one) => !one.removed);
  const found = yield* matchInSteps(rows, live, shared);
  const left = without(rows, found);
  const removed = entries.filter((one) => one.removed);
  const returned = yield* matchInSteps(left, removed, shared);
  const newRows = without(left, returned);
  const spoken = new Set([...live, ...returned.map(({ known }) => known)].map((one) => one.machineId));
  const free = machines.filter((one) => !spoken.has(one.key.machineId) && IN_USE.has(one.state));
  const recognised = yield* matchInSteps(newRows, free, shared);
  const machineFor = new Map(recognised.map(({ wanted, known }) => [wanted, known]));
  const kept = yield* inSteps(found, ({ wanted, known }) => entryFrom('CHANGED', wanted, known, machineOf));
  const changed = kept.filter((one) => one.changed.length > 0);
  const dropped = new Set<RegisterEntry>(live);
  for (const { known } of found) dropped.delete(known);
  return {
    entries: [
      ...changed,
      ...(yield* inSteps(returned, ({ wanted, known }) => entryFrom('RESTORED', wanted, known, machineOf))),
      ...(yield* inSteps(newRows, (row) => newEntry(practiceId, row, machineFor.get(row) ?? null))),
      ...(mode === 'REPLACE' ? [...dropped].map((entry) => droppedEntry(entry, machineOf)) : []),
    ],
    unchanged: kept.length - changed.length,
  };
}

/** Entries that are worked out in one step. */
const ENTRIES_PER_STEP = 500;

function* inSteps<T, U>(things: readonly T[], work: (one: T) => U): Generator<void, U[]> {
  const done: U[] = [];
  for (const one of things) {
    if (done.length % ENTRIES_PER_STEP === 0) yield;
    done.push(work(one));
  }
  return done;
}

/** A machine that is replaced or retired is nobody's asset any more. */
const IN_USE: ReadonlySet<RecoveryState> = new Set<RecoveryState>([
  ...(['UNVERIFIED', 'NOT_AFFECTED', 'LATENT', 'DOWN', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING'] as const),
  ...(['RECOVERED', 'RECOVERED_AT_RISK', 'RELAPSED', 'DORMANT'] as const),
]);

function entryFrom(
  change: 'CHANGED' | 'RESTORED',
  row: PlacedRow,
  before: RegisterEntry,
  machines: ReadonlyMap<string, KnownAsset>,
): PlannedEntry {
  const changed = ENTRY_FIELDS.filter((field) => row[field] !== null && row[field] !== before[field]);
  const after = Object.fromEntries(
    ENTRY_FIELDS.map((field) => [field, row[field] ?? before[field]]),
  ) as unknown as EntryValues;
  return {
    ...{ change, practiceId: before.practiceId, line: row.line, before, after, changed },
    machine: machines.get(before.machineId) ?? null,
  };
}

function newEntry(practiceId: string, row: PlacedRow, machine: KnownAsset | null): PlannedEntry {
  const after = Object.fromEntries(
    ENTRY_FIELDS.map((field) => [field, row[field]]),
  ) as unknown as EntryValues;
  const changed = ENTRY_FIELDS.filter((field) => row[field] !== null);
  return { change: 'ADDED', practiceId, line: row.line, before: null, after, changed, machine };
}

function droppedEntry(before: RegisterEntry, machines: ReadonlyMap<string, KnownAsset>): PlannedEntry {
  return {
    ...{ change: 'REMOVED', practiceId: before.practiceId, line: null, before, after: before, changed: [] },
    machine: machines.get(before.machineId) ?? null,
  };
}

function without<Row>(rows: readonly Row[], matches: readonly { readonly wanted: Row }[]): Row[] {
  const matched = new Set(matches.map(({ wanted }) => wanted));
  return rows.filter((row) => !matched.has(row));
}

/** What the register says of a machine and the machine's own row does not hold otherwise. */
export type FactsToWrite = {
  readonly role?: MachineRole;
  readonly assetTag?: string;
  readonly location?: string;
  readonly bitlockerKeyId?: string;
  readonly bitlockerKeyEscrowed?: boolean;
  readonly hostname?: string;
  readonly serialNumber?: string;
  readonly smbiosUuid?: string;
};

const FACT_FIELDS = ['role', 'assetTag', 'location', 'bitlockerKeyId', 'bitlockerKeyEscrowed'] as const;
const IDENTITY_FIELDS = ['hostname', 'serialNumber', 'smbiosUuid'] as const;

/**
 * What an entry changes about the machine that it stands for. A new entry fills in what nobody has said; a changed one says what it
 * changed. What a machine told of itself when it enrolled is its own.
 */
export function factsToWrite({ change, after, changed, machine }: PlannedEntry): FactsToWrite {
  if (machine === null || change === 'REMOVED') return {};
  const facts = FACT_FIELDS.filter((field) =>
    change === 'CHANGED' ? changed.includes(field) : after[field] !== null && machine.facts[field] === null,
  );
  const identity = machine.enrolled ? [] : IDENTITY_FIELDS.filter((field) => changed.includes(field));
  return Object.fromEntries([...facts, ...identity].map((field) => [field, after[field]]));
}
