import {
  formatMachineKey,
  type BookCell,
  type BooksSnapshot,
  type LedgerDifference,
  type MachineKey,
  type Standing,
  type SuspectMachine,
} from '@app/storage';

/**
 * What can be wrong with the books. The first four can be put right from what is left; the others have lost history, or have too
 * much of it, and are for a person to judge.
 */
export const DRIFT_KINDS = [
  'COUNT_DIFFERS',
  'LEDGER_DIFFERS',
  'STATUS_DIFFERS',
  'TRANSITION_COUNT_DIFFERS',
  'TRANSITION_MISSING',
  'TRANSITION_SURPLUS',
  'TRANSITION_ALTERED',
  'MACHINE_ROW_MISSING',
  'STATUS_ROW_MISSING',
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** A count that is not what a recount of the machines gives. */
export type CountDrift = {
  readonly kind: 'COUNT_DIFFERS';
  readonly practiceId: string;
  readonly cell: Standing;
  readonly found: number;
  readonly expected: number;
};

/** An entry of the ledger, or its whole sum, that is not what enrolments and transitions add up to. */
export type LedgerDrift = {
  readonly kind: 'LEDGER_DIFFERS';
  readonly practiceId: string;
  readonly cell: Standing;
  /** The entry; null for the sum of a cell, where chains are broken and entries cannot be compared. */
  readonly entry: { readonly eventBucketMs: number; readonly recordBucketMs: number } | null;
  readonly found: number;
  readonly expected: number;
};

/** A machine whose row and chain of transitions contradict each other. */
export type MachineDrift = {
  readonly kind: Exclude<DriftKind, 'COUNT_DIFFERS' | 'LEDGER_DIFFERS'>;
  readonly practiceId: string;
  readonly machine: SuspectMachine;
};

/** One error in the books. */
export type Drift = CountDrift | LedgerDrift | MachineDrift;

/** Kinds after which the entries of a practice's ledger cannot be worked out any more, only its sums. */
const LOSES_HISTORY: ReadonlySet<DriftKind> = new Set([
  'TRANSITION_MISSING',
  'TRANSITION_SURPLUS',
  'TRANSITION_ALTERED',
  'MACHINE_ROW_MISSING',
]);

/**
 * Names the errors behind what does not agree, each once: a machine whose state was overwritten makes its count look wrong, too,
 * and is still one error.
 *
 * 1. Each suspect machine is judged by its own row and chain; where the two contradict each other with equal right, the counts
 *    are the third witness.
 * 2. The recount is made of where machines really stand, as judged; counts are compared with that.
 * 3. So is the ledger: entry by entry where the chains of the practice are whole, by its sums where they are not.
 */
export function findDrift(books: BooksSnapshot): Drift[] {
  const cells = new Map(books.cells.map((cell) => [textOf(cell.practiceId, cell), cell]));
  const machines = books.suspects.map((machine): MachineDrift => {
    const kind = judge(machine, cells);
    return { kind, practiceId: machine.key.practiceId, machine };
  });
  const truths = recountOf(books.cells, machines);
  const broken = new Set(machines.filter(({ kind }) => LOSES_HISTORY.has(kind)).map((one) => one.practiceId));
  return [
    ...machines,
    ...[...truths.values()].flatMap(countDrift),
    ...books.ledger.filter((entry) => !broken.has(entry.practiceId)).map(entryDrift),
    ...[...truths.values()].filter(({ cell }) => broken.has(cell.practiceId)).flatMap(sumDrift),
  ];
}

/** What should stand in the row of a machine, where its chain can be trusted; null where it cannot. */
export function standingByChain({
  kind,
  machine,
}: MachineDrift): (Standing & { transitions: number }) | null {
  if (kind !== 'STATUS_DIFFERS' && kind !== 'TRANSITION_COUNT_DIFFERS') return null;
  const { exposure, state, length } = machine.chain;
  return { exposure, state, transitions: length };
}

function judge(machine: SuspectMachine, cells: ReadonlyMap<string, BookCell>): MachineDrift['kind'] {
  const { status, chain } = machine;
  if (!machine.isEnrolled) return 'MACHINE_ROW_MISSING';
  if (status === null) return 'STATUS_ROW_MISSING';
  if (!chain.isNumbered) return 'TRANSITION_MISSING';
  if (!chain.isLinked) return 'TRANSITION_ALTERED';
  const endsAlike = isSame(status, chain);
  if (chain.length === status.transitions)
    return countsSideWith(machine, status, cells) ? 'TRANSITION_ALTERED' : 'STATUS_DIFFERS';
  if (endsAlike) return 'TRANSITION_COUNT_DIFFERS';
  return chain.length < status.transitions ? 'TRANSITION_MISSING' : 'TRANSITION_SURPLUS';
}

/** Whether the counts agree with the machines' rows as they stand, so that it is not the row that is wrong. */
function countsSideWith(
  { key, chain }: SuspectMachine,
  status: Standing,
  cells: ReadonlyMap<string, BookCell>,
): boolean {
  return [status, chain].every((standing) => {
    const cell = cells.get(textOf(key.practiceId, standing));
    return cell === undefined || cell.recounted === cell.counted;
  });
}

type Truth = { readonly cell: BookCell; machines: number };

/** Machines by cell, each where it really stands. */
function recountOf(cells: readonly BookCell[], drifts: readonly MachineDrift[]): Map<string, Truth> {
  const truths = new Map(
    cells.map((cell) => [textOf(cell.practiceId, cell), { cell, machines: cell.recounted }]),
  );
  const add = (key: MachineKey, { exposure, state }: Standing, delta: number): void => {
    const text = textOf(key.practiceId, { exposure, state });
    const known = truths.get(text);
    if (known !== undefined) known.machines += delta;
    else {
      const cell = { practiceId: key.practiceId, exposure, state, recounted: 0, counted: 0, booked: 0 };
      truths.set(text, { cell, machines: delta });
    }
  };
  for (const { kind, machine } of drifts) {
    const { key, status, chain } = machine;
    if (kind === 'STATUS_DIFFERS' && status !== null) add(key, status, -1);
    if (kind === 'STATUS_DIFFERS' || kind === 'STATUS_ROW_MISSING') add(key, chain, 1);
  }
  return truths;
}

function countDrift({ cell, machines }: Truth): CountDrift[] {
  if (cell.counted === machines) return [];
  const { practiceId, counted } = cell;
  return [{ kind: 'COUNT_DIFFERS', practiceId, cell: standing(cell), found: counted, expected: machines }];
}

function sumDrift({ cell, machines }: Truth): LedgerDrift[] {
  if (cell.booked === machines) return [];
  const { practiceId, booked } = cell;
  return [
    {
      kind: 'LEDGER_DIFFERS',
      practiceId,
      cell: standing(cell),
      entry: null,
      found: booked,
      expected: machines,
    },
  ];
}

function entryDrift(entry: LedgerDifference): LedgerDrift {
  const { practiceId, eventBucketMs, recordBucketMs, booked: found, expected } = entry;
  return {
    kind: 'LEDGER_DIFFERS',
    practiceId,
    cell: standing(entry),
    entry: { eventBucketMs, recordBucketMs },
    found,
    expected,
  };
}

function standing({ exposure, state }: Standing): Standing {
  return { exposure, state };
}

function isSame(a: Standing, b: Standing): boolean {
  return a.exposure === b.exposure && a.state === b.state;
}

function textOf(practiceId: string, { exposure, state }: Standing): string {
  return `${practiceId} ${exposure} ${state}`;
}

/** The identity of the machine that an error is about; null for a count or an entry of the ledger. */
export function driftingMachineId(drift: Drift): string | null {
  return 'machine' in drift ? formatMachineKey(drift.machine.key) : null;
}

/** One error as a sentence for people. */
export function describeDrift(drift: Drift): string {
  if ('machine' in drift) return describeMachineDrift(drift.machine);
  const cell = `${drift.cell.exposure} ${drift.cell.state}`;
  if (drift.kind === 'COUNT_DIFFERS')
    return `${cell}: counted ${drift.found}, a recount gives ${drift.expected}`;
  const entry =
    drift.entry === null
      ? 'in sum'
      : `true at ${momentOf(drift.entry.eventBucketMs)}, known at ${momentOf(drift.entry.recordBucketMs)}`;
  return `${cell}: booked ${drift.found} (${entry}), enrolments and transitions give ${drift.expected}`;
}

function describeMachineDrift({ key, isEnrolled, status, chain }: SuspectMachine): string {
  const row =
    status === null
      ? 'has no status row'
      : `stands at ${status.exposure} ${status.state} after ${status.transitions} transitions`;
  const flaws = [
    ...(isEnrolled ? [] : ['its machine row is gone']),
    ...(chain.isNumbered ? [] : ['their numbers have a gap']),
    ...(chain.isLinked ? [] : ['one does not follow from the one before']),
  ];
  const flawed = flaws.length === 0 ? '' : `; ${flaws.join(', ')}`;
  return `${formatMachineKey(key)} ${row}; ${chain.length} are there and lead to ${chain.exposure} ${chain.state}${flawed}`;
}

function momentOf(ms: number): string {
  return new Date(ms).toISOString();
}
