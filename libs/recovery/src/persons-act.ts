import { changesTo, deriveFor, settled, stay, type Decision } from './decide';
import { classifyExposure, type Rules } from './exposure';
import type { TrackedMachine } from './machine';
import type { Memory } from './memory';
import { silenceDeadlineMs } from './silence-deadline';
import { GROUP_OF_STATE, isMoveAllowed, routeBetween, type RecoveryState } from './state';
import type { Transition, TransitionEvidence, TransitionReason } from './transition';

/** What a person says or does about one machine that bears on its exposure or state. Notes, tags and claims do not. */
export type PersonsAct =
  /** An engineer is at the machine. */
  | { readonly kind: 'CHECK_IN' }
  /** Somebody saw the machine crash as the incident makes them crash. */
  | { readonly kind: 'ATTEST_CRASH'; readonly seenAtMs: number }
  /** Known to be off for long. */
  | { readonly kind: 'SET_DORMANT' }
  /** Out of service. */
  | { readonly kind: 'RETIRE' }
  /** Back from DORMANT or RETIRED. */
  | { readonly kind: 'REOPEN' }
  /** Another machine of the practice took its place. */
  | { readonly kind: 'REPLACE'; readonly successor: string }
  /** The matter of two machines with one identity has been settled. */
  | { readonly kind: 'SETTLE_IDENTITY' }
  /** It stands at another practice now, under another identity. */
  | { readonly kind: 'MOVE_AWAY'; readonly movedTo: string }
  /** The register no longer has it, and it was never enrolled. */
  | { readonly kind: 'LEAVE_REGISTER' };

/**
 * Why an act changes nothing. NOT_IN_THIS_STATE: a recovered machine needs no repair, a replaced one is out of everybody's hands ·
 * ALREADY_SO · NOT_AT_THAT_TIME: before the incident, or after the act
 */
export type PersonsActRefusal = 'NOT_IN_THIS_STATE' | 'ALREADY_SO' | 'NOT_AT_THAT_TIME';

/** Where an act is written down: the machine's care event. */
export type ActRecord = { readonly atMs: number; readonly careOrdinal: number };

/**
 * Decides what a person's act changes about a machine. People bring evidence and set machines aside; whether a machine has
 * recovered is for its own reports to prove, so no act leads to a recovered state.
 *
 * - An attested crash joins the memory like a reported one. A machine that its reports had put into its state is judged anew; one
 *   that is silent, in repair or set aside stays where it is.
 * - A check-in holds for `repairAbandonedAfterMs`, and may be renewed.
 * - Settling an identity forgets the conflict. Two machines that go on under one identity raise it again.
 */
export function decidePersonsAct(
  machine: TrackedMachine,
  act: PersonsAct,
  record: ActRecord,
  rules: Rules,
): Decision | PersonsActRefusal {
  const refusal = refusalOf(machine, act, record, rules);
  if (refusal !== null) return refusal;
  switch (act.kind) {
    case 'CHECK_IN':
      return moved({ ...machine, memory: checkedIn(machine.memory, record.atMs) }, act, record, rules);
    case 'ATTEST_CRASH':
      return attested(machine, act, record, rules);
    case 'SETTLE_IDENTITY':
      return settledIdentity(machine, record, rules);
    case 'SET_DORMANT':
    case 'RETIRE':
    case 'REOPEN':
    case 'REPLACE':
    case 'MOVE_AWAY':
    case 'LEAVE_REGISTER':
      return moved(machine, act, record, rules);
  }
}

/**
 * A machine that came from another practice: it brings its memory, exposure and state along. Its history stays where it happened;
 * here it begins with the allowed way from UNVERIFIED to the state that it is in.
 *
 * @param place the machine as it stands at its new practice: enrolled or expected, and never heard
 * @param arrival the machine as it left the other practice
 */
export function decideArrival(
  place: TrackedMachine,
  arrival: TrackedMachine,
  movedFrom: string,
  record: ActRecord,
  rules: Rules,
): Decision {
  const evidence: TransitionEvidence = { ...evidenceOf('ARRIVE', record), movedFrom };
  const route = routeBetween(place.state, arrival.state) ?? [];
  const steps = route.length === 0 && place.exposure !== arrival.exposure ? [place.state] : route;
  const atMs = Math.max(record.atMs, place.sinceMs);
  let from = { exposure: place.exposure, state: place.state };
  const transitions = steps.map((state): Transition => {
    const step = {
      fromExposure: from.exposure,
      toExposure: arrival.exposure,
      fromState: from.state,
      toState: state,
      reason: 'MOVED_FROM_PRACTICE' as const,
      atMs,
      evidence,
    };
    from = { exposure: arrival.exposure, state };
    return step;
  });
  const { exposure, state, sinceMs, reason, memory } = arrival;
  const machine: TrackedMachine = { exposure, state, sinceMs, reason, memory, dueAtMs: null };
  return {
    outcome: 'ACCEPTED',
    machine: { ...machine, dueAtMs: silenceDeadlineMs(machine, rules) },
    transitions,
  };
}

const STATE_OF_ACT = {
  CHECK_IN: 'IN_REPAIR',
  SET_DORMANT: 'DORMANT',
  RETIRE: 'RETIRED',
  REOPEN: 'UNVERIFIED',
  REPLACE: 'REPLACED',
  MOVE_AWAY: 'RETIRED',
  LEAVE_REGISTER: 'RETIRED',
} as const satisfies Partial<Record<PersonsAct['kind'], RecoveryState>>;

const REASON_OF_ACT = {
  CHECK_IN: 'CHECKED_IN',
  SET_DORMANT: 'SET_DORMANT',
  RETIRE: 'RETIRED_BY_PERSON',
  REOPEN: 'REOPENED_BY_PERSON',
  REPLACE: 'REPLACED_BY_PERSON',
  MOVE_AWAY: 'MOVED_TO_PRACTICE',
  LEAVE_REGISTER: 'LEFT_REGISTER',
} as const satisfies Record<keyof typeof STATE_OF_ACT, TransitionReason>;

type MovingAct = Extract<PersonsAct, { readonly kind: keyof typeof STATE_OF_ACT }>;

function refusalOf(
  machine: TrackedMachine,
  act: PersonsAct,
  record: ActRecord,
  rules: Rules,
): PersonsActRefusal | null {
  const { state, memory } = machine;
  const group = GROUP_OF_STATE[state];
  switch (act.kind) {
    case 'CHECK_IN':
      return group === 'UNKNOWN' || group === 'UNRECOVERED' ? null : 'NOT_IN_THIS_STATE';
    case 'ATTEST_CRASH':
      if (state === 'REPLACED' || state === 'RETIRED') return 'NOT_IN_THIS_STATE';
      if (act.seenAtMs < rules.incident.window.fromMs || act.seenAtMs > record.atMs)
        return 'NOT_AT_THAT_TIME';
      return act.seenAtMs === memory.attestedCrash?.lastMs ? 'ALREADY_SO' : null;
    case 'SETTLE_IDENTITY':
      return memory.conflictSinceMs === null ? 'ALREADY_SO' : null;
    case 'REOPEN':
      return group === 'EXEMPT' ? null : 'NOT_IN_THIS_STATE';
    case 'SET_DORMANT':
    case 'RETIRE':
    case 'REPLACE':
    case 'MOVE_AWAY':
    case 'LEAVE_REGISTER': {
      const target = STATE_OF_ACT[act.kind];
      if (state === target && act.kind !== 'MOVE_AWAY') return 'ALREADY_SO';
      return isMoveAllowed(state, target) ? null : 'NOT_IN_THIS_STATE';
    }
  }
}

/** To the state that the act sets; the reader of the transition finds who and why in the care event. */
function moved(machine: TrackedMachine, act: MovingAct, record: ActRecord, rules: Rules): Decision {
  const state = STATE_OF_ACT[act.kind];
  if (state === machine.state) {
    const renewed = { ...machine, dueAtMs: silenceDeadlineMs(machine, rules) };
    return { outcome: 'ACCEPTED', machine: renewed, transitions: [] };
  }
  const transition: Transition = {
    fromExposure: machine.exposure,
    toExposure: machine.exposure,
    fromState: machine.state,
    toState: state,
    reason: REASON_OF_ACT[act.kind],
    atMs: Math.max(record.atMs, machine.sinceMs),
    evidence: {
      ...evidenceOf(act.kind, record),
      ...('successor' in act ? { successor: act.successor } : {}),
      ...('movedTo' in act ? { movedTo: act.movedTo } : {}),
    },
  };
  return {
    outcome: 'ACCEPTED',
    machine: settled(machine, machine.memory, [transition], rules),
    transitions: [transition],
  };
}

function attested(
  machine: TrackedMachine,
  act: Extract<PersonsAct, { readonly kind: 'ATTEST_CRASH' }>,
  record: ActRecord,
  rules: Rules,
): Decision {
  const known = machine.memory.attestedCrash;
  const memory: Memory = {
    ...machine.memory,
    attestedCrash: {
      firstMs: Math.min(known?.firstMs ?? act.seenAtMs, act.seenAtMs),
      lastMs: Math.max(known?.lastMs ?? act.seenAtMs, act.seenAtMs),
    },
  };
  const exposure = classifyExposure(memory, record.atMs, rules);
  const target = JUDGED_BY_REPORTS.has(machine.state)
    ? deriveFor(machine, memory, exposure.exposure, rules)
    : stay(machine);
  const reached = routeBetween(machine.state, target.state) === null ? stay(machine) : target;
  const atMs = Math.max(record.atMs, machine.sinceMs);
  const evidence = {
    ...evidenceOf(act.kind, record),
    seenAt: new Date(act.seenAtMs).toISOString(),
  };
  const transitions = changesTo(machine, exposure, reached, atMs, () => evidence);
  return { outcome: 'ACCEPTED', machine: settled(machine, memory, transitions, rules), transitions };
}

/** States that the newest report puts a machine in; the others are held by silence, by a repair or by a person. */
const JUDGED_BY_REPORTS: ReadonlySet<RecoveryState> = new Set([
  'NOT_AFFECTED',
  'LATENT',
  'CRASH_LOOPING',
  'STABILISING',
  'RECOVERED',
  'RECOVERED_AT_RISK',
  'RELAPSED',
]);

function settledIdentity(machine: TrackedMachine, record: ActRecord, rules: Rules): Decision {
  const memory: Memory = { ...machine.memory, conflictSinceMs: null, settledMs: record.atMs };
  return { outcome: 'ACCEPTED', machine: settled(machine, memory, [], rules), transitions: [] };
}

function checkedIn(memory: Memory, atMs: number): Memory {
  return { ...memory, checkedInMs: Math.max(memory.checkedInMs ?? atMs, atMs) };
}

function evidenceOf(act: string, record: ActRecord): TransitionEvidence {
  return { source: 'PERSON', act, careOrdinal: record.careOrdinal };
}
