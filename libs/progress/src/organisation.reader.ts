import type { Scope } from '@app/storage';
import type { Pool } from 'pg';
import type { OrganisationLevel, OrganisationTree, PracticeContact } from './organisation-tree';
import { viewOf, type OrganisationView } from './organisation-view';

/** An import shows within this time. */
const TREE_VALID_MS = 5_000;
/** Trees of different moments kept: the present one and a few that somebody looks back at. */
const TREES_KEPT_MAX = 8;
/** Scopes whose view of a tree is kept; principals are many, but they share a few dozen scopes. */
const VIEWS_KEPT_MAX = 200;

type KeptView = { readonly present: OrganisationTree; readonly view: OrganisationView };

/** Reads the tree of organisations, and keeps it for a few seconds: it is a few thousand rows that change once a month. */
export class OrganisationReader {
  private readonly trees = new Map<
    string,
    { readonly readAtMs: number; readonly tree: Promise<OrganisationTree> }
  >();
  private readonly views = new WeakMap<OrganisationTree, Map<string, KeptView>>();

  constructor(
    private readonly pool: Pool,
    private readonly monotonicMs: () => number,
  ) {}

  /** The whole tree as it stood at `atMs`, looked up by day: links change at midnight. */
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

  /** The organisations as they stood at `atMs`, as somebody sees them whose scope follows from the hierarchy as of `nowMs`. */
  async viewFor(scope: Scope, atMs: number, nowMs: number): Promise<OrganisationView> {
    const [present, then] = await Promise.all([this.treeAt(nowMs), this.treeAt(atMs)]);
    const views = this.views.get(then) ?? new Map<string, KeptView>();
    this.views.set(then, views);
    const kept = views.get(scope.key);
    if (kept?.present === present) return kept.view;
    const view = viewOf(scope, present, then);
    views.set(scope.key, { present, view });
    const oldest = views.keys().next();
    if (views.size > VIEWS_KEPT_MAX && oldest.done !== true) views.delete(oldest.value);
    return view;
  }

  private async read(atMs: number): Promise<OrganisationTree> {
    const { rows } = await this.pool.query<{
      code: string;
      name: string;
      level: OrganisationLevel;
      parent_code: string | null;
      closed: boolean;
      address: string | null;
      postcode: string | null;
      telephone: string | null;
    }>(
      `SELECT organisation.code, organisation.name, organisation.level, link.parent_code,
              COALESCE(practice.closed_on <= (moment.at AT TIME ZONE 'UTC')::date, false) AS closed,
              practice.address, practice.postcode, practice.telephone
       FROM (SELECT to_timestamp($1::float8 / 1000) AS at) AS moment
       CROSS JOIN organisation
       LEFT JOIN organisation_link AS link ON link.child_code = organisation.code
         AND link.valid_from <= moment.at AND (link.valid_until IS NULL OR moment.at < link.valid_until)
       LEFT JOIN practice ON practice.code = organisation.code
       ORDER BY organisation.code`,
      [atMs],
    );
    return new Map(
      rows.map(({ code, name, level, parent_code: parentCode, closed, ...contact }) => [
        code,
        { code, name, level, parentCode, closed, contact },
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
    if (!isSameContact(other.contact, one.contact)) return false;
  }
  return true;
}

function isSameContact(a: PracticeContact, b: PracticeContact): boolean {
  return a.address === b.address && a.postcode === b.postcode && a.telephone === b.telephone;
}
