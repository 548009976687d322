import { SECOND_MS } from './clock';
import { provesFile, startOfSession, type Evidence } from './evidence';
import { contactMattersFromMs, type Rules } from './exposure';
import type { Heartbeat } from './heartbeat';
import type { TrackedMachine } from './machine';
import type { Memory } from './memory';
import { isSoakLongEnough, passesSoak } from './recovery-tests';
import { belongsTo } from './session';
import type { RecoveryState } from './state';

/**
 * What has to be known of a machine to see that a heartbeat only goes on saying what the last one said. A few numbers, so that
 * they can be kept for a whole fleet.
 */
export type Footing = {
  readonly heardAtMs: number;
  readonly seq: number;
  /** The earliest estimate of when its boot session started. */
  readonly sessionStartedAtMs: number;
  /** The latest one. */
  readonly latestStartMs: number;
  /** Everything else that the last heartbeat told. */
  readonly fingerprint: number;
  /** Whether the last heartbeat was a proof of recovery, could yet become one by lasting, or cannot. */
  readonly soak: Soak;
};

/** What the last heartbeat of a session means for the soak of recovery; see `Footing`. */
export const SOAKS = ['PASSED', 'LASTING', 'OUT_OF_REACH'] as const;
export type Soak = (typeof SOAKS)[number];

/**
 * Half a step of the skew that is kept as a fact: below it a clock is as good as right, and it neither makes a time ambiguous
 * nor changes a fact.
 */
const SKEW_UNREMARKABLE_MS = 30 * SECOND_MS;

/** States that an unchanged report cannot end: what led there holds as long as nothing else is heard. */
const SETTLED: ReadonlySet<RecoveryState> = new Set(['NOT_AFFECTED', 'RECOVERED', 'RECOVERED_AT_RISK']);

/**
 * The footing that a machine stands on after its newest heartbeat was decided, or null while an unchanged report might still
 * change something: a state that waits for time to pass, a contact at an edge of the window, two machines on one identity.
 *
 * @param machine after the decision on `heartbeat`
 * @param evidence of the same heartbeat
 */
export function footingOf(
  machine: TrackedMachine,
  heartbeat: Heartbeat,
  evidence: Evidence,
  rules: Rules,
): Footing | null {
  const { memory } = machine;
  const { heard } = memory;
  const session = memory.sessions[0];
  if (heard === null || session === undefined) return null;
  const isOfThisHeartbeat =
    heard.atMs === evidence.observedAtMs && heard.bootId === evidence.bootId && heard.seq === evidence.seq;
  const isPlain =
    belongsTo(session, { bootId: heard.bootId, startedAtMs: heard.sessionStartedAtMs }) &&
    session.highestSeq === heard.seq &&
    session.lastLiveAtMs === heard.atMs &&
    memory.conflictSinceMs === null &&
    isUnremarkable(evidence.skewMs) &&
    evidence.file !== 'BAD' &&
    hasNoTimeFromTheFuture(heartbeat, evidence.receivedAtMs) &&
    isAloneInItsInstant(memory, evidence);
  if (!isOfThisHeartbeat || !isPlain || !isSettled(machine, heard.atMs, rules)) return null;
  const isProof =
    memory.proof?.atMs === heard.atMs && memory.proof.sessionStartedAtMs === heard.sessionStartedAtMs;
  const soak = soakOf(evidence, rules);
  if (isProof !== (soak === 'PASSED')) return null;
  return {
    heardAtMs: heard.atMs,
    seq: heard.seq,
    sessionStartedAtMs: session.startedAtMs,
    latestStartMs: session.latestStartMs,
    fingerprint: evidence.fingerprint,
    soak,
  };
}

/**
 * Whether a heartbeat, received at a moment, only goes on saying what the machine's last one said: the next number of the same
 * session, the same facts, received live, on the same side of the incident's edges. Then deciding it would change nothing but
 * contact (libs/storage/src/continuation.properties.spec.ts), and contact is all that needs to be written.
 *
 * @param fingerprint of the heartbeat
 */
export function isContinuation(
  footing: Footing,
  heartbeat: Heartbeat,
  fingerprint: number,
  receivedAtMs: number,
  { incident, policy }: Rules,
): boolean {
  if (fingerprint !== footing.fingerprint || heartbeat.seq !== footing.seq + 1) return false;
  if (heartbeat.ageMs > policy.liveAgeMaxMs) return false;
  const observedAtMs = receivedAtMs - heartbeat.ageMs;
  const { fromMs, untilMs } = incident.window;
  const startedAtMs = startOfSession(observedAtMs, heartbeat.uptimeMs);
  if (observedAtMs <= footing.heardAtMs) return false;
  if (startedAtMs < footing.sessionStartedAtMs || startedAtMs > footing.latestStartMs) return false;
  const sameSide = (edgeMs: number): boolean => footing.heardAtMs < edgeMs === observedAtMs < edgeMs;
  if (!sameSide(contactMattersFromMs(incident, policy)) || !sameSide(fromMs) || !sameSide(untilMs))
    return false;
  const { sentAtMs } = heartbeat;
  if (sentAtMs !== undefined) {
    const skewMs = sentAtMs - receivedAtMs;
    if (!isUnremarkable(skewMs) || !isUnremarkable(skewMs + heartbeat.ageMs)) return false;
  }
  switch (footing.soak) {
    case 'PASSED':
      return isSoakLongEnough(observedAtMs - startedAtMs, heartbeat.seq, policy);
    case 'LASTING':
      return !isSoakLongEnough(observedAtMs - startedAtMs, heartbeat.seq, policy);
    case 'OUT_OF_REACH':
      return true;
  }
}

/** The footing after a continuation was saved. */
export function continued(footing: Footing, heartbeat: Heartbeat, receivedAtMs: number): Footing {
  return {
    heardAtMs: receivedAtMs - heartbeat.ageMs,
    seq: heartbeat.seq,
    sessionStartedAtMs: footing.sessionStartedAtMs,
    latestStartMs: footing.latestStartMs,
    fingerprint: footing.fingerprint,
    soak: footing.soak,
  };
}

/**
 * Whether everything that is remembered of the instant of the newest heartbeat is of that heartbeat. Another one of the same instant, of
 * an older boot session or with other facts, would move on with each contact, because the memory is kept relative to it.
 */
function isAloneInItsInstant(memory: Memory, evidence: Evidence): boolean {
  const atMs = evidence.observedAtMs;
  const isOwn = <T>(
    known: { readonly atMs: number; readonly value: T } | null,
    value: T | undefined,
  ): boolean => known?.atMs !== atMs || known.value === value;
  const { beforeEnd } = memory;
  return (
    memory.sessions.every((session, i) => i === 0 || session.lastLiveAtMs !== atMs) &&
    memory.bad?.firstMs !== atMs &&
    memory.bad?.lastMs !== atMs &&
    isOwn(memory.file, provesFile(evidence.file) ? evidence.file : undefined) &&
    isOwn(memory.sensorRunning, evidence.sensorRunning) &&
    isOwn(memory.bitlocker, evidence.bitlocker) &&
    isOwn(memory.safeBootFlag, evidence.safeBootFlag) &&
    (beforeEnd?.atMs !== atMs ||
      (beforeEnd.bootId === evidence.bootId &&
        beforeEnd.startedAtMs === evidence.sessionStartedAtMs &&
        beforeEnd.seq === evidence.seq &&
        beforeEnd.inScope === evidence.inScope))
  );
}

function isSettled(machine: TrackedMachine, heardAtMs: number, { incident }: Rules): boolean {
  if (machine.dueAtMs !== null || machine.sinceMs > heardAtMs) return false;
  const { fromMs, untilMs } = incident.window;
  if (heardAtMs < fromMs) return machine.state === 'UNVERIFIED';
  const firstAfterEndMs = machine.memory.afterEnd?.atMs;
  return (
    SETTLED.has(machine.state) &&
    heardAtMs >= untilMs &&
    firstAfterEndMs !== undefined &&
    firstAfterEndMs < heardAtMs
  );
}

/** A session whose harmless facts only lack time will become a proof; any other needs other facts first. */
function soakOf(evidence: Evidence, { policy }: Rules): Soak {
  if (passesSoak(evidence, policy)) return 'PASSED';
  const lasting = {
    ...evidence,
    sessionStartedAtMs: evidence.observedAtMs - policy.soakMs,
    seq: policy.soakReports,
  };
  return passesSoak({ ...lasting, hitsMs: [] }, policy) ? 'LASTING' : 'OUT_OF_REACH';
}

function isUnremarkable(skewMs: number | null): boolean {
  return skewMs === null || Math.abs(skewMs) < SKEW_UNREMARKABLE_MS;
}

/** A time from the future proves nothing today and something tomorrow. */
function hasNoTimeFromTheFuture(heartbeat: Heartbeat, receivedAtMs: number): boolean {
  return (
    (heartbeat.channelFileWrittenAtMs ?? 0) <= receivedAtMs &&
    heartbeat.crashes.every((crash) => crash.atMs <= receivedAtMs)
  );
}
