import { createHash } from 'node:crypto';

/** An operation that anybody may run where progress is public, known by the hash of its text. */
export type PublicOperation = { readonly name: string; readonly sha256Hash: string; readonly query: string };

const COUNT = '{ atLeast atMost }';
const FIGURES = `odsCode name level affected ${COUNT} recovered ${COUNT} notRecovered ${COUNT} unknown ${COUNT} recoveredShare ${COUNT}`;

/** Everything that is registered. To change a text is to change its hash: keep the former one beside it while pages still use it. */
const TEXTS: Readonly<Record<string, string>> = {
  PublicProgress: `query PublicProgress($by: PublicLevel! = REGION) { publicProgress(by: $by) { asOf ruleVersion rows { ${FIGURES} } total { ${FIGURES} } } }`,
};

/** Registered when the service is built, and by nobody at run time. Written out in `public-operations.json`. */
export const PUBLIC_OPERATIONS: readonly PublicOperation[] = Object.entries(TEXTS).map(([name, query]) => ({
  name,
  sha256Hash: createHash('sha256').update(query).digest('hex'),
  query,
}));
