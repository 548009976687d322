import { summarise, type Cell, type Progress } from '@app/recovery';
import { exposureOf, LEDGER_BUCKET_MS, stateOf, type Scope, type ScopedReads } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';
import {
  liesWithin,
  NATIONAL_CODE,
  type Organisation,
  type OrganisationLevel,
  type OrganisationTree,
} from './organisation-tree';
import type { OrganisationView } from './organisation-view';
import type { CountedCell, PresentCounts } from './present-counts';
import { ReaderError } from './reader-errors';
import { SharedReads } from './shared-reads';

/** What is asked: which rows, of whose machines, as of when, known by when. Moments in milliseconds since 1970. */
export type ProgressQuestion = {
  readonly by: OrganisationLevel;
  /** Code of the organisation to look within; null: everywhere. */
  readonly within: string | null;
  /** What was true then; null: now. */
  readonly asOfMs: number | null;
  /** What was known then; null: now. */
  readonly knownAtMs: number | null;
};

/** One row of an answer. */
export type OrganisationProgress = {
  readonly organisation: Organisation;
  readonly progress: Progress;
  /** Some of the organisation's practices are not within the scope, and not counted. */
  readonly partial: boolean;
};

/** An answer, all of one moment: the rows sum to the total. */
export type ProgressAnswer = {
  /** The moment the counts hold for. Of the present: the record time of the newest change in them, so that an unchanged answer stays the same to the byte. */
  readonly asOfMs: number;
  /** The moment by which practices were placed under their organisations. */
  readonly placedAtMs: number;
  readonly rows: readonly OrganisationProgress[];
  /** The sum of the rows, under the name of the organisation that was looked within. */
  readonly total: OrganisationProgress;
};

/**
 * Answers how far recovery has come. All the cells that are asked for are of one moment, so that the rows and their total sum exactly;
 * dashboards that ask the same at the same time share the answer.
 */
export class ProgressReader {
  private readonly reads: SharedReads<ProgressAnswer>;

  constructor(
    private readonly scopedReads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly present: PresentCounts,
  ) {
    this.reads = new SharedReads();
  }

  /**
   * Counts what is within the scope and nothing else: rows of organisations that reach beyond it are partial.
   *
   * @throws ReaderError for an organisation that is unknown or not seen, or a moment in the future
   */
  async read(scope: Scope, question: ProgressQuestion, nowMs: number): Promise<ProgressAnswer> {
    for (const atMs of [question.asOfMs, question.knownAtMs]) {
      if (atMs !== null && atMs > nowMs)
        throw new ReaderError('BAD_USER_INPUT', 'asOf and knownAt must not lie in the future');
    }
    const key = JSON.stringify([scope.key, question]);
    return this.reads.share(key, () => this.answer(scope, question, nowMs));
  }

  private async answer(scope: Scope, question: ProgressQuestion, nowMs: number): Promise<ProgressAnswer> {
    const { by, asOfMs, knownAtMs } = question;
    const within = question.within ?? NATIONAL_CODE;
    if (asOfMs === null && knownAtMs === null) {
      const seen = await this.lookAt(scope, within, nowMs, nowMs);
      const rows = await this.presentCells(scope, seen, by, nowMs);
      const changedMs = rows.reduce((newest, row) => Math.max(newest, row.changed_ms), BEFORE_ANYTHING_MS);
      return assemble(seen, question, rows, { asOfMs: Math.round(changedMs), placedAtMs: nowMs });
    }
    const trueAtMs = floorToBucket(asOfMs ?? knownAtMs ?? nowMs);
    const seen = await this.lookAt(scope, within, trueAtMs, nowMs);
    const knownBeforeMs = floorToBucket(knownAtMs ?? nowMs + LEDGER_BUCKET_MS);
    const moments = [trueAtMs, within, by, knownBeforeMs];
    const rows = await this.cells(scope, seen, PAST_CELLS, moments, nowMs);
    return assemble(seen, question, rows, { asOfMs: trueAtMs, placedAtMs: trueAtMs });
  }

  /** The organisations at a moment, as the scope sees them. */
  private async lookAt(scope: Scope, within: string, atMs: number, nowMs: number): Promise<Seen> {
    const tree = await this.organisations.treeAt(atMs);
    const view = await this.organisations.viewFor(scope, atMs, nowMs);
    const whole = view.find(within);
    if (whole === null) throw new ReaderError('NOT_FOUND', `there is no organisation ${within}`);
    return { tree, view, whole };
  }

  /**
   * Of the nation from what is kept of all counts. Of any other scope from the database itself, whose row-level security stands behind
   * the condition.
   */
  private async presentCells(
    scope: Scope,
    seen: Seen,
    by: OrganisationLevel,
    nowMs: number,
  ): Promise<CountedCell[]> {
    if (scope.isNational) return this.present.read(seen.tree, seen.whole.code, by);
    return this.cells(scope, seen, PRESENT_CELLS, [nowMs, seen.whole.code, by], nowMs);
  }

  private async cells(
    scope: Scope,
    { view: { coveredPractices } }: Seen,
    query: CellQuery,
    values: unknown[],
    nowMs: number,
  ): Promise<CountedCell[]> {
    const inScope =
      coveredPractices === null
        ? 'true'
        : `place.practice_id = ANY ($${values.push(coveredPractices)}::text[])`;
    return this.scopedReads.query<CountedCell>(scope, nowMs, query(inScope), values);
  }
}

/** The tree of a moment, how the scope sees it, and the organisation that was looked within. */
type Seen = {
  readonly tree: OrganisationTree;
  readonly view: OrganisationView;
  readonly whole: Organisation;
};

/** A statement around the condition that holds it to the scope. */
type CellQuery = (inScope: string) => string;

/** Said of a fleet in which nothing has happened yet. */
const BEFORE_ANYTHING_MS = Date.UTC(2024, 0, 1);

const GROUPED_BY = `
  CASE $3 WHEN 'PRACTICE' THEN place.practice_id WHEN 'ICB' THEN place.icb_code
          WHEN 'REGION' THEN place.region_code ELSE 'ENGLAND' END`;

const WITHIN = `$2 IN ('ENGLAND', place.practice_id, place.icb_code, place.region_code)`;

/** $1 the moment that practices are placed by, $2 the organisation to look within, $3 the level. Counts are kept by practice only and rolled up here. */
const PRESENT_CELLS: CellQuery = (inScope) => `
  SELECT ${GROUPED_BY} AS code, cell.exposure, cell.state, sum(cell.machines)::int AS machines,
         date_part('epoch', max(cell.changed_at)) * 1000 AS changed_ms
  FROM placement_at(to_timestamp($1::float8 / 1000)) AS place
  JOIN progress_count AS cell ON cell.practice_id = place.practice_id
  WHERE ${WITHIN} AND ${inScope}
  GROUP BY 1, 2, 3`;

/** The same of the past, from the ledger: what had become true before $1 and was known before $4. The ledger is kept by practice only, too. */
const PAST_CELLS: CellQuery = (inScope) => `
  SELECT ${GROUPED_BY} AS code, entry.exposure, entry.state, sum(entry.delta)::int AS machines, 0::float8 AS changed_ms
  FROM placement_at(to_timestamp($1::float8 / 1000)) AS place
  JOIN progress_ledger AS entry ON entry.practice_id = place.practice_id
  WHERE ${WITHIN} AND ${inScope}
    AND entry.event_bucket < to_timestamp($1::float8 / 1000)
    AND entry.record_bucket < to_timestamp($4::float8 / 1000)
  GROUP BY 1, 2, 3`;

function assemble(
  { tree, view, whole }: Seen,
  { by }: ProgressQuestion,
  rows: readonly CountedCell[],
  moments: Pick<ProgressAnswer, 'asOfMs' | 'placedAtMs'>,
): ProgressAnswer {
  const cells = new Map<string, Cell[]>();
  for (const row of rows) {
    const cell = { exposure: exposureOf(row.exposure), state: stateOf(row.state), machines: row.machines };
    const group = cells.get(row.code);
    if (group === undefined) cells.set(row.code, [cell]);
    else group.push(cell);
  }
  const row = (organisation: Organisation, counted: readonly Cell[]): OrganisationProgress => ({
    organisation,
    progress: summarise(counted),
    partial: view.isPartial(organisation.code),
  });
  return {
    ...moments,
    rows: listOrganisations(tree, by, whole.code, cells)
      .filter(({ code }) => view.find(code) !== null)
      .map((organisation) => row(organisation, cells.get(organisation.code) ?? [])),
    total: row(whole, [...cells.values()].flat()),
  };
}

/**
 * The organisations of a level that an answer lists: all that are in use, also without a machine, and any that has machines.
 * A practice is in use until it closes; an ICB or region while a practice stands in it.
 */
function listOrganisations(
  tree: OrganisationTree,
  by: OrganisationLevel,
  within: string,
  cells: ReadonlyMap<string, readonly Cell[]>,
): Organisation[] {
  const inUse = organisationsInUse(tree);
  return [...tree.values()].filter(
    (organisation) =>
      organisation.level === by &&
      (cells.has(organisation.code) ||
        (inUse.has(organisation.code) && liesWithin(tree, organisation.code, within))),
  );
}

const inUseOfTree = new WeakMap<OrganisationTree, ReadonlySet<string>>();

function organisationsInUse(tree: OrganisationTree): ReadonlySet<string> {
  const known = inUseOfTree.get(tree);
  if (known !== undefined) return known;
  const inUse = new Set<string>([NATIONAL_CODE]);
  for (const practice of tree.values()) {
    if (practice.level !== 'PRACTICE' || practice.closed) continue;
    for (
      let at: string | null = practice.code;
      at !== null && !inUse.has(at);
      at = tree.get(at)?.parentCode ?? null
    ) {
      inUse.add(at);
    }
  }
  inUseOfTree.set(tree, inUse);
  return inUse;
}

function floorToBucket(atMs: number): number {
  return Math.floor(atMs / LEDGER_BUCKET_MS) * LEDGER_BUCKET_MS;
}
