import type { CrashHits } from './crash-history';
import {
  isAffected,
  classifyExposure,
  harmfulHits,
  type Exposure,
  type ExposureVerdict,
  type Rules,
} from './exposure';
import { deriveState, type StateVerdict } from './derive-state';
import type { Evidence } from './evidence';
import type { TrackedMachine } from './machine';
import { absorb, isCounted, isNewest, isSameMemory, type Memory } from './memory';
import { silenceDeadlineMs } from './silence-deadline';
import { GROUP_OF_STATE, isMoveAllowed, routeBetween, type RecoveryState } from './state';
import type { Transition, TransitionEvidence, TransitionReason } from './transition';
import { hasFactsOf, isHeardAgain } from './twins';

/**
 * ACCEPTED: newest evidence; STALE: sharpened what is known and moved nothing; DUPLICATE: counted before. A duplicate that tells
 * other facts changes the memory all the same.
 */
export type Outcome = 'ACCEPTED' | 'STALE' | 'DUPLICATE';

/** What a heartbeat changes: the machine as it is now, and the transitions that led there. */
export type Decision = {
  readonly outcome: Outcome;
  readonly machine: TrackedMachine;
  /** In the order in which they happened; usually none or one. */
  readonly transitions: readonly Transition[];
};

/**
 * Decides what one heartbeat changes about a machine. Pure: no clock, no I/O, and the same machine and evidence always give
 * the same decision.
 *
 * 1. The newest report once more (the same boot, number and uptime): DUPLICATE. With the same facts nothing changes; with others it is
 *    evidence like any other, and a sign of a second machine, but moves no state.
 * 2. The evidence joins the memory. Everything below follows from the memory, so the order of arrival does not matter. A number
 *    that was counted before, in a report that is not the newest and changes nothing, is DUPLICATE as well.
 * 3. The exposure is classified anew, as of the newest heartbeat: what the silence since then means is for its deadline to
 *    say, or a delayed report would be concluded otherwise than a prompt one. What was once concluded is not forgotten again
 *    for want of evidence.
 * 4. Evidence older than the newest, or than the moment the state began, is STALE: the exposure may have sharpened, the state
 *    stays.
 * 5. Otherwise the state is derived and reached by allowed moves only; a move that the table refuses does not happen.
 * 6. A replaced machine that speaks was not replaced, or shares its identity: the conflict is kept, and its evidence decides again.
 */
export function decideHeartbeat(machine: TrackedMachine, evidence: Evidence, rules: Rules): Decision {
  const { incident, policy } = rules;
  const again = isHeardAgain(machine.memory.heard, evidence, policy);
  if (again && hasFactsOf(machine.memory.heard, evidence)) return duplicateFor(machine);
  const newest = isNewest(machine.memory, evidence);
  const reopens = newest && machine.state === 'REPLACED';
  const memory = absorb(machine.memory, evidence, incident, policy);
  if (!newest && isCounted(machine.memory, evidence) && isSameMemory(memory, machine.memory))
    return duplicateFor(machine);
  const exposure = sharpen(
    machine.exposure,
    classifyExposure(memory, memory.heard?.atMs ?? evidence.observedAtMs, rules),
  );
  const stale = again || !newest || (evidence.observedAtMs < machine.sinceMs && !reopens);
  const target = stale
    ? stay(machine)
    : reachable(machine, deriveFor(machine, memory, exposure.exposure, rules));
  const atMs = reopens ? Math.max(evidence.observedAtMs, machine.sinceMs) : evidence.observedAtMs;
  const transitions = changesTo(machine, exposure, target, atMs, () =>
    evidenceOf(evidence, harmfulHits(memory, rules), stale),
  );
  return {
    outcome: again ? 'DUPLICATE' : stale ? 'STALE' : 'ACCEPTED',
    machine: settled(machine, memory, transitions, rules),
    transitions,
  };
}

function duplicateFor(machine: TrackedMachine): Decision {
  return { outcome: 'DUPLICATE', machine, transitions: [] };
}

/** Applies an exposure and a state reached without a heartbeat: by a deadline, at the moment it passed. */
export function decideWithoutHeartbeat(
  machine: TrackedMachine,
  exposure: ExposureVerdict,
  state: StateVerdict,
  atMs: number,
  evidence: TransitionEvidence,
  rules: Rules,
): Decision {
  const transitions = changesTo(machine, exposure, reachable(machine, state), atMs, () => evidence);
  return { outcome: 'ACCEPTED', machine: settled(machine, machine.memory, transitions, rules), transitions };
}

/** The machine was found to be replaced (`judgeReplacement`): its successor has proven itself, and it is silent. */
export function decideReplacement(machine: TrackedMachine, successor: string, atMs: number): Decision {
  if (!isMoveAllowed(machine.state, 'REPLACED')) return { outcome: 'ACCEPTED', machine, transitions: [] };
  const transition: Transition = {
    fromExposure: machine.exposure,
    toExposure: machine.exposure,
    fromState: machine.state,
    toState: 'REPLACED',
    reason: 'REPLACED_BY_SUCCESSOR',
    atMs: Math.max(atMs, machine.sinceMs),
    evidence: { source: 'ENROLMENT', successor },
  };
  const replaced = {
    ...machine,
    state: 'REPLACED',
    sinceMs: transition.atMs,
    reason: transition.reason,
    dueAtMs: null,
  } as const;
  return { outcome: 'ACCEPTED', machine: replaced, transitions: [transition] };
}

/** Nothing known never replaces something concluded; between conclusions the newest reading of all evidence wins. */
function sharpen(known: Exposure, verdict: ExposureVerdict): ExposureVerdict {
  return verdict.exposure === 'UNKNOWN' && known !== 'UNKNOWN' ? { ...verdict, exposure: known } : verdict;
}

/** The state and reason that a machine has. */
export function stay(machine: TrackedMachine): StateVerdict {
  return { state: machine.state, reason: machine.reason };
}

/**
 * The derived state, but while two machines share the identity it does not become a recovered one: a clone must not recover
 * its twin. What had recovered before that was known stays so until harm is shown.
 */
export function deriveFor(
  machine: TrackedMachine,
  memory: Memory,
  exposure: Exposure,
  rules: Rules,
): StateVerdict {
  const verdict = deriveState(memory, exposure, rules);
  const becomesRecovered = GROUP_OF_STATE[verdict.state] === 'RECOVERED' && !hadRecovered(machine, rules);
  if (!becomesRecovered || memory.conflictSinceMs === null) return verdict;
  return deriveState({ ...memory, proof: null }, exposure, rules);
}

/** A replaced machine counts as recovered by its successor; whether it had recovered itself stands in its memory. */
function hadRecovered({ state, memory, exposure }: TrackedMachine, rules: Rules): boolean {
  const own = state === 'REPLACED' ? deriveState(memory, exposure, rules).state : state;
  return GROUP_OF_STATE[own] === 'RECOVERED';
}

/** RETIRED is left by a person only; a heartbeat reopens DORMANT and REPLACED. */
function reachable(machine: TrackedMachine, verdict: StateVerdict): StateVerdict {
  if (machine.state === 'RETIRED' || routeBetween(machine.state, verdict.state) === null)
    return stay(machine);
  return machine.state === 'REPLACED' ? { ...verdict, reason: 'HEARD_AFTER_REPLACEMENT' } : verdict;
}

/** What leads from a machine's exposure and state to others: the steps of the allowed way, or the change of exposure alone. */
export function changesTo(
  machine: TrackedMachine,
  exposure: ExposureVerdict,
  target: StateVerdict,
  atMs: number,
  describe: () => TransitionEvidence,
): Transition[] {
  const route = routeBetween(machine.state, target.state) ?? [];
  if (route.length === 0) {
    if (exposure.exposure === machine.exposure) return [];
    const evidence = describe();
    return [
      {
        fromExposure: machine.exposure,
        toExposure: exposure.exposure,
        fromState: machine.state,
        toState: machine.state,
        reason: exposure.reason,
        atMs,
        evidence,
      },
    ];
  }
  const evidence = describe();
  let fromState: RecoveryState = machine.state;
  let fromExposure = machine.exposure;
  return route.map((toState) => {
    const reason =
      toState === target.state
        ? target.reason
        : VIA_REASON[toState === 'RELAPSED' ? 'RELAPSED' : 'STABILISING'];
    const step: Transition = {
      fromExposure,
      toExposure: exposure.exposure,
      fromState,
      toState,
      reason,
      atMs,
      evidence,
    };
    fromState = toState;
    fromExposure = exposure.exposure;
    return step;
  });
}

const VIA_REASON: Record<'STABILISING' | 'RELAPSED', TransitionReason> = {
  STABILISING: 'BOOTED_NORMALLY',
  RELAPSED: 'HARMED_AFTER_RECOVERY',
};

/** The machine as it is after these transitions, with its next deadline. */
export function settled(
  machine: TrackedMachine,
  memory: Memory,
  transitions: readonly Transition[],
  rules: Rules,
): TrackedMachine {
  const last = transitions[transitions.length - 1];
  const moved = last !== undefined && last.toState !== machine.state;
  const next: TrackedMachine = {
    exposure: last?.toExposure ?? machine.exposure,
    state: last?.toState ?? machine.state,
    sinceMs: moved ? last.atMs : machine.sinceMs,
    reason: moved ? last.reason : machine.reason,
    dueAtMs: null,
    memory,
  };
  return { ...next, dueAtMs: silenceDeadlineMs(next, rules) };
}

function evidenceOf(evidence: Evidence, hits: CrashHits | null, stale: boolean): TransitionEvidence {
  return {
    source: 'HEARTBEAT',
    bootId: evidence.bootId,
    seq: evidence.seq,
    observedAt: new Date(evidence.observedAtMs).toISOString(),
    uptimeSeconds: Math.round((evidence.observedAtMs - evidence.sessionStartedAtMs) / 1_000),
    bootMode: evidence.bootMode,
    file: evidence.file,
    ...(hits === null ? {} : { lastCrashAt: new Date(hits.lastMs).toISOString() }),
    ...(stale ? { stale: true as const } : {}),
  };
}

/** Whether a machine counts as affected and recovered: the numerator of every ratio. */
export function countsAsRecovered(exposure: Exposure, state: RecoveryState): boolean {
  return (
    isAffected(exposure) && (state === 'RECOVERED' || state === 'RECOVERED_AT_RISK' || state === 'REPLACED')
  );
}
