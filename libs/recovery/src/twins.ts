import { earliest, SECOND_MS } from './clock';
import type { Evidence } from './evidence';
import { halfFingerprint } from './fingerprint';
import { reportsApartMinMs, type Policy } from './policy';
import { belongsTo, type Heard, type Session } from './session';

/** What is remembered of a machine that may show a second one. */
type Speakers = {
  readonly heard: Heard | null;
  readonly sessions: readonly Session[];
  /** Until when a person has settled whose identity it is. */
  readonly settledMs: number | null;
};

/**
 * Since when, if ever, this report shows that two machines use one identity: a clone, a thief. Only what was received live
 * counts: the age of a spooled report may span a reboot, and is measured by a clock that may be wrong. What a person has settled
 * stays settled until both report again.
 *
 * - Two boots that both go on reporting: one machine cannot return to a boot that it has left.
 * - Two reports of one boot that contradict each other: see `contradicts`.
 *
 * @param sessions as known with this report
 */
export function twinsSince(
  memory: Speakers,
  sessions: readonly Session[],
  evidence: Evidence,
  policy: Policy,
): number | null {
  if (!evidence.live) return null;
  const own = sessions.find((session) => belongsTo(session, bootOf(evidence)));
  const twoBootsSinceMs = returnedSince(memory, own, evidence, policy);
  if (own === undefined || !contradicts(memory, own, evidence, policy)) return twoBootsSinceMs;
  return earliest(twoBootsSinceMs, own.startedAtMs);
}

/**
 * When the newer of two boots started, if the older one reported live after that. Under one boot id both must have gone on: the
 * older one after the newer one's first report, and the newer one after its own first. A machine that slept may count its uptime
 * without the sleep, and a copy of a report that comes late looks like a boot; neither goes on beside the other.
 */
function returnedSince(
  { sessions, settledMs }: Speakers,
  own: Session | undefined,
  evidence: Evidence,
  policy: Policy,
): number | null {
  const toleranceMs = policy.sessionStartToleranceMs;
  let sinceMs: number | null = null;
  for (const known of sessions) {
    if (known.lastLiveAtMs === null || belongsTo(known, bootOf(evidence))) continue;
    const knownIsNewer = known.startedAtMs > evidence.sessionStartedAtMs;
    const newer = knownIsNewer ? known : own;
    const [newerStartMs, olderStartMs, olderLiveMs] = knownIsNewer
      ? [known.startedAtMs, evidence.sessionStartedAtMs, evidence.observedAtMs]
      : [evidence.sessionStartedAtMs, known.startedAtMs, known.lastLiveAtMs];
    const goesOn = newer !== undefined && newer.firstLiveAtMs !== newer.lastLiveAtMs;
    const newerGoesOnMs = goesOn ? newer.firstLiveAtMs : null;
    if (settledMs !== null && olderLiveMs <= settledMs) continue;
    const newerMs = known.bootId === evidence.bootId ? newerGoesOnMs : newerStartMs + toleranceMs;
    if (newerMs !== null && olderStartMs + toleranceMs < newerStartMs && olderLiveMs > newerMs)
      sinceMs = earliest(sinceMs, newerStartMs);
  }
  return sinceMs;
}

/**
 * Whether a report and the newest one heard, both of one boot and both live, cannot be of one machine:
 *
 * - the boot mode differs;
 * - of one second of uptime they tell different facts (the first report apart: an agent that is restarted within that second
 *   begins its numbers again);
 * - the later one has no higher number, and is too early to be of an agent that was restarted in between: such an agent begins
 *   at 1 and needs its time to come to this number.
 */
function contradicts(
  { heard, settledMs }: Speakers,
  own: Session,
  evidence: Evidence,
  policy: Policy,
): boolean {
  if (heard === null) return false;
  if (!belongsTo(own, { bootId: heard.bootId, startedAtMs: heard.sessionStartedAtMs })) return false;
  if ((own.lastLiveAtMs ?? -Infinity) < heard.atMs) return false;
  if (settledMs !== null && (heard.atMs <= settledMs || evidence.observedAtMs <= settledMs)) return false;
  if (heard.bootMode !== evidence.bootMode) return true;
  const apartMs = uptimeOf(evidence) - (heard.atMs - heard.sessionStartedAtMs);
  if (Math.abs(apartMs) <= SECOND_MS)
    return !hasFactsOf(heard, evidence) && heard.seq > 1 && evidence.seq > 1;
  const [earlierSeq, laterSeq] = apartMs > 0 ? [heard.seq, evidence.seq] : [evidence.seq, heard.seq];
  return laterSeq <= earlierSeq && (laterSeq - 1) * reportsApartMinMs(policy) > Math.abs(apartMs);
}

/**
 * Whether a report is the newest one once more, by its boot, number and uptime. It may tell other facts, and it may come by a slower
 * way: a proxy sends a request again after its time-out, and does not know its age.
 */
export function isHeardAgain(heard: Heard | null, evidence: Evidence, policy: Policy): boolean {
  if (heard?.seq !== evidence.seq || heard.bootId !== evidence.bootId) return false;
  const apartMs = uptimeOf(evidence) - (heard.atMs - heard.sessionStartedAtMs);
  const laterMs = Math.abs(evidence.sessionStartedAtMs - heard.sessionStartedAtMs);
  return Math.abs(apartMs) <= SECOND_MS && laterMs <= policy.sessionStartToleranceMs;
}

/** Whether a report tells the facts of the newest one, as far as that is known. */
export function hasFactsOf(heard: Heard | null, evidence: Evidence): boolean {
  return heard?.facts == null || heard.facts === halfFingerprint(evidence.fingerprint);
}

function bootOf(evidence: Evidence): { readonly bootId: string; readonly startedAtMs: number } {
  return { bootId: evidence.bootId, startedAtMs: evidence.sessionStartedAtMs };
}

function uptimeOf({ observedAtMs, sessionStartedAtMs }: Evidence): number {
  return observedAtMs - sessionStartedAtMs;
}
