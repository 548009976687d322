import { classifyExposure, type Rules } from './exposure';
import { decideWithoutHeartbeat } from './decide';
import type { StateVerdict } from './derive-state';
import type { TrackedMachine } from './machine';
import { openExposureDeadlineMs, silenceDeadlineMs } from './silence-deadline';
import type { Transition, TransitionEvidence } from './transition';

/** What silence changes: the machine as it is now, and the transitions that led there. */
export type SilenceDecision = {
  readonly machine: TrackedMachine;
  readonly transitions: readonly Transition[];
};

/** A machine has at most two deadlines behind each other (suspected, then down); more would be a loop in the rules. */
const DEADLINES_IN_A_ROW_MAX = 3;

/**
 * Decides what the silence of a machine means at `nowMs`. Each deadline that has passed becomes a transition whose event time
 * is the deadline, not the moment somebody looked. The machine that comes back has its next deadline set, which may have
 * moved because we were blind.
 */
export function decideSilence(machine: TrackedMachine, nowMs: number, rules: Rules): SilenceDecision {
  let current = machine;
  const transitions: Transition[] = [];
  for (let i = 0; i < DEADLINES_IN_A_ROW_MAX; i += 1) {
    const dueAtMs = silenceDeadlineMs(current, rules);
    if (dueAtMs === null || dueAtMs > nowMs) return { machine: { ...current, dueAtMs }, transitions };
    const decision = passDeadline(current, dueAtMs, nowMs, rules);
    if (decision.transitions.length === 0) return { machine: { ...current, dueAtMs: null }, transitions };
    current = decision.machine;
    transitions.push(...decision.transitions);
  }
  return { machine: current, transitions };
}

function passDeadline(
  machine: TrackedMachine,
  dueAtMs: number,
  nowMs: number,
  rules: Rules,
): SilenceDecision {
  const evidence = silenceEvidence(machine);
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

function silenceEvidence(machine: TrackedMachine): TransitionEvidence {
  const { heard } = machine.memory;
  if (heard === null) return { source: 'SILENCE' };
  return {
    source: 'SILENCE',
    lastHeardAt: new Date(heard.atMs).toISOString(),
    bootId: heard.bootId,
    seq: heard.seq,
    bootMode: heard.bootMode,
  };
}
