import { summarise, type Cell, type Progress } from '@app/recovery';
import { exposureOf, LEDGER_BUCKET_MS, stateOf } from '@app/storage';
import type { Pool } from 'pg';
import {
  liesWithin,
  NATIONAL_CODE,
  type Organisation,
  type OrganisationLevel,
  type OrganisationReader,
  type OrganisationTree,
} from './organisation.reader';
import { PresentCounts, type CountedCell } from './present-counts';
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
export type OrganisationProgress = { readonly organisation: Organisation; readonly progress: Progress };

/** An answer, all of one moment: the rows sum to the total. */
export type ProgressAnswer = {
  /** The moment the counts hold for. Of the present: the record time of the newest change in them, so that an unchanged answer stays the same to the byte. */
  readonly asOfMs: number;
  /** The moment by which practices were placed under their organisations. */
  readonly placedAtMs: number;
  readonly rows: readonly OrganisationProgress[];
  readonly total: Progress;
};

/**
 * Answers how far recovery has come. All the cells that are asked for are of one moment, so that the rows and their total sum exactly;
 * dashboards that ask the same at the same time share the answer.
 */
export class ProgressReader {
  private readonly reads: SharedReads<ProgressAnswer>;
  private readonly present: PresentCounts;

  constructor(
    private readonly pool: Pool,
    private readonly organisations: OrganisationReader,
    monotonicMs: () => number,
  ) {
    this.reads = new SharedReads();
    this.present = new PresentCounts(pool, monotonicMs);
  }

  /** @throws ReaderError for an unknown organisation or a moment in the future */
  async read(question: ProgressQuestion, nowMs: number): Promise<ProgressAnswer> {
    for (const atMs of [question.asOfMs, question.knownAtMs]) {
      if (atMs !== null && atMs > nowMs)
        throw new ReaderError('BAD_USER_INPUT', 'asOf and knownAt must not lie in the future');
    }
    return this.reads.share(JSON.stringify(question), () => this.answer(question, nowMs));
  }

  private async answer(question: ProgressQuestion, nowMs: number): Promise<ProgressAnswer> {
    const { by, asOfMs, knownAtMs } = question;
    const within = question.within ?? NATIONAL_CODE;
    if (asOfMs === null && knownAtMs === null) {
      const tree = await this.treeWith(within, nowMs);
      const rows = await this.present.read(tree, within, by);
      const changedMs = rows.reduce((newest, row) => Math.max(newest, row.changed_ms), BEFORE_ANYTHING_MS);
      return assemble(tree, question, rows, { asOfMs: Math.round(changedMs), placedAtMs: nowMs });
    }
    const trueAtMs = floorToBucket(asOfMs ?? knownAtMs ?? nowMs);
    const tree = await this.treeWith(within, trueAtMs);
    const rows = await this.cells(PAST_CELLS, [
      trueAtMs,
      within,
      by,
      floorToBucket(knownAtMs ?? nowMs + LEDGER_BUCKET_MS),
    ]);
    return assemble(tree, question, rows, { asOfMs: trueAtMs, placedAtMs: trueAtMs });
  }

  private async treeWith(code: string, atMs: number): Promise<OrganisationTree> {
    const tree = await this.organisations.treeAt(atMs);
    if (!tree.has(code)) throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    return tree;
  }

  private async cells(text: string, values: readonly unknown[]): Promise<CountedCell[]> {
    return (await this.pool.query<CountedCell>(text, [...values])).rows;
  }
}

/** Said of a fleet in which nothing has happened yet. */
const BEFORE_ANYTHING_MS = Date.UTC(2024, 0, 1);

const GROUPED_BY = `
  CASE $3 WHEN 'PRACTICE' THEN place.practice_id WHEN 'ICB' THEN place.icb_code
          WHEN 'REGION' THEN place.region_code ELSE 'ENGLAND' END`;

const WITHIN = `$2 IN ('ENGLAND', place.practice_id, place.icb_code, place.region_code)`;

/**
 * $1 the moment that practices are placed by, $2 the organisation to look within, $3 the level: what had become true before $1 and was
 * known before $4. The ledger is kept by practice only and rolled up here.
 */
const PAST_CELLS = `
  SELECT ${GROUPED_BY} AS code, entry.exposure, entry.state, sum(entry.delta)::int AS machines, 0::float8 AS changed_ms
  FROM placement_at(to_timestamp($1::float8 / 1000)) AS place
  JOIN progress_ledger AS entry ON entry.practice_id = place.practice_id
  WHERE ${WITHIN}
    AND entry.event_bucket < to_timestamp($1::float8 / 1000)
    AND entry.record_bucket < to_timestamp($4::float8 / 1000)
  GROUP BY 1, 2, 3`;

function assemble(
  tree: OrganisationTree,
  { by, within }: ProgressQuestion,
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
  const listed = listOrganisations(tree, by, within ?? NATIONAL_CODE, cells);
  return {
    ...moments,
    rows: listed.map((organisation) => ({
      organisation,
      progress: summarise(cells.get(organisation.code) ?? []),
    })),
    total: summarise([...cells.values()].flat()),
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
