import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './clock';

/** Every duration and threshold of the rules, with its unit in the name. */
export type Policy = {
  /** H, the reporting interval issued to machines. */
  readonly intervalMs: number;
  /** Contact this many intervals before the window counts as "was up when it came". */
  readonly contactBeforeWindowIntervals: number;
  /** Silence of more than this many intervals is silence, not jitter. */
  readonly silentAfterIntervals: number;
  /** A report older than this many intervals is no longer fresh. */
  readonly freshForIntervals: number;
  /** Opening time without a report before a suspected or unstable machine is taken to be down. */
  readonly downAfterOpenMs: number;
  /** A repair without a report for this long has been abandoned. */
  readonly repairAbandonedAfterMs: number;
  /** Two session starts within this time are a loop. */
  readonly loopStartsWithinMs: number;
  /** Two crash hits within this time before the report are a loop. */
  readonly loopHitsWithinMs: number;
  /** A session older than this has left the loop. */
  readonly loopOverAfterMs: number;
  /** Uptime of one boot session that recovery asks for. */
  readonly soakMs: number;
  /** Reports within that session that recovery asks for. */
  readonly soakReports: number;
  /** After the incident's harm has ended, a crash counts for this long after the last sign of harm on the machine. */
  readonly harmLastsMs: number;
  /** A file time further than this in the future is no evidence. */
  readonly futureToleranceMs: number;
  /** Clock skew above this makes times near an edge of the window ambiguous. */
  readonly skewToleranceMs: number;
  /** A report that waited no longer than this says where the machine is now. */
  readonly liveAgeMaxMs: number;
  /** Two estimates of a session's start may differ by this much: rounding, network, queueing. */
  readonly sessionStartToleranceMs: number;
  /** Fewer machines than this that fall silent together say nothing about their practice. */
  readonly siteMachinesMin: number;
  /** Opening time for which the silence of a whole practice explains that of its machines. */
  readonly siteHoldOpenMs: number;
  /** Opening time without a report after which a machine may be taken to be replaced. */
  readonly replacementSilentOpenMs: number;
};

/**
 * No machine boots twice within this time, so two crashes or two starts that are closer are one: Windows logs one crash as event
 * 41 and again as 1001, some seconds apart, and an agent that is restarted may give its boot a new id. Windows needs one to three
 * minutes from one start to the next.
 */
export const BOOTS_APART_MIN_MS = 60 * SECOND_MS;

/**
 * Defaults, each with its reason.
 *
 * - interval 300 s: 225,000 machines make 750 reports a second, and a silence shows within a quarter of an hour.
 * - 2 intervals before the window: one report may have been lost just before the content came.
 * - 3 intervals of silence: two lost reports are a bad network, three are silence.
 * - 60 min of opening hours: the vendor's own query asked for an hour without contact; closed hours prove nothing.
 * - 4 h of repair: longer than any remediation on record (5–20 min a PC), so the engineer has gone home.
 * - 30 min / 60 min / 15 min for a loop: Windows needs one to three minutes a boot and drops into recovery after two
 *   failures; a session that outlives 15 min has outlived the evaluation that crashes.
 * - 60 min and 3 reports of soak: the vendor's hour again, and one isolated report of a looping machine is worth nothing.
 * - 7 days of harm after its end: a repair that does not hold shows within days; an everyday crash comes at any time.
 * - 120 s of skew: domain-joined machines keep within it; beyond, times near an edge prove nothing.
 * - live within one interval: an age across a reboot is measured by a clock that may be wrong; one interval cannot span one.
 * - 3 machines for a site: one machine or two are switched off by one person; three at once share a cause.
 * - 10 h 30 of opening time for a site: one working day. A line or a fuse is mended within it; a practice that says nothing for
 *   longer has something to tell, and its machines are counted as they would be anywhere else.
 * - 10 h 30 of opening time for a replacement: a machine in use is switched on within a working day, and then it speaks.
 */
export const DEFAULT_POLICY: Policy = {
  intervalMs: 300 * SECOND_MS,
  contactBeforeWindowIntervals: 2,
  silentAfterIntervals: 3,
  freshForIntervals: 2,
  downAfterOpenMs: 60 * MINUTE_MS,
  repairAbandonedAfterMs: 4 * HOUR_MS,
  loopStartsWithinMs: 30 * MINUTE_MS,
  loopHitsWithinMs: 60 * MINUTE_MS,
  loopOverAfterMs: 15 * MINUTE_MS,
  soakMs: 60 * MINUTE_MS,
  soakReports: 3,
  harmLastsMs: 7 * DAY_MS,
  futureToleranceMs: 5 * MINUTE_MS,
  skewToleranceMs: 120 * SECOND_MS,
  liveAgeMaxMs: 300 * SECOND_MS,
  sessionStartToleranceMs: 120 * SECOND_MS,
  siteMachinesMin: 3,
  siteHoldOpenMs: 10.5 * HOUR_MS,
  replacementSilentOpenMs: 10.5 * HOUR_MS,
};

/**
 * The name under which transitions record which rules decided them. Raise it with every change of a rule or a default.
 *
 * - 2026.11.2: silence of a machine is held while its whole practice is silent.
 * - 2026.11.3: what people see and do is evidence.
 * - 2026.11.4: crashes stamped by a clock that is told to be wrong are put right; a crash told again is the same one; a soft
 *   crash is no relapse.
 * - 2026.12.1: a session is a boot id and a start; twins show within a session; impossible times prove nothing; stop codes count
 *   by family; a crash logged twice is one; harm has an end.
 */
export const RULE_VERSION = '2026.12.1';

/**
 * Machines in use that may share a serial number, an asset tag or an SMBIOS UUID before it identifies nothing. An asset has up to
 * three records at once: the entry of a list that was not recognised, the installation before, and the one of today. What more
 * machines share was typed by nobody for one of them: a placeholder that no list of placeholders knows, or an image that was cloned.
 */
export const IDENTITY_HOLDERS_MAX = 3;

/** Silence that is longer than jitter and lost reports explain, in milliseconds. */
export function silentAfterMs(policy: Policy): number {
  return policy.silentAfterIntervals * policy.intervalMs;
}

/**
 * The least time between two numbers of one agent, in milliseconds: a quarter of the interval. Agents report once an interval,
 * and an early report now and then must not make two machines of one.
 */
export function reportsApartMinMs(policy: Policy): number {
  return policy.intervalMs / 4;
}

/** Lists numbers that contradict each other; empty when the policy can be used. */
export function policyProblems(policy: Policy): string[] {
  const problems: string[] = [];
  if (policy.intervalMs < 30 * SECOND_MS) problems.push('an interval under 30 s floods the service');
  if (silentAfterMs(policy) > policy.downAfterOpenMs)
    problems.push('a machine would be down before it counts as silent');
  if (policy.freshForIntervals > policy.silentAfterIntervals)
    problems.push('a machine would be fresh and silent at once');
  if (policy.soakReports * policy.intervalMs > policy.soakMs)
    problems.push('the soak is too short for its reports');
  if (policy.loopOverAfterMs > policy.soakMs)
    problems.push('a machine would recover while it still counts as looping');
  if (policy.siteMachinesMin < 2) problems.push('one machine would be a site of its own');
  if (policy.siteHoldOpenMs <= policy.downAfterOpenMs)
    problems.push('the silence of a site would explain nothing by the time that it is asked');
  return problems;
}

/** The policy for another reporting interval; everything that is counted in intervals follows. */
export function policyForInterval(intervalMs: number): Policy {
  return { ...DEFAULT_POLICY, intervalMs, liveAgeMaxMs: Math.max(DEFAULT_POLICY.liveAgeMaxMs, intervalMs) };
}
