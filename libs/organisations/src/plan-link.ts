import { dayOf, startOfDay } from './calendar-date';
import type { LinkWrite } from './import-plan';
import type { CurrentLink } from './known-tree';
import { ICBS_BY_CODE } from './reference-data';
import type { Refusal } from './row-refusals';

/**
 * How a child comes under a parent. Null when it is there already, STALE when the move is older than what is
 * known.
 */
export function planLink(
  childCode: string,
  current: CurrentLink | null,
  parentCode: string,
  effectiveAtMs: number,
): LinkWrite | 'STALE' | null {
  if (current === null) return { childCode, parentCode, kind: 'FIRST' };
  if (current.parentCode === parentCode) return null;
  if (isStaleMove(current, parentCode, effectiveAtMs)) return 'STALE';
  return { childCode, parentCode, kind: current.startsAtMs === effectiveAtMs ? 'CORRECT' : 'MOVE' };
}

/** The refusal of a stale move, in words that help to find the right date. */
export function staleMove(
  what: string,
  current: CurrentLink | null,
  parentCode: string,
  effectiveAtMs: number,
): Refusal {
  const startsAtMs = current?.startsAtMs ?? null;
  const since = startsAtMs === null ? '' : ` since ${dayOf(startsAtMs)}`;
  const detail = `${what} is in ${current?.parentCode ?? 'nothing'}${since}; a move to ${parentCode} on`;
  return {
    reason: 'STALE_FILE',
    detail: `${detail} ${dayOf(effectiveAtMs)} is older than that or impossible`,
  };
}

/**
 * Whether a move to another parent is old news: it would take effect before what is already recorded, and
 * writing it down would bend the history. Three signs, each sufficient:
 *
 * 1. the current link starts later than the move would;
 * 2. the new parent no longer exists at that instant: the file is older than the date it is given;
 * 3. the current parent did not exist yet at that instant: what is recorded is newer than the file, although
 *    its link, as an organisation's first, says that it holds since ever.
 *
 * The second and third catch an old epraccur imported after a newer file, which carries no date of its own.
 * They know of mergers from the reference data only.
 */
function isStaleMove(current: CurrentLink, newParentCode: string, effectiveAtMs: number): boolean {
  if (current.startsAtMs !== null && effectiveAtMs < current.startsAtMs) return true;
  const abolishedOn = ICBS_BY_CODE.get(newParentCode)?.abolishedOn ?? null;
  if (abolishedOn !== null && effectiveAtMs >= startOfDay(abolishedOn).getTime()) return true;
  const establishedOn = ICBS_BY_CODE.get(current.parentCode)?.establishedOn ?? null;
  return establishedOn !== null && effectiveAtMs < startOfDay(establishedOn).getTime();
}
