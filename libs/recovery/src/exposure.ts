import type { Interval } from './clock';
import { crashesOf, spanOf, type CrashHits } from './crash-history';
import type { Incident } from './incident';
import type { Memory } from './memory';
import { earliestCounted, countedBetween } from './counted-time';
import type { OpeningHours } from './opening-hours';
import { silentAfterMs, type Policy } from './policy';
import { isSameBoot } from './session';

/** What happened to a machine in the incident's window. */
export const EXPOSURES = [
  'UNKNOWN',
  'OUT_OF_SCOPE',
  'NOT_EXPOSED',
  'EXPOSED',
  'FAULTY_FILE',
  'SUSPECTED',
  'CRASHED',
] as const;
export type Exposure = (typeof EXPOSURES)[number];

/** Which evidence an exposure rests on. */
export type ExposureReason =
  | 'NOTHING_KNOWN'
  | 'CRASH_HIT'
  | 'ATTESTED_CRASH'
  | 'SOFT_CRASH_WITH_BAD_FILE'
  | 'HELD_BAD_FILE'
  | 'SENSOR_OUT_OF_SCOPE'
  | 'SILENT_SINCE_WINDOW'
  | 'RETURNED_IN_NEW_SESSION'
  | 'UP_IN_WINDOW_WITHOUT_HARM'
  | 'FIRST_SESSION_AFTER_WINDOW';

/** What the rules need besides the machine: the incident, the policy, and the time in which we were blind. */
export type Rules = {
  readonly incident: Incident;
  readonly policy: Policy;
  readonly blindness: readonly Interval[];
  /** Opening hours of the machine's practice; absent: core hours. */
  readonly hours?: OpeningHours;
  /** Opening hours of any practice; absent: core hours everywhere. `rulesAt` takes `hours` from it. */
  readonly hoursOf?: (practiceId: string) => OpeningHours;
};

/** The rules as they hold at a practice. */
export function rulesAt(rules: Rules, practiceId: string): Rules {
  return rules.hoursOf === undefined ? rules : { ...rules, hours: rules.hoursOf(practiceId) };
}

/** An exposure, and the evidence that it rests on. */
export type ExposureVerdict = { readonly exposure: Exposure; readonly reason: ExposureReason };

/** "Ever affected" by the incident. */
export function isAffected(exposure: Exposure): boolean {
  return exposure === 'FAULTY_FILE' || exposure === 'SUSPECTED' || exposure === 'CRASHED';
}

/**
 * What happened in the window, from all that is remembered, as known at `nowMs`. The rules stand in the order in which
 * evidence sharpens: a crash, also one that a person saw, is stronger than a file, a file than the sensor's version, that than contacts and their absence.
 *
 * Until the window has ended only a crash or a bad file is concluded. EXPOSED and NOT_EXPOSED need a normal boot heard after
 * it: a machine that has only been heard in safe mode is being repaired for a reason.
 */
export function classifyExposure(memory: Memory, nowMs: number, rules: Rules): ExposureVerdict {
  if (harmfulHits(memory, rules) !== null) return { exposure: 'CRASHED', reason: 'CRASH_HIT' };
  if (memory.bad !== null && memory.lastSoftCrashMs !== null)
    return { exposure: 'CRASHED', reason: 'SOFT_CRASH_WITH_BAD_FILE' };
  if (memory.attestedCrash !== null) return { exposure: 'CRASHED', reason: 'ATTESTED_CRASH' };
  if (memory.bad !== null) return { exposure: 'FAULTY_FILE', reason: 'HELD_BAD_FILE' };
  if (nowMs < rules.incident.window.untilMs) return NOTHING_KNOWN;
  const scopeReport = memory.beforeEnd ?? memory.afterEnd;
  if (scopeReport?.inScope === false) return { exposure: 'OUT_OF_SCOPE', reason: 'SENSOR_OUT_OF_SCOPE' };
  const suspicion = suspect(memory, nowMs, rules);
  if (suspicion !== null) return { exposure: 'SUSPECTED', reason: suspicion };
  if (memory.afterEnd === null || !memory.bootedNormallyAfterEnd) return NOTHING_KNOWN;
  if (memory.upInWindow || returnedInSameBoot(memory))
    return { exposure: 'EXPOSED', reason: 'UP_IN_WINDOW_WITHOUT_HARM' };
  if (hadContactAroundWindow(memory, rules) || wasBlindAroundWindow(rules)) return NOTHING_KNOWN;
  return { exposure: 'NOT_EXPOSED', reason: 'FIRST_SESSION_AFTER_WINDOW' };
}

/**
 * When silence alone will next change what is concluded about exposure, or null: a machine in contact around the window that
 * has said nothing since becomes suspected, and one without a sensor in scope is out of it as soon as the window has ended.
 */
export function exposureDeadlineMs(memory: Memory, rules: Rules): number | null {
  const { beforeEnd, afterEnd, bad, attestedCrash } = memory;
  if (
    harmfulHits(memory, rules) !== null ||
    bad !== null ||
    attestedCrash !== null ||
    beforeEnd === null ||
    afterEnd !== null
  )
    return null;
  const endMs = rules.incident.window.untilMs;
  if (!beforeEnd.inScope) return endMs;
  if (!hadContactAroundWindow(memory, rules)) return null;
  return Math.max(endMs, silentFromMs(beforeEnd.atMs, rules));
}

/**
 * The crashes that are the incident's, or null. Until its harm has ended that is each with one of its stop codes. Later ones count
 * only for a while after a sign of harm on the same machine: an earlier such crash, a bad file, a person's word, or its
 * return after the silence that made it suspected. An everyday crash of a machine that was well is none.
 */
export function harmfulHits(memory: Memory, rules: Rules): CrashHits | null {
  const { hits } = memory;
  const { harmUntilMs } = rules.incident;
  if (hits === null || hits.lastMs < harmUntilMs) return hits;
  const { bad, attestedCrash, afterEnd } = memory;
  const returnedMs =
    afterEnd !== null && suspect(memory, afterEnd.atMs, rules) !== null ? afterEnd.atMs : null;
  const signs = [bad?.lastMs, attestedCrash?.lastMs, returnedMs].filter((atMs) => atMs != null);
  const harmful = crashesOf(memory.crashes).filter((crash) => {
    const isSoonAfter = (signMs: number): boolean =>
      crash.fromMs >= signMs && crash.fromMs - signMs <= rules.policy.harmLastsMs;
    const isHarm = crash.fromMs < harmUntilMs || signs.some(isSoonAfter);
    if (isHarm) signs.push(crash.untilMs);
    return isHarm;
  });
  return spanOf(harmful);
}

const NOTHING_KNOWN: ExposureVerdict = { exposure: 'UNKNOWN', reason: 'NOTHING_KNOWN' };

/** Why silence around the window makes a machine suspected, or null; evidence of harm or of scope is not looked at. */
export function suspect(memory: Memory, nowMs: number, rules: Rules): ExposureReason | null {
  const { beforeEnd, afterEnd } = memory;
  if (beforeEnd === null || !hadContactAroundWindow(memory, rules)) return null;
  if (afterEnd === null) return nowMs >= silentFromMs(beforeEnd.atMs, rules) ? 'SILENT_SINCE_WINDOW' : null;
  if (returnedInSameBoot(memory)) return null;
  const silentMs = countedBetween(beforeEnd.atMs, afterEnd.atMs, { blindness: rules.blindness });
  return silentMs >= silentAfterMs(rules.policy) ? 'RETURNED_IN_NEW_SESSION' : null;
}

/**
 * Whether the boot that was heard before the window's end was heard again after it. A machine that slept may count its uptime without
 * the sleep: then its start has moved on, but its numbers and its uptime go on from where they were. Both begin again with a boot.
 */
function returnedInSameBoot({ beforeEnd, afterEnd }: Memory): boolean {
  if (beforeEnd === null || afterEnd === null) return false;
  if (isSameBoot(afterEnd, beforeEnd)) return true;
  if (afterEnd.bootId !== beforeEnd.bootId || afterEnd.seq === null || beforeEnd.seq === null) return false;
  return (
    afterEnd.seq > beforeEnd.seq &&
    afterEnd.atMs - (afterEnd.startedAtMs ?? 0) >= beforeEnd.atMs - (beforeEnd.startedAtMs ?? 0)
  );
}

/** From when on a contact shows that a machine was up when the content came. */
export function contactMattersFromMs(incident: Incident, policy: Policy): number {
  return incident.window.fromMs - policy.contactBeforeWindowIntervals * policy.intervalMs;
}

function hadContactAroundWindow(memory: Memory, { incident, policy }: Rules): boolean {
  return memory.beforeEnd !== null && memory.beforeEnd.atMs >= contactMattersFromMs(incident, policy);
}

/**
 * Blindness that began before this moment may change what was concluded from the silence of a machine that has reported after
 * the window; blindness that began later cannot.
 */
export function blindnessMattersUntilMs({ beforeEnd, afterEnd }: Memory, incident: Incident): number {
  if (afterEnd === null) return -Infinity;
  return beforeEnd === null ? incident.window.untilMs : afterEnd.atMs;
}

/** Absence of contact proves nothing for a time in which we could not have heard. */
function wasBlindAroundWindow({ incident, policy, blindness }: Rules): boolean {
  const aroundMs = contactMattersFromMs(incident, policy);
  const heardMs = countedBetween(aroundMs, incident.window.untilMs, { blindness });
  return incident.window.untilMs - aroundMs - heardMs > policy.intervalMs;
}

function silentFromMs(lastContactMs: number, rules: Rules): number {
  return earliestCounted(lastContactMs, silentAfterMs(rules.policy), { blindness: rules.blindness });
}
