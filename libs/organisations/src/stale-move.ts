import { dayOf, startOfDay } from './calendar-date';
import type { KnownLink } from './known-tree';
import { ICBS_BY_CODE } from './reference-data';
import type { Refusal } from './row-refusals';

/** The refusal of a stale move, in words that help to find the right date. */
export function staleMove(
  what: string,
  current: KnownLink,
  parentCode: string,
  effectiveAtMs: number,
): Refusal {
  const since = current.startsAtMs === null ? '' : ` since ${dayOf(current.startsAtMs)}`;
  const detail = `${what} is in ${current.parentCode}${since}; a move to ${parentCode} on`;
  return {
    reason: 'STALE_FILE',
    detail: `${detail} ${dayOf(effectiveAtMs)} is older than that or impossible`,
  };
}

/**
 * Whether a move that a file without a day shows is old news: it would take effect before what is already recorded.
 * Three signs, each sufficient:
 *
 * 1. the current link starts later than the move would;
 * 2. the new parent no longer exists at that instant: the file is older than the date it is given;
 * 3. the current parent did not exist yet at that instant: what is recorded is newer than the file, although
 *    its link, as an organisation's first, says that it holds since ever.
 *
 * The second and third know of mergers from the reference data only.
 */
export function isStaleMove(current: KnownLink, newParentCode: string, effectiveAtMs: number): boolean {
  if (current.startsAtMs !== null && effectiveAtMs < current.startsAtMs) return true;
  const abolishedOn = ICBS_BY_CODE.get(newParentCode)?.abolishedOn ?? null;
  if (abolishedOn !== null && effectiveAtMs >= startOfDay(abolishedOn).getTime()) return true;
  const establishedOn = ICBS_BY_CODE.get(current.parentCode)?.establishedOn ?? null;
  return establishedOn !== null && effectiveAtMs < startOfDay(establishedOn).getTime();
}
