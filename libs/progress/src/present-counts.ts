import type { Pool } from 'pg';
import { NATIONAL_CODE, type OrganisationLevel, type OrganisationTree } from './organisation-tree';

/** How many machines of an organisation share an exposure and a state, as codes, and when that last changed. */
export type CountedCell = {
  readonly code: string;
  readonly exposure: number;
  readonly state: number;
  readonly machines: number;
  /** Record time of the newest change, in milliseconds. */
  readonly changed_ms: number;
};

type Sum = { exposure: number; state: number; machines: number; changedMs: number };
type Sums = Map<number, Sum>;

/** Everything is read again after this long: counts that somebody removed by hand would never show as changed. */
const WHOLE_READ_EVERY_MS = 600_000;

/**
 * The present counts of all practices, summed up the tree of organisations: exactly as the database has them at the moment of each
 * question, without reading all of them each time.
 *
 * A row of `progress_count` that changed since the last read carries the number of a transaction that was not over then. The snapshot of
 * a read says below which number all transactions were over (its horizon), so the next read asks for rows from there on: a few of fifty
 * thousand, and never one too few, however transactions overlap. What they bring is added to the sums.
 */
export class PresentCounts {
  private readonly cells = new Map<string, Sums>();
  private horizon: bigint | null = null;
  private readWholeAtMs = 0;
  private summed: { readonly tree: OrganisationTree; readonly sums: Map<string, Sums> } | null = null;
  private reading: Promise<void> | null = null;
  private waiting: Promise<void> | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly monotonicMs: () => number,
  ) {}

  /**
   * The counts of every organisation of a level within another one. Of a level above that one: of the organisation that it lies in, but
   * only what lies within.
   */
  async read(tree: OrganisationTree, within: string, by: OrganisationLevel): Promise<CountedCell[]> {
    await this.refresh();
    const sums = this.sumsOf(tree);
    const above = pathUp(tree, within).find((code) => tree.get(code)?.level === by);
    if (above !== undefined) return cellsOf(above, sums.get(within));
    return [...sums.keys()]
      .filter((code) => tree.get(code)?.level === by && pathUp(tree, code).includes(within))
      .flatMap((code) => cellsOf(code, sums.get(code)));
  }

  /** The counts of every practice that has any, whatever it belongs to. */
  async byPractice(): Promise<ReadonlyMap<string, readonly CountedCell[]>> {
    await this.refresh();
    return new Map([...this.cells].map(([code, sums]) => [code, cellsOf(code, sums)]));
  }

  /** Whoever asks gets what was committed before: a read that is on its way may have begun too early, the next one has not. */
  private refresh(): Promise<void> {
    if (this.reading === null) return this.start();
    this.waiting ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.waiting = null;
        return this.start();
      });
    return this.waiting;
  }

  private start(): Promise<void> {
    this.reading = this.readChanges().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async readChanges(): Promise<void> {
    const nowMs = this.monotonicMs();
    const whole = this.horizon === null || nowMs - this.readWholeAtMs > WHOLE_READ_EVERY_MS;
    const rows = await this.query(whole ? null : this.horizon);
    const horizon = BigInt(rows[0]?.[0] ?? 0);
    if (!whole && horizon < (this.horizon ?? 0n)) {
      // Numbers only ever grow: this is another database, restored from an earlier time.
      this.horizon = null;
      return this.readChanges();
    }
    if (whole) {
      this.cells.clear();
      this.summed = null;
      this.readWholeAtMs = nowMs;
    }
    this.horizon = horizon;
    for (const [, practice, exposure, state, machines, changedMs] of rows) {
      if (practice !== null) this.take(practice, { exposure, state, machines, changedMs });
    }
  }

  private async query(since: bigint | null): Promise<readonly ChangedCell[]> {
    const statement =
      since === null
        ? { name: 'all-counts', text: `${COUNTS} ON true`, values: [] }
        : {
            name: 'changed-counts',
            // The age of what is asked for is a question of its own, so that it is worked out once and not for every row.
            text: `${COUNTS} ON age(cell.xmin) <= (SELECT age($1::xid8::xid))`,
            values: [String(since)],
          };
    return (await this.pool.query<ChangedCell>({ ...statement, rowMode: 'array' })).rows;
  }

  private take(practice: string, now: Sum): void {
    const cells: Sums = this.cells.get(practice) ?? new Map<number, Sum>();
    this.cells.set(practice, cells);
    const more = now.machines - (cells.get(keyOf(now))?.machines ?? 0);
    cells.set(keyOf(now), now);
    if (this.summed === null) return;
    const { tree, sums } = this.summed;
    for (const code of placesOf(tree, practice)) add(sums, code, { ...now, machines: more });
  }

  private sumsOf(tree: OrganisationTree): Map<string, Sums> {
    if (this.summed?.tree === tree) return this.summed.sums;
    const sums = new Map<string, Sums>();
    for (const [practice, cells] of this.cells) {
      const places = placesOf(tree, practice);
      for (const cell of cells.values()) for (const code of places) add(sums, code, cell);
    }
    this.summed = { tree, sums };
    return sums;
  }
}

type ChangedCell = [
  horizon: string,
  practice: string | null,
  exposure: number,
  state: number,
  machines: number,
  changedMs: number,
];

/** The horizon comes with every row, and in a row of its own when nothing has changed. */
const COUNTS = `
  SELECT snapshot.horizon, cell.practice_id, cell.exposure, cell.state, cell.machines,
         date_part('epoch', cell.changed_at) * 1000
  FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon) AS snapshot
  LEFT JOIN progress_count AS cell`;

/** More than there are states. */
const EXPOSURE_STEP = 64;

function keyOf({ exposure, state }: Sum): number {
  return exposure * EXPOSURE_STEP + state;
}

function add(sums: Map<string, Sums>, code: string, more: Sum): void {
  const cells: Sums = sums.get(code) ?? new Map<number, Sum>();
  sums.set(code, cells);
  const cell = cells.get(keyOf(more));
  if (cell === undefined) {
    cells.set(keyOf(more), { ...more });
    return;
  }
  cell.machines += more.machines;
  cell.changedMs = Math.max(cell.changedMs, more.changedMs);
}

function cellsOf(code: string, sums: Sums | undefined): CountedCell[] {
  return [...(sums?.values() ?? [])].map(({ exposure, state, machines, changedMs }) => ({
    code,
    exposure,
    state,
    machines,
    changed_ms: changedMs,
  }));
}

/** An organisation and all above it. */
function pathUp(tree: OrganisationTree, code: string): string[] {
  const path: string[] = [];
  for (let at: string | null = code; at !== null; at = tree.get(at)?.parentCode ?? null) path.push(at);
  return path;
}

/** Where the machines of a practice count: nowhere, while it stands under no nation. */
function placesOf(tree: OrganisationTree, practice: string): readonly string[] {
  const path = pathUp(tree, practice);
  return path.includes(NATIONAL_CODE) ? path : [];
}
