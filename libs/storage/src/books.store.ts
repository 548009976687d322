import type { Exposure, RecoveryState } from '@app/recovery';
import { CORRECT_COUNTS, CORRECT_LEDGER, CORRECT_STATUSES, READ_BOOKS, READ_BOUNDARIES } from './books.sql';
import { EXPOSURE_CODE, exposureOf, REASON_CODE, STATE_CODE, stateOf } from './codes';
import type { Queryable } from './database';
import type { MachineKey } from './machine-key';

/** Where a machine stands: what is counted. */
export type Standing = { readonly exposure: Exposure; readonly state: RecoveryState };

/** A machine whose row and chain of transitions do not say the same. */
export type SuspectMachine = {
  readonly key: MachineKey;
  /** Its row of identity and facts is there. */
  readonly isEnrolled: boolean;
  /** What its status row says; null when there is none. */
  readonly status: (Standing & { readonly transitions: number }) | null;
  /** What its transitions say. An empty chain ends where a machine begins. */
  readonly chain: Standing & {
    readonly length: number;
    /** Its ordinals are 1, 2, 3 … without a gap. */
    readonly isNumbered: boolean;
    /** Each one leaves from where the one before arrived. */
    readonly isLinked: boolean;
  };
};

/** One cell of a practice: machines by a recount of their rows, by the counts, and by the sum of the ledger. */
export type BookCell = Standing & {
  readonly practiceId: string;
  readonly recounted: number;
  readonly counted: number;
  readonly booked: number;
};

/** An entry of the ledger that is not what enrolments and transitions add up to. */
export type LedgerDifference = Standing & {
  readonly practiceId: string;
  readonly eventBucketMs: number;
  readonly recordBucketMs: number;
  readonly expected: number;
  readonly booked: number;
};

/** The books of some practices at one moment, as far as they do not agree. */
export type BooksSnapshot = {
  readonly machines: number;
  readonly practices: number;
  readonly suspects: readonly SuspectMachine[];
  /** Cells that differ, and every cell of a practice that has suspects. */
  readonly cells: readonly BookCell[];
  readonly ledger: readonly LedgerDifference[];
};

/** Practices by code, from behind `after` up to and including `until`. */
export type PracticeRange = { readonly after: string; readonly until: string };

/** Behind every practice code, which are capital letters and digits. */
const BEHIND_ALL_PRACTICES = '~';

/** Cuts all practices into ranges of so many, without a gap: a practice that appears meanwhile lies in one of them. */
export async function practiceRanges(db: Queryable, practicesPerRange: number): Promise<PracticeRange[]> {
  const { rows } = await db.query<{ practice_id: string }>(READ_BOUNDARIES, [practicesPerRange]);
  const boundaries = ['', ...rows.map((row) => row.practice_id), BEHIND_ALL_PRACTICES];
  return boundaries.slice(1).map((until, i) => ({ after: boundaries[i] as string, until }));
}

/** Reads the books of a range of practices as they stand at one moment. Takes no lock. */
export async function readBooks(db: Queryable, range: PracticeRange): Promise<BooksSnapshot> {
  const start = [EXPOSURE_CODE.UNKNOWN, STATE_CODE.UNVERIFIED];
  const { rows } = await db.query<BooksRow>(READ_BOOKS, [range.after, range.until, ...start]);
  const row = rows[0];
  if (row === undefined) throw new Error('the books gave no answer');
  return {
    machines: row.machines,
    practices: row.practices,
    suspects: (row.suspects ?? []).map(toSuspect),
    cells: (row.cells ?? []).map((cell) => ({
      ...standingOf(cell.exposure, cell.state),
      practiceId: cell.practice_id,
      recounted: cell.recounted,
      counted: cell.counted,
      booked: cell.booked,
    })),
    ledger: (row.ledger ?? []).map((entry) => ({
      ...standingOf(entry.exposure, entry.state),
      practiceId: entry.practice_id,
      eventBucketMs: entry.event_bucket_ms,
      recordBucketMs: entry.record_bucket_ms,
      expected: entry.expected,
      booked: entry.booked,
    })),
  };
}

/** By how much one count is off. */
export type CountCorrection = Standing & { readonly practiceId: string; readonly delta: number };
/** By how much one entry of the ledger is off. */
export type LedgerCorrection = CountCorrection & {
  readonly eventBucketMs: number;
  readonly recordBucketMs: number;
};
/** What a machine's row should say, and what was found in it. */
export type StatusCorrection = {
  readonly key: MachineKey;
  readonly expected: Standing & { readonly transitions: number };
  readonly found: Standing & { readonly transitions: number };
};

/** Adds what counts are off. Right however many writers commit meanwhile, but only once: hold `lockBooks`. */
export async function correctCounts(
  db: Queryable,
  corrections: readonly CountCorrection[],
  nowMs: number,
): Promise<void> {
  if (corrections.length === 0) return;
  const rows = corrections.map((one) => ({ ...cellRow(one), delta: one.delta }));
  await db.query(CORRECT_COUNTS, [JSON.stringify(rows), nowMs]);
}

/** Adds what entries of the ledger are off. Hold `lockBooks`. */
export async function correctLedger(db: Queryable, corrections: readonly LedgerCorrection[]): Promise<void> {
  if (corrections.length === 0) return;
  const rows = corrections.map((one) => ({
    ...cellRow(one),
    event_bucket_ms: one.eventBucketMs,
    record_bucket_ms: one.recordBucketMs,
    delta: one.delta,
  }));
  await db.query(CORRECT_LEDGER, [JSON.stringify(rows)]);
}

/** Puts machines where their chains of transitions end. @returns how many; a machine that was written meanwhile is left alone */
export async function correctStatuses(
  db: Queryable,
  corrections: readonly StatusCorrection[],
): Promise<number> {
  if (corrections.length === 0) return 0;
  const rows = corrections.map(({ key, expected, found }) => ({
    practice_id: key.practiceId,
    machine_id: key.machineId,
    exposure: EXPOSURE_CODE[expected.exposure],
    state: STATE_CODE[expected.state],
    transitions: expected.transitions,
    found_exposure: EXPOSURE_CODE[found.exposure],
    found_state: STATE_CODE[found.state],
    found_transitions: found.transitions,
  }));
  const result = await db.query(CORRECT_STATUSES, [JSON.stringify(rows), REASON_CODE.ENROLLED]);
  return result.rowCount ?? 0;
}

/** A number that only corrections of the books lock on: two of them at once would add the same difference twice. */
const BOOKS_LOCK = 20240720;

/** Waits until no other correction is on its way, until the end of the transaction. Writers do not take this lock. */
export async function lockBooks(db: Queryable): Promise<void> {
  await db.query('SELECT pg_advisory_xact_lock($1)', [BOOKS_LOCK]);
}

/** All machines there are, by the counts. */
export async function countMachines(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ machines: number }>(
    'SELECT COALESCE(sum(machines), 0)::float8 AS machines FROM progress_count',
  );
  return rows[0]?.machines ?? 0;
}

type SuspectRow = {
  readonly practice_id: string;
  readonly machine_id: string;
  readonly is_enrolled: boolean;
  readonly exposure: number | null;
  readonly state: number | null;
  readonly transitions: number | null;
  readonly length: number;
  readonly is_numbered: boolean;
  readonly is_linked: boolean;
  readonly end_exposure: number;
  readonly end_state: number;
};

type BooksRow = {
  readonly machines: number;
  readonly practices: number;
  readonly suspects: readonly SuspectRow[] | null;
  readonly cells:
    | readonly {
        readonly practice_id: string;
        readonly exposure: number;
        readonly state: number;
        readonly recounted: number;
        readonly counted: number;
        readonly booked: number;
      }[]
    | null;
  readonly ledger:
    | readonly {
        readonly practice_id: string;
        readonly event_bucket_ms: number;
        readonly record_bucket_ms: number;
        readonly exposure: number;
        readonly state: number;
        readonly expected: number;
        readonly booked: number;
      }[]
    | null;
};

function toSuspect(row: SuspectRow): SuspectMachine {
  const { exposure, state, transitions } = row;
  const hasStatus = exposure !== null && state !== null && transitions !== null;
  return {
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    isEnrolled: row.is_enrolled,
    status: hasStatus ? { ...standingOf(exposure, state), transitions } : null,
    chain: {
      ...standingOf(row.end_exposure, row.end_state),
      length: row.length,
      isNumbered: row.is_numbered,
      isLinked: row.is_linked,
    },
  };
}

function standingOf(exposure: number, state: number): Standing {
  return { exposure: exposureOf(exposure), state: stateOf(state) };
}

function cellRow(cell: Standing & { readonly practiceId: string }): {
  practice_id: string;
  exposure: number;
  state: number;
} {
  return {
    practice_id: cell.practiceId,
    exposure: EXPOSURE_CODE[cell.exposure],
    state: STATE_CODE[cell.state],
  };
}
