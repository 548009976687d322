import type { Organisation, OrganisationTree } from './organisation-tree';

/** Branch surgeries have the code of their practice and three more digits (digital.nhs.uk, Organisation Data Service). */
const BRANCH = /^([A-Z]\d{5})\d{3}$/;
/** What official names of ICBs and regions have around the part that people say. */
const OFFICIAL_WORDS = /^nhs | integrated care board$| icb$| region$| commissioning region$/g;

const codesByName = new WeakMap<OrganisationTree, ReadonlyMap<string, readonly string[]>>();

/**
 * Organisations that a text may mean: the one that has it as its code (in any letters, with blanks, or as the code of a branch
 * surgery), or else those that have it as their whole name, with or without the official words around it.
 *
 * @param find which of them is seen
 */
export function organisationsNamed(
  tree: OrganisationTree,
  text: string,
  find: (code: string) => Organisation | null,
): readonly Organisation[] {
  const code = text.replace(/\s/g, '').toUpperCase();
  const byCode = find(text) ?? find(code) ?? find(BRANCH.exec(code)?.[1] ?? code);
  if (byCode !== null) return [byCode];
  let names = codesByName.get(tree);
  if (names === undefined) {
    names = indexNames(tree);
    codesByName.set(tree, names);
  }
  return (names.get(foldedName(text)) ?? []).map(find).filter((one) => one !== null);
}

function indexNames(tree: OrganisationTree): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { code, name } of tree.values()) {
    const folded = foldedName(name);
    const codes = names.get(folded);
    if (codes === undefined) names.set(folded, [code]);
    else codes.push(code);
  }
  return names;
}

/** Letters and digits of a name in small letters, single blanks between its words, "and" for "&", without the official words. */
function foldedName(name: string): string {
  const words = name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replace(/[’']/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  const short = words.replace(OFFICIAL_WORDS, '').trim();
  return short === '' ? words : short;
}
