import type { Pool } from 'pg';

export const ORGANISATION_LEVELS = ['NATIONAL', 'REGION', 'ICB', 'PRACTICE'] as const;
/** The levels of the hierarchy, from the top. */
export type OrganisationLevel = (typeof ORGANISATION_LEVELS)[number];

/** An organisation as it stood at a moment. */
export type Organisation = {
  readonly code: string;
  readonly name: string;
  readonly level: OrganisationLevel;
  readonly parentCode: string | null;
  readonly closed: boolean;
};

/** The organisations and their places at one moment. */
export type OrganisationTree = ReadonlyMap<string, Organisation>;

export const NATIONAL_CODE = 'ENGLAND';

/** An import shows within this time. */
const TREE_VALID_MS = 5_000;
/** Trees of different moments kept: the present one and a few that somebody looks back at. */
const TREES_KEPT_MAX = 8;

/** Reads the tree of organisations, and keeps it for a few seconds: it is a few thousand rows that change once a month. */
export class OrganisationReader {
  private readonly trees = new Map<
    string,
    { readonly readAtMs: number; readonly tree: Promise<OrganisationTree> }
  >();

  constructor(
    private readonly pool: Pool,
    private readonly monotonicMs: () => number,
  ) {}

  /** The tree as it stood at `atMs`, looked up by day: links change at midnight. */
  async treeAt(atMs: number): Promise<OrganisationTree> {
    const day = new Date(atMs).toISOString().slice(0, 10);
    const known = this.trees.get(day);
    const nowMs = this.monotonicMs();
    if (known !== undefined && nowMs - known.readAtMs < TREE_VALID_MS) return known.tree;
    const tree = this.read(atMs).then(async (read) => {
      // The same object while nothing has changed: what others have worked out from a tree stays good.
      const before = await known?.tree.catch(() => undefined);
      return before !== undefined && isSame(before, read) ? before : read;
    });
    this.trees.delete(day);
    this.trees.set(day, { readAtMs: nowMs, tree });
    tree.catch(() => this.trees.delete(day));
    const oldest = this.trees.keys().next();
    if (this.trees.size > TREES_KEPT_MAX && oldest.done !== true) this.trees.delete(oldest.value);
    return tree;
  }

  /** One organisation, or null when there is none of this code. */
  async find(code: string, atMs: number): Promise<Organisation | null> {
    return (await this.treeAt(atMs)).get(code) ?? null;
  }

  private async read(atMs: number): Promise<OrganisationTree> {
    const { rows } = await this.pool.query<{
      code: string;
      name: string;
      level: OrganisationLevel;
      parent_code: string | null;
      closed: boolean;
    }>(
      `SELECT organisation.code, organisation.name, organisation.level, link.parent_code,
              COALESCE(practice.closed_on <= (moment.at AT TIME ZONE 'UTC')::date, false) AS closed
       FROM (SELECT to_timestamp($1::float8 / 1000) AS at) AS moment
       CROSS JOIN organisation
       LEFT JOIN organisation_link AS link ON link.child_code = organisation.code
         AND link.valid_from <= moment.at AND (link.valid_until IS NULL OR moment.at < link.valid_until)
       LEFT JOIN practice ON practice.code = organisation.code
       ORDER BY organisation.code`,
      [atMs],
    );
    return new Map(
      rows.map((row) => [
        row.code,
        { code: row.code, name: row.name, level: row.level, parentCode: row.parent_code, closed: row.closed },
      ]),
    );
  }
}

function isSame(a: OrganisationTree, b: OrganisationTree): boolean {
  if (a.size !== b.size) return false;
  for (const [code, one] of a) {
    const other = b.get(code);
    if (other?.parentCode !== one.parentCode || other.name !== one.name || other.closed !== one.closed) {
      return false;
    }
  }
  return true;
}

/** Whether an organisation is another one or lies below it. */
export function liesWithin(tree: OrganisationTree, code: string, ancestor: string): boolean {
  if (ancestor === NATIONAL_CODE) return true;
  for (let at: string | null = code; at !== null; at = tree.get(at)?.parentCode ?? null) {
    if (at === ancestor) return true;
  }
  return false;
}

const practicesOfTree = new WeakMap<OrganisationTree, ReadonlyMap<string, readonly string[]>>();

/** The codes of all practices at or below any of the organisations, each once; unknown organisations have none. */
export function practicesWithin(tree: OrganisationTree, codes: readonly string[]): readonly string[] {
  let below = practicesOfTree.get(tree);
  if (below === undefined) {
    below = groupPractices(tree);
    practicesOfTree.set(tree, below);
  }
  const [only] = codes;
  if (codes.length === 1 && only !== undefined) return below.get(only) ?? [];
  return [...new Set(codes.flatMap((code) => below.get(code) ?? []))];
}

function groupPractices(tree: OrganisationTree): Map<string, string[]> {
  const below = new Map<string, string[]>();
  for (const practice of tree.values()) {
    if (practice.level !== 'PRACTICE') continue;
    for (let at: string | null = practice.code; at !== null; at = tree.get(at)?.parentCode ?? null) {
      const practices = below.get(at);
      if (practices === undefined) below.set(at, [practice.code]);
      else practices.push(practice.code);
    }
  }
  return below;
}
