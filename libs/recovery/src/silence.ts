import { classifyExposure, type Rules } from './exposure';
import { decideWithoutHeartbeat, type Decision } from './decide';
import type { StateVerdict } from './derive-state';
import type { TrackedMachine } from './machine';
import { openExposureDeadlineMs, silenceDeadlineMs } from './silence-deadline';
import { fellSilentWith, siteHold, type SiteHold, type SiteSilence } from './site-silence';
import type { Transition, TransitionEvidence } from './transition';

/** What silence changes: the machine as it is now, and the transitions that led there. */
export type SilenceDecision = {
  readonly machine: TrackedMachine;
  readonly transitions: readonly Transition[];
  /** The silence is due, and held: the whole practice is silent, or has only just spoken again. */
  readonly held: boolean;
};

/** A machine has at most two deadlines behind each other (suspected, then down); more would be a loop in the rules. */
const DEADLINES_IN_A_ROW_MAX = 3;

/**
 * Decides what the silence of a machine means at `nowMs`. Each deadline that has passed becomes a transition whose event time
 * is the deadline, not the moment somebody looked. The machine that comes back has its next deadline set, which may have
 * moved because we were blind.
 *
 * While the silence of its whole practice explains that of the machine, the transition is held: the machine comes back as it was,
 * with the moment to look again in place of its deadline. Once the site is no longer the explanation, the very transition
 * happens that would have happened without it.
 *
 * @param sites silences of the machine's practice that may explain its own; none when nobody asked
 */
export function decideSilence(
  machine: TrackedMachine,
  nowMs: number,
  rules: Rules,
  sites: readonly SiteSilence[] = [],
): SilenceDecision {
  let current = machine;
  const transitions: Transition[] = [];
  for (let i = 0; i < DEADLINES_IN_A_ROW_MAX; i += 1) {
    const dueAtMs = silenceDeadlineMs(current, rules);
    if (dueAtMs === null || dueAtMs > nowMs)
      return { machine: { ...current, dueAtMs }, transitions, held: false };
    const hold = longestHold(current, sites, nowMs, rules);
    if (hold !== null)
      return { machine: { ...current, dueAtMs: hold.lookAgainAtMs }, transitions, held: true };
    const decision = passDeadline(current, dueAtMs, nowMs, { rules, sites });
    if (decision.transitions.length === 0)
      return { machine: { ...current, dueAtMs: null }, transitions, held: false };
    current = decision.machine;
    transitions.push(...decision.transitions);
  }
  return { machine: current, transitions, held: false };
}

function longestHold(
  machine: TrackedMachine,
  sites: readonly SiteSilence[],
  nowMs: number,
  rules: Rules,
): SiteHold | null {
  let longest: SiteHold | null = null;
  for (const site of sites) {
    const hold = siteHold(machine, site, nowMs, rules);
    if (hold !== null && (longest === null || hold.untilMs > longest.untilMs)) longest = hold;
  }
  return longest;
}

type Surroundings = { readonly rules: Rules; readonly sites: readonly SiteSilence[] };

function passDeadline(
  machine: TrackedMachine,
  dueAtMs: number,
  nowMs: number,
  { rules, sites }: Surroundings,
): Decision {
  const evidence = silenceEvidence(
    machine,
    sites.find((site) => fellSilentWith(machine, site, rules.policy)),
  );
  if (openExposureDeadlineMs(machine, rules) !== dueAtMs) {
    const stays = { exposure: machine.exposure, reason: 'SILENT_SINCE_WINDOW' } as const;
    return decideWithoutHeartbeat(
      machine,
      stays,
      { state: 'DOWN', reason: reasonForDown(machine) },
      dueAtMs,
      evidence,
      rules,
    );
  }
  const exposure = classifyExposure(machine.memory, nowMs, rules);
  const { heard } = machine.memory;
  const outOfScope =
    exposure.exposure === 'OUT_OF_SCOPE' && machine.state === 'UNVERIFIED' && heard?.bootMode === 'NORMAL';
  const state: StateVerdict = outOfScope
    ? { state: 'NOT_AFFECTED', reason: 'SENSOR_OUT_OF_SCOPE' }
    : { state: machine.state, reason: machine.reason };
  return decideWithoutHeartbeat(machine, exposure, state, dueAtMs, evidence, rules);
}

function reasonForDown(machine: TrackedMachine): StateVerdict['reason'] {
  if (machine.state === 'CRASH_LOOPING') return 'LOOP_FELL_SILENT';
  return machine.state === 'IN_REPAIR' ? 'REPAIR_ABANDONED' : 'SILENT_IN_OPENING_HOURS';
}

function silenceEvidence(machine: TrackedMachine, site: SiteSilence | undefined): TransitionEvidence {
  const { heard } = machine.memory;
  if (heard === null) return { source: 'SILENCE' };
  return {
    source: 'SILENCE',
    lastHeardAt: new Date(heard.atMs).toISOString(),
    bootId: heard.bootId,
    seq: heard.seq,
    bootMode: heard.bootMode,
    ...(site === undefined ? {} : { siteSilentSince: new Date(site.silentSinceMs).toISOString() }),
  };
}
