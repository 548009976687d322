import type { Rules } from './exposure';
import type { TrackedMachine } from './machine';
import { silentAfterMs, type Policy } from './policy';
import {
  openExposureDeadlineMs,
  openTimeAfter,
  openTimeBetween,
  silenceDeadlineMs,
} from './silence-deadline';
import type { RecoveryState } from './state';

/** When the machines of one practice were last heard. Machines never heard are in no count; long silent ones are in none either. */
export type PracticeContacts = {
  /** The newest report of any machine. */
  readonly lastHeardMs: number;
  /** Machines whose newest report came at most `togetherWithinMs` before that one: they fell silent together. */
  readonly together: number;
  /** Machines whose newest report came at most `speakingWithinMs` before that one: they had been speaking. */
  readonly speaking: number;
};

/** A whole practice that fell silent at once. */
export type SiteSilence = {
  /** The last report of any of its machines. */
  readonly silentSinceMs: number;
  /** Machines that fell silent together. */
  readonly machines: number;
  /** When it was noticed that one of them speaks again; null while all are silent. */
  readonly spokeAgainAtMs: number | null;
};

/** How long the silence of a site holds back the one of a machine. */
export type SiteHold = {
  /** Until when at the latest, as far as is known now. */
  readonly untilMs: number;
  /** When to look again: the end, or earlier where the site may speak again meanwhile. */
  readonly lookAgainAtMs: number;
};

/**
 * The states whose silence another cause could explain. A loop explains its own silence. An unverified machine, and the
 * exposure of any, are concluded from silence that began around the window, where mass silence is the evidence itself.
 */
const EXPLAINABLE: ReadonlySet<RecoveryState> = new Set(['STABILISING', 'RELAPSED', 'LATENT', 'IN_REPAIR']);

/** Machines whose newest reports lie no further apart than this fell silent together: silence, not jitter. */
export function togetherWithinMs(policy: Policy): number {
  return silentAfterMs(policy);
}

/** Machines heard within this time before the last report of their practice were speaking; all others were off or down already. */
export function speakingWithinMs(policy: Policy): number {
  return policy.downAfterOpenMs;
}

/**
 * What the contacts of a practice say if nobody there is heard from now on: a site that fell silent at once, or null. One or two
 * machines are no site; neither is a practice that faded away, most of its machines before the last ones; and silence that began
 * around the incident's window is evidence, whoever shares it.
 */
export function recogniseSite(contacts: PracticeContacts, rules: Rules): SiteSilence | null {
  const { lastHeardMs, together, speaking } = contacts;
  if (together < rules.policy.siteMachinesMin || 2 * together <= speaking) return null;
  if (beganAroundWindow(lastHeardMs, rules)) return null;
  return { silentSinceMs: lastHeardMs, machines: together, spokeAgainAtMs: null };
}

/** Whether a machine's overdue silence is one that its site could explain, so that the site is worth asking for. */
export function isSiteMatter(machine: TrackedMachine, nowMs: number, rules: Rules): boolean {
  const dueAtMs = explainableDeadlineMs(machine, rules);
  return dueAtMs !== null && dueAtMs <= nowMs;
}

/** Whether a machine fell silent with its site: not long before it, and not heard since. */
export function fellSilentWith(machine: TrackedMachine, site: SiteSilence, policy: Policy): boolean {
  const heardMs = machine.memory.heard?.atMs;
  if (heardMs === undefined) return false;
  return heardMs <= site.silentSinceMs && heardMs >= site.silentSinceMs - togetherWithinMs(policy);
}

/**
 * Whether a site holds back the transition that a machine's silence is due for at `nowMs`, and until when; null when it does
 * not. It holds when the machine fell silent with it and it had been silent for three intervals of opening time by the
 * machine's own deadline. What was true by the deadline does not depend on when somebody looks.
 *
 * A hold only waits. It ends a working day after the site fell silent, or, once the site speaks again, when the machine has said
 * nothing for as long as a machine may: then its site is not the explanation, and the transition happens, dated by its own
 * deadline.
 */
export function siteHold(
  machine: TrackedMachine,
  site: SiteSilence,
  nowMs: number,
  rules: Rules,
): SiteHold | null {
  const { policy } = rules;
  const dueAtMs = explainableDeadlineMs(machine, rules);
  if (dueAtMs === null || dueAtMs > nowMs || !fellSilentWith(machine, site, policy)) return null;
  if (openTimeBetween(site.silentSinceMs, dueAtMs, rules) < silentAfterMs(policy)) return null;
  const untilMs = siteHoldsUntilMs(site, rules);
  if (untilMs <= nowMs) return null;
  const lookAgainAtMs =
    site.spokeAgainAtMs === null ? Math.min(untilMs, nowMs + policy.downAfterOpenMs) : untilMs;
  return { untilMs, lookAgainAtMs };
}

/** Until when a site explains the silence of its machines, as far as is known: it may speak again before. */
export function siteHoldsUntilMs(site: SiteSilence, rules: Rules): number {
  const { policy } = rules;
  const boundMs = openTimeAfter(site.silentSinceMs, policy.siteHoldOpenMs, rules);
  const { spokeAgainAtMs } = site;
  if (spokeAgainAtMs === null || spokeAgainAtMs >= boundMs) return boundMs;
  return openTimeAfter(spokeAgainAtMs, policy.downAfterOpenMs, rules);
}

function explainableDeadlineMs(machine: TrackedMachine, rules: Rules): number | null {
  const { heard } = machine.memory;
  if (heard === null || !EXPLAINABLE.has(machine.state) || beganAroundWindow(heard.atMs, rules)) return null;
  const dueAtMs = silenceDeadlineMs(machine, rules);
  return dueAtMs === openExposureDeadlineMs(machine, rules) ? null : dueAtMs;
}

/** Whether silence since this report began where the incident's own silence did: in the window or just before it. */
function beganAroundWindow(heardAtMs: number, { incident, policy }: Rules): boolean {
  const aroundMs = incident.window.fromMs - policy.contactBeforeWindowIntervals * policy.intervalMs;
  return heardAtMs >= aroundMs && heardAtMs < incident.window.untilMs;
}
