import { sharedInAny, sharedInSteps, strongestIdentity } from '@app/recovery';
import type { SharedAt } from '@app/storage';
import { groupBy } from './group-by';
import type { PlacedRow } from './place-rows';
import type { BrokenRow } from './register-file';

/** Rows that are told apart in one step. */
const ROWS_PER_STEP = 500;

/**
 * Leaves out rows that repeat an asset of an earlier one at the same practice, by its strongest identity: the same host name on other
 * hardware is another asset. An identity that too many rows share is none; a row that has no other cannot be told from those.
 *
 * @param sharedAt identities that too many machines share, in the list or beyond it
 */
export function* tellApart(
  rows: readonly PlacedRow[],
  sharedAt: SharedAt,
): Generator<void, { readonly distinct: readonly PlacedRow[]; readonly broken: readonly BrokenRow[] }> {
  const distinct: PlacedRow[] = [];
  const broken: BrokenRow[] = [];
  for (const [practiceId, here] of groupBy(rows, (row) => row.practiceId)) {
    const sharedHere = sharedInAny(sharedAt(practiceId), yield* sharedInSteps(here));
    const seen = new Set<string>();
    for (const [at, row] of here.entries()) {
      if (at % ROWS_PER_STEP === 0) yield;
      const identity = strongestIdentity(row, sharedHere);
      if (identity === null) broken.push({ line: row.line, problem: 'IDENTITY_SHARED' });
      else if (seen.has(identity)) broken.push({ line: row.line, problem: 'SAME_ASSET_AS_ABOVE' });
      else {
        seen.add(identity);
        distinct.push(row);
      }
    }
  }
  return { distinct, broken };
}
