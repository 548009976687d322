import type { Scope } from '@app/storage';
import { organisationsNamed } from './organisation-names';
import { organisationsAbove, type Organisation, type OrganisationTree } from './organisation-tree';

/**
 * The organisations as somebody sees them: those that their scope covers, and by name those above, because every answer says where
 * it belongs. Everything else does not exist.
 */
export type OrganisationView = {
  /** An organisation that is seen; null when there is none, or it is not seen. */
  readonly find: (code: string) => Organisation | null;
  /** Those that are seen and that a text may mean: one by its code, in any letters and with blanks, or else those of that name. */
  readonly named: (text: string) => readonly Organisation[];
  /** Whether everything of it is within the scope, by the hierarchy as of now. */
  readonly covers: (code: string) => boolean;
  /** Whether counts of it leave machines out that are not within the scope. */
  readonly isPartial: (code: string) => boolean;
  /** Every code that is covered, of organisations of any level; null: all there are. */
  readonly covered: readonly string[] | null;
  /** The practices among them; null: all there are. What a statement about machines is held to. */
  readonly coveredPractices: readonly string[] | null;
};

/**
 * How a tree of some moment looks to a scope. What is covered follows from the present tree: a practice that has moved belongs to
 * where it stands now, with its past.
 */
export function viewOf(scope: Scope, present: OrganisationTree, then: OrganisationTree): OrganisationView {
  if (scope.isNational) return nationalView(then);
  const covered = coveredBy(scope, present);
  const seen = new Set(covered);
  const partial = new Set<string>();
  for (const { code, level } of then.values()) {
    if (level !== 'PRACTICE') continue;
    const group = covered.has(code) ? seen : partial;
    for (const above of organisationsAbove(then, code)) group.add(above);
  }
  for (const code of scope.codes) {
    if (present.has(code)) for (const above of organisationsAbove(present, code)) seen.add(above);
  }
  const find = (code: string): Organisation | null => (seen.has(code) ? (then.get(code) ?? null) : null);
  return {
    find,
    named: (text) => organisationsNamed(then, text, find),
    covers: (code) => covered.has(code),
    isPartial: (code) => partial.has(code) || !covered.has(code),
    covered: [...covered],
    coveredPractices: [...covered].filter((code) => present.get(code)?.level === 'PRACTICE'),
  };
}

function nationalView(tree: OrganisationTree): OrganisationView {
  const find = (code: string): Organisation | null => tree.get(code) ?? null;
  return {
    find,
    named: (text) => organisationsNamed(tree, text, find),
    covers: () => true,
    isPartial: () => false,
    covered: null,
    coveredPractices: null,
  };
}

function coveredBy(scope: Scope, tree: OrganisationTree): ReadonlySet<string> {
  const bound = new Set(scope.codes);
  const covered = new Set<string>();
  for (const code of tree.keys()) {
    if (bound.has(code) || organisationsAbove(tree, code).some((above) => bound.has(above)))
      covered.add(code);
  }
  return covered;
}
