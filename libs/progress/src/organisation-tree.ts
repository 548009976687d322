export const ORGANISATION_LEVELS = ['NATIONAL', 'REGION', 'ICB', 'PRACTICE'] as const;
/** The levels of the hierarchy, from the top. */
export type OrganisationLevel = (typeof ORGANISATION_LEVELS)[number];

/** How to get to a practice, or to ring it; null: not known. From the practice files, as written there. */
export type PracticeContact = {
  /** Without the postcode, lines parted by commas. */
  readonly address: string | null;
  readonly postcode: string | null;
  readonly telephone: string | null;
};

/** An organisation as it stood at a moment; its contact is that of today. */
export type Organisation = {
  readonly code: string;
  readonly name: string;
  readonly level: OrganisationLevel;
  readonly parentCode: string | null;
  readonly closed: boolean;
  readonly contact: PracticeContact;
};

/** The organisations and their places at one moment. */
export type OrganisationTree = ReadonlyMap<string, Organisation>;

export const NATIONAL_CODE = 'ENGLAND';

/** Those above an organisation, nearest first; a tree has four levels. */
export function organisationsAbove(tree: OrganisationTree, code: string): readonly string[] {
  const above: string[] = [];
  for (let at = tree.get(code)?.parentCode ?? null; at !== null; at = tree.get(at)?.parentCode ?? null) {
    above.push(at);
  }
  return above;
}

/** Whether an organisation is another one or lies below it. */
export function liesWithin(tree: OrganisationTree, code: string, ancestor: string): boolean {
  return ancestor === NATIONAL_CODE || code === ancestor || organisationsAbove(tree, code).includes(ancestor);
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
    for (const at of [practice.code, ...organisationsAbove(tree, practice.code)]) {
      const practices = below.get(at);
      if (practices === undefined) below.set(at, [practice.code]);
      else practices.push(practice.code);
    }
  }
  return below;
}
