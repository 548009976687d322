import {
  correctCounts,
  correctLedger,
  correctStatuses,
  lockBooks,
  practiceRanges,
  readBooks,
  type Database,
  type PracticeRange,
  type Queryable,
} from '@app/storage';
import { DRIFT_KINDS, findDrift, standingByChain, type Drift, type DriftKind } from './find-drift';
import { IngestUnavailableError } from './ingest-errors';

/** Errors found and put right, of one kind. */
export type DriftCount = { readonly kind: DriftKind; readonly found: number; readonly repaired: number };

/** What a reconciliation found, and what it put right. */
export type ReconciliationReport = {
  /** When it began. */
  readonly atMs: number;
  readonly practices: number;
  readonly machines: number;
  readonly tookMs: number;
  /** Every kind, also those of which there was none. */
  readonly kinds: readonly DriftCount[];
  /** The first errors found; `kinds` counts all of them. */
  readonly drifts: readonly Drift[];
};

/** What reconciliation tells about itself; the edge turns it into metrics. */
export type ReconciliationObserver = {
  reconciled(report: ReconciliationReport): void;
  progressChanged(): void;
};

/** Practices compared in one statement: some 50,000 machines of the whole outage's fleet, a fraction of a second. */
const PRACTICES_PER_STATEMENT = 40;
/** More errors than this are listed by nobody; the numbers by kind tell the rest. */
const DRIFTS_LISTED_MAX = 200;
/** Rests as long as it worked: half of one core at most, and never two statements on end. */
const REST_PER_WORK = 1;
/** By then another process has taken over, or this one is back. */
const STOPPING_RETRY_AFTER_SECONDS = 10;

/**
 * Recounts the fleet and compares counts, ledger and transitions with it, a few practices at a time. Each comparison sees one
 * moment, so heartbeats that arrive meanwhile raise no false alarm; none of them takes a lock that a writer waits for.
 *
 * Repair puts right what follows from what is left: counts and ledger from machines and transitions, a machine's row from its
 * chain. History that is gone is not made up.
 */
export class ReconcileBooks {
  private turn: Promise<unknown> = Promise.resolve();
  private last: ReconciliationReport | null = null;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly now: () => number,
    private readonly monotonicMs: () => number,
    private readonly rest: (ms: number) => Promise<void>,
    private readonly observer: ReconciliationObserver,
  ) {}

  /** What the last reconciliation of this process found; null before the first. */
  get latest(): ReconciliationReport | null {
    return this.last;
  }

  /** Goes through all practices; one run at a time, a second one waits for the first. */
  async reconcile(repair: boolean): Promise<ReconciliationReport> {
    const run = this.turn.then(() => this.runThrough(repair));
    this.turn = run.catch(() => undefined);
    return run;
  }

  /** Ends the run on its way after the practices it is at, and begins no other. */
  stop(): void {
    this.stopping = true;
  }

  private async runThrough(repair: boolean): Promise<ReconciliationReport> {
    const atMs = this.now();
    const startedMs = this.monotonicMs();
    const tally = new Tally();
    for (const range of await practiceRanges(this.database.pool, PRACTICES_PER_STATEMENT)) {
      if (this.stopping) throw new IngestUnavailableError('STOPPING', STOPPING_RETRY_AFTER_SECONDS);
      const rangeStartedMs = this.monotonicMs();
      if (repair) await this.repair(range, tally);
      else await this.compare(this.database.pool, range, tally);
      await this.rest((this.monotonicMs() - rangeStartedMs) * REST_PER_WORK);
    }
    const report = { atMs, tookMs: this.monotonicMs() - startedMs, ...tally.sums() };
    this.last = report;
    this.observer.reconciled(report);
    if (report.kinds.some(({ repaired }) => repaired > 0)) this.observer.progressChanged();
    return report;
  }

  private async compare(db: Queryable, range: PracticeRange, tally: Tally): Promise<readonly Drift[]> {
    const books = await readBooks(db, range);
    const drifts = findDrift(books);
    tally.add(books, drifts);
    return drifts;
  }

  /** Looks again under the lock, so that two repairs never add the same difference twice. */
  private async repair(range: PracticeRange, tally: Tally): Promise<void> {
    const repaired = await this.database.transaction(async (db) => {
      await lockBooks(db);
      const drifts = await this.compare(db, range, tally);
      return drifts.length === 0 ? [] : this.correct(db, drifts);
    });
    for (const kind of repaired) tally.repaired(kind);
  }

  /** In the order in which writers take rows: machines, counts, ledger. @returns the kind of every error put right */
  private async correct(db: Queryable, drifts: readonly Drift[]): Promise<DriftKind[]> {
    const repaired: DriftKind[] = [];
    for (const drift of drifts) {
      if (!('machine' in drift)) continue;
      const expected = standingByChain(drift);
      const found = drift.machine.status;
      if (expected === null || found === null) continue;
      const corrected = await correctStatuses(db, [{ key: drift.machine.key, expected, found }]);
      if (corrected === 1) repaired.push(drift.kind);
    }
    const counts = drifts.flatMap((drift) => (drift.kind === 'COUNT_DIFFERS' ? [drift] : []));
    await correctCounts(
      db,
      counts.map(({ practiceId, cell, expected, found }) => ({
        practiceId,
        ...cell,
        delta: expected - found,
      })),
      this.now(),
    );
    const entries = drifts.flatMap((drift) =>
      drift.kind === 'LEDGER_DIFFERS' && drift.entry !== null ? [{ ...drift, ...drift.entry }] : [],
    );
    await correctLedger(
      db,
      entries.map(({ practiceId, cell, eventBucketMs, recordBucketMs, expected, found }) => ({
        practiceId,
        ...cell,
        eventBucketMs,
        recordBucketMs,
        delta: expected - found,
      })),
    );
    return [...repaired, ...counts.map(({ kind }) => kind), ...entries.map(({ kind }) => kind)];
  }
}

/** Adds up what was found over all ranges. */
class Tally {
  private practices = 0;
  private machines = 0;
  private readonly listed: Drift[] = [];
  private readonly byKind = new Map(DRIFT_KINDS.map((kind) => [kind, { found: 0, repaired: 0 }]));

  add(books: { readonly practices: number; readonly machines: number }, drifts: readonly Drift[]): void {
    this.practices += books.practices;
    this.machines += books.machines;
    for (const drift of drifts) {
      (this.byKind.get(drift.kind) as { found: number }).found += 1;
      if (this.listed.length < DRIFTS_LISTED_MAX) this.listed.push(drift);
    }
  }

  repaired(kind: DriftKind): void {
    (this.byKind.get(kind) as { repaired: number }).repaired += 1;
  }

  sums(): Pick<ReconciliationReport, 'practices' | 'machines' | 'kinds' | 'drifts'> {
    const kinds = [...this.byKind].map(([kind, counts]) => ({ kind, ...counts }));
    return { practices: this.practices, machines: this.machines, kinds, drifts: this.listed };
  }
}
