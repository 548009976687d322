import type { ImportPlan } from '../../../libs/organisations/src/import-plan';
import type { KnownOrganisation, KnownTree } from '../../../libs/organisations/src/known-tree';
import type { Statement } from '../../../libs/organisations/src/statement';

/** A database that knows nothing yet. */
export const NOTHING_KNOWN: KnownTree = { organisations: new Map(), statements: new Map() };

/** What the database holds when a plan has been written: the stores, said in memory. */
export function applyPlan(known: KnownTree, plan: ImportPlan): KnownTree {
  const organisations = new Map(known.organisations);
  for (const { code, level, name, vintage } of plan.organisations) {
    const before = organisations.get(code) ?? { links: [], practice: null };
    organisations.set(code, { ...before, code, level, name, vintage });
  }
  const change = (code: string, changed: Partial<KnownOrganisation>): void => {
    const before = organisations.get(code);
    if (before === undefined) throw new Error(`${code} is written before it is added`);
    organisations.set(code, { ...before, ...changed });
  };
  for (const { code, ...practice } of plan.practices) change(code, { practice });
  for (const { childCode, links } of plan.links) change(childCode, { links });
  for (const { code, vintage } of plan.confirmations) change(code, { vintage });
  const statements = new Map<string, readonly Statement[]>(known.statements);
  for (const statement of plan.statements) {
    const stored = statements.get(statement.code) ?? [];
    if (stored.some((one) => keyOf(one) === keyOf(statement)))
      throw new Error(`${keyOf(statement)} is there`);
    statements.set(statement.code, [...stored, statement]);
  }
  return { organisations, statements };
}

/** The primary key of the table. */
function keyOf({ code, day, correction, told, variant }: Statement): string {
  return `${code} ${day ?? ''} ${correction} ${told} ${variant}`;
}

/** The tree without what it is made from, in an order of its own: equal for databases that answer the same. */
export function treeOf({ organisations }: KnownTree): readonly KnownOrganisation[] {
  return [...organisations.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
