import { listDatedHours, type DatedEntry, type Queryable, type Scope } from '@app/storage';
import { organisationsAbove } from './organisation-tree';
import type { OrganisationReader } from './organisation.reader';

/** A place in the order of dated entries: that of one of them. */
export type ClosurePlace = Omit<DatedEntry, 'reason'>;

/** One page of dated entries, earliest first. */
export type ClosurePage = { readonly entries: readonly DatedEntry[]; readonly hasNextPage: boolean };

/** What of the closures is asked for. */
export type ClosureQuestion = {
  /** Code of the organisation to look within; null: everywhere. */
  readonly within: string | null;
  /** The first day, and the first one after the last, as 2024-07-25. */
  readonly fromDay: string;
  readonly untilDay: string;
};

/** Answers which closures and openings were entered by the organisations of a scope. Reads only. */
export class ClosureReader {
  constructor(
    private readonly db: Queryable,
    private readonly organisations: OrganisationReader,
  ) {}

  /** @param after the last entry of the page before; null: from the beginning */
  async list(
    scope: Scope,
    { within, fromDay, untilDay }: ClosureQuestion,
    page: { readonly first: number; readonly after: ClosurePlace | null },
    nowMs: number,
  ): Promise<ClosurePage> {
    const tree = await this.organisations.treeAt(nowMs);
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const codes = [...tree.keys()].filter(
      (code) =>
        covers(code) &&
        (within === null || code === within || organisationsAbove(tree, code).includes(within)),
    );
    const rows = await listDatedHours(this.db, codes, { fromDay, untilDay }, page.after, page.first + 1);
    return { entries: rows.slice(0, page.first), hasNextPage: rows.length > page.first };
  }
}
