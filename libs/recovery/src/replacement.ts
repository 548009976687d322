import { latest } from './clock';
import { changesTo, decideReplacement, deriveFor, settled, type Decision } from './decide';
import type { Evidence } from './evidence';
import { classifyExposure, isAffected, type Rules } from './exposure';
import type { TrackedMachine } from './machine';
import type { Memory } from './memory';
import { openTimeAfter, openTimeBetween } from './silence-deadline';
import { GROUP_OF_STATE, isMoveAllowed, routeBetween } from './state';

/**
 * Where a claim stands. TENTATIVE: nothing speaks against it, and time or the successor's reports will decide.
 * WAITING_FOR_APPROVAL: a person has to decide. CONFIRMED: the predecessor is REPLACED. REFUSED: a person said no, or one of the two
 * was taken out of service, or another machine has taken the place. CONFLICT: the predecessor spoke after it was claimed.
 */
export const REPLACEMENT_STATUSES = [
  'TENTATIVE',
  'WAITING_FOR_APPROVAL',
  'CONFIRMED',
  'REFUSED',
  'CONFLICT',
] as const;
export type ReplacementStatus = (typeof REPLACEMENT_STATUSES)[number];

/**
 * What a claim still waits for. APPROVAL: a person's word. SUCCESSOR_EVIDENCE: the successor's own reports have to pass the tests of
 * recovery. PREDECESSOR_SILENCE: the predecessor has to stay silent for a working day.
 */
export const REPLACEMENT_NEEDS = ['APPROVAL', 'SUCCESSOR_EVIDENCE', 'PREDECESSOR_SILENCE'] as const;
export type ReplacementNeed = (typeof REPLACEMENT_NEEDS)[number];

/** A claim: an installation that enrolled on the hardware of an older one, or that a person named as its successor. */
export type ReplacementClaim = {
  /** When the successor enrolled, or was named. */
  readonly claimedAtMs: number;
  /** A person's word; null: none yet. */
  readonly verdict: 'APPROVED' | 'REFUSED' | null;
  readonly decidedAtMs: number | null;
  /** When the predecessor was found to be replaced by this claim; null: it is not. */
  readonly confirmedAtMs: number | null;
  /** Other machines claim the same predecessor, and nobody has refused them. */
  readonly contested: boolean;
};

/** What a claim amounts to now. */
type ReplacementVerdict = {
  readonly status: ReplacementStatus;
  /** Empty unless the claim is open (TENTATIVE, WAITING_FOR_APPROVAL, CONFLICT). */
  readonly waitsFor: readonly ReplacementNeed[];
  /** Of CONFIRMED: when it became true. */
  readonly atMs: number;
};

/**
 * Judges a claim. A serial number is printed on the case, so it proves nothing: a machine is replaced when its successor's own reports
 * prove that it works, and the predecessor is silent. Pure: both machines, the claim and the moment decide, so the order in which
 * reports and a person's word arrive does not matter.
 *
 * - A claim on a machine that is unrecovered, that was heard within a working day before it, or that others claim, too, waits for a
 *   person. Any other is confirmed by itself after a working day of silence.
 * - Evidence is asked for in any case: no person's word makes a broken machine count as recovered.
 * - A report of the predecessor from after the claim, or from after its approval, is a conflict. A person decides it, with a new word.
 * - What was confirmed stays so until the predecessor speaks or a person takes the word back: harm to the successor is the
 *   successor's own.
 */
export function judgeReplacement(
  claim: ReplacementClaim,
  predecessor: TrackedMachine,
  successor: TrackedMachine,
  nowMs: number,
  rules: Rules,
): ReplacementVerdict {
  const closed = { waitsFor: [], atMs: nowMs };
  if (claim.verdict === 'REFUSED') return { status: 'REFUSED', ...closed };
  const approved = claim.verdict === 'APPROVED';
  const heardMs = predecessor.memory.heard?.atMs ?? null;
  if (heardMs !== null && heardMs > contestableFromMs(claim))
    return { status: 'CONFLICT', waitsFor: ['APPROVAL'], atMs: heardMs };
  if (claim.confirmedAtMs !== null && predecessor.state === 'REPLACED')
    return { status: 'CONFIRMED', waitsFor: [], atMs: claim.confirmedAtMs };
  if (!isMoveAllowed(predecessor.state, 'REPLACED') || successor.state === 'RETIRED')
    return { status: 'REFUSED', ...closed };
  const waitsFor: ReplacementNeed[] = [];
  if (!approved && needsApproval(claim, predecessor, rules)) waitsFor.push('APPROVAL');
  if (!isProven(successor, claim.claimedAtMs)) waitsFor.push('SUCCESSOR_EVIDENCE');
  const settledMs = approved
    ? (claim.decidedAtMs ?? claim.claimedAtMs)
    : openTimeAfter(claim.claimedAtMs, rules.policy.replacementSilentOpenMs, rules);
  if (nowMs < settledMs) waitsFor.push('PREDECESSOR_SILENCE');
  if (waitsFor.includes('APPROVAL')) return { status: 'WAITING_FOR_APPROVAL', waitsFor, atMs: nowMs };
  if (waitsFor.length > 0) return { status: 'TENTATIVE', waitsFor, atMs: nowMs };
  const atMs = Math.min(nowMs, Math.max(settledMs, provenSinceMs(successor, rules)));
  return { status: 'CONFIRMED', waitsFor, atMs };
}

/** What is to be written about a claim: `decision` null where the machine has moved already. */
type ClaimDecision = {
  readonly decision: Decision | null;
  /** Since when the predecessor is replaced by the claim; null: it is not. */
  readonly confirmedAtMs: number | null;
};

/**
 * Decides what a look at a claim changes: the predecessor is replaced, or is so no longer; null: nothing.
 *
 * @param successor with its identity, for the transition
 */
export function decideClaim(
  claim: ReplacementClaim,
  predecessor: TrackedMachine,
  successor: { readonly machineId: string; readonly machine: TrackedMachine },
  nowMs: number,
  rules: Rules,
): ClaimDecision | null {
  const { status, atMs } = judgeReplacement(claim, predecessor, successor.machine, nowMs, rules);
  const isReplaced = claim.confirmedAtMs !== null && predecessor.state === 'REPLACED';
  if (isReplaced && status !== 'REFUSED') return null;
  if (isReplaced) return { decision: decideUnreplaced(predecessor, nowMs, rules), confirmedAtMs: null };
  // It may have spoken although the claim holds: a late report of the time before it.
  if (status === 'CONFIRMED')
    return { decision: decideReplacement(predecessor, successor.machineId, atMs), confirmedAtMs: atMs };
  return claim.confirmedAtMs === null ? null : { decision: null, confirmedAtMs: null };
}

/** From this moment on a report of the predecessor speaks against the claim. */
function contestableFromMs(claim: Pick<ReplacementClaim, 'claimedAtMs' | 'verdict' | 'decidedAtMs'>): number {
  return claim.verdict === 'APPROVED'
    ? Math.max(claim.claimedAtMs, claim.decidedAtMs ?? claim.claimedAtMs)
    : claim.claimedAtMs;
}

/**
 * A machine that is about to be heard, as a claim on it sees it: a report from after the claim is a conflict of two identities.
 *
 * @param claimedMs from when on its reports speak against a claim; null: none is open
 */
export function noticeClaim(
  machine: TrackedMachine,
  claimedMs: number | null,
  evidence: Evidence,
): TrackedMachine {
  const { settledMs } = machine.memory;
  const atMs = evidence.observedAtMs;
  if (claimedMs === null || atMs <= claimedMs || (settledMs !== null && atMs <= settledMs)) return machine;
  return withConflict(machine, atMs);
}

/** The machine with a conflict of identities since this moment, or since an earlier one. */
export function withConflict(machine: TrackedMachine, atMs: number): TrackedMachine {
  const { memory } = machine;
  const conflictSinceMs = Math.min(memory.conflictSinceMs ?? atMs, atMs);
  return conflictSinceMs === memory.conflictSinceMs
    ? machine
    : { ...machine, memory: { ...memory, conflictSinceMs } };
}

/** The machine with all conflicts settled: a person's word about a claim says which of the two is real. */
export function withoutConflict(machine: TrackedMachine, atMs: number): TrackedMachine {
  const { memory } = machine;
  if (memory.conflictSinceMs === null) return machine;
  const settledMs = latest(memory.settledMs, atMs);
  return { ...machine, memory: { ...memory, conflictSinceMs: null, settledMs } };
}

/** A person took back the word by which a machine was replaced: it is again what its own reports say. */
function decideUnreplaced(machine: TrackedMachine, atMs: number, rules: Rules): Decision {
  const verdict = deriveFor(machine, machine.memory, machine.exposure, rules);
  const isReachable = routeBetween(machine.state, verdict.state) !== null;
  const state = isReachable ? verdict.state : 'UNVERIFIED';
  const exposure = { ...classifyExposure(machine.memory, atMs, rules), exposure: machine.exposure };
  const evidence = { source: 'PERSON', act: 'REFUSE_REPLACEMENT' } as const;
  const target = { state, reason: 'REOPENED_BY_PERSON' } as const;
  const transitions = changesTo(machine, exposure, target, Math.max(atMs, machine.sinceMs), () => evidence);
  return {
    outcome: 'ACCEPTED',
    machine: settled(machine, machine.memory, transitions, rules),
    transitions,
  };
}

/** Whether a machine's own reports have proven it, and do so still: a normal session that passed all tests after it was claimed. */
export function isProven({ state, memory }: TrackedMachine, claimedAtMs: number): boolean {
  const group = GROUP_OF_STATE[state];
  const { proof } = memory;
  return (group === 'FINE' || group === 'RECOVERED') && proof !== null && proof.atMs > claimedAtMs;
}

/** No later than when this was found: by the beginning of the state, and of the session that passed. */
function provenSinceMs({ sinceMs, memory }: TrackedMachine, { policy }: Rules): number {
  return Math.max(sinceMs, (memory.proof?.sessionStartedAtMs ?? 0) + policy.soakMs);
}

function needsApproval(
  { claimedAtMs, contested }: ReplacementClaim,
  { state, exposure, memory }: TrackedMachine,
  rules: Rules,
): boolean {
  const group = GROUP_OF_STATE[state];
  const isWell = group === 'FINE' || group === 'RECOVERED';
  const isUnrecovered = group === 'UNRECOVERED' || (!isWell && isAffected(exposure));
  return contested || isUnrecovered || wasHeardLately(memory, claimedAtMs, rules);
}

/** Within a working day before the claim, as far as we could hear. */
function wasHeardLately({ heard }: Memory, claimedAtMs: number, rules: Rules): boolean {
  return (
    heard !== null && openTimeBetween(heard.atMs, claimedAtMs, rules) < rules.policy.replacementSilentOpenMs
  );
}
