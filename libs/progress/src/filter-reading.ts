import type { Policy } from '@app/recovery';
import type { Scope } from '@app/storage';
import type { FilterReading } from './machine-conditions';
import type { OrganisationReader } from './organisation.reader';
import { practicesWithin } from './organisation-tree';

/**
 * What a filter is read by for whoever asks. Practices out of scope are left out of the filter, too: reading their rows to drop them
 * would tell how many there are.
 */
export async function filterReading(
  organisations: OrganisationReader,
  policy: Policy,
  scope: Scope,
  nowMs: number,
): Promise<FilterReading> {
  const tree = await organisations.treeAt(nowMs);
  const { covers, coveredPractices } = await organisations.viewFor(scope, nowMs, nowMs);
  return {
    nowMs,
    policy,
    practicesInScope: coveredPractices,
    practicesWithin: (codes) => practicesWithin(tree, codes).filter(covers),
  };
}
