import { latest } from './clock';
import type { Evidence, FileVerdict } from './evidence';
import { harmfulHits, suspect, type Exposure, type Rules } from './exposure';
import type { Dated, Memory } from './memory';
import type { Policy } from './policy';

/** The tests of recovery. "Why is this machine not recovered?" answers with those that fail. */
export const RECOVERY_TESTS = [
  /** One boot session with at least 60 min of uptime. */
  'UPTIME_60_MIN',
  /** At least three heartbeats in it. */
  'THREE_HEARTBEATS',
  /** It was a normal boot. */
  'NORMAL_BOOT',
  /** The file is good or older than the incident, or absent with the sensor running. */
  'FILE_HARMLESS',
  /** No crash of the incident's kind since the session started. */
  'NO_CRASH_SINCE_BOOT',
  /** No other machine uses this identity. */
  'NO_IDENTITY_CONFLICT',
] as const;
export type RecoveryTest = (typeof RECOVERY_TESTS)[number];

/** The tests that one heartbeat answers by itself: session, number, boot mode, file, and the crashes that it tells of. */
export function passesSoak(evidence: Evidence, policy: Policy): boolean {
  const crashesUntilMs = evidence.sessionStartedAtMs + policy.sessionStartToleranceMs;
  return (
    evidence.hitsMs.every((hitMs) => hitMs <= crashesUntilMs) &&
    isSoakLongEnough(evidence.observedAtMs - evidence.sessionStartedAtMs, evidence.seq, policy) &&
    evidence.bootMode === 'NORMAL' &&
    isHarmless(evidence.file, evidence.sensorRunning)
  );
}

/** Whether a session has lasted, and reported, as long as recovery asks for. */
export function isSoakLongEnough(uptimeMs: number, seq: number, policy: Policy): boolean {
  return uptimeMs >= policy.soakMs && seq >= policy.soakReports;
}

/**
 * Whether the newest proof still stands: nothing harmful came after it, and for a crashed or suspected machine its session
 * began after the harm. A proof of a session from before a crash proves nothing about the machine since.
 */
export function hasStandingProof(memory: Memory, exposure: Exposure, rules: Rules): boolean {
  const { proof, bad } = memory;
  if (proof === null) return false;
  const crashedMs = lastCrashMs(memory, rules);
  if (crashedMs !== null && crashedMs > proof.sessionStartedAtMs + rules.policy.sessionStartToleranceMs)
    return false;
  if (bad !== null && bad.lastMs >= proof.atMs) return false;
  return (
    exposure !== 'SUSPECTED' || memory.beforeEnd === null || proof.sessionStartedAtMs > memory.beforeEnd.atMs
  );
}

/**
 * Whether the machine had recovered once and was harmed again after that. A suspicion counts although the harm has sharpened
 * the exposure since: what the machine had recovered from follows from the memory.
 */
export function hasRelapsed(memory: Memory, exposure: Exposure, rules: Rules): boolean {
  const { proof, bad, attestedCrash } = memory;
  if (proof === null || hasStandingProof(memory, exposure, rules)) return false;
  const hits = harmfulHits(memory, rules);
  const startMs = proof.sessionStartedAtMs + rules.policy.sessionStartToleranceMs;
  const suspected = exposure === 'SUSPECTED' || suspect(memory, proof.atMs, rules) !== null;
  const recoveredFromCrash =
    (hits !== null && hits.firstMs <= startMs) ||
    (attestedCrash !== null && attestedCrash.firstMs <= startMs);
  const recoveredFromFile = bad !== null && bad.firstMs < proof.atMs;
  const recoveredFromSuspicion = suspected && memory.beforeEnd !== null && startMs > memory.beforeEnd.atMs;
  return recoveredFromCrash || recoveredFromFile || recoveredFromSuspicion;
}

/** The tests that fail by the newest heartbeat; none of the evidence tests can pass before anything was heard. */
export function failingTests(memory: Memory, rules: Rules): RecoveryTest[] {
  const { heard } = memory;
  const { policy } = rules;
  const failing: RecoveryTest[] = [];
  if (heard === null || heard.atMs - heard.sessionStartedAtMs < policy.soakMs) failing.push('UPTIME_60_MIN');
  if (heard === null || heard.seq < policy.soakReports) failing.push('THREE_HEARTBEATS');
  if (heard?.bootMode !== 'NORMAL') failing.push('NORMAL_BOOT');
  if (!isHarmless(toldAt(memory.file, heard?.atMs), toldAt(memory.sensorRunning, heard?.atMs)))
    failing.push('FILE_HARMLESS');
  const crashedMs = lastCrashMs(memory, rules);
  if (
    heard !== null &&
    crashedMs !== null &&
    crashedMs > heard.sessionStartedAtMs + policy.sessionStartToleranceMs
  ) {
    failing.push('NO_CRASH_SINCE_BOOT');
  }
  if (memory.conflictSinceMs !== null) failing.push('NO_IDENTITY_CONFLICT');
  return failing;
}

/** What the report of a moment told by itself: the proof asks for all its facts in one report. */
function toldAt<T>(fact: Dated<T> | null, atMs: number | undefined): T | undefined {
  return fact?.atMs === atMs ? fact?.value : undefined;
}

function isHarmless(file: FileVerdict | undefined, sensorRunning: boolean | undefined): boolean {
  return file === 'GOOD' || file === 'PRE_INCIDENT' || (file === 'ABSENT' && sensorRunning === true);
}

/**
 * The newest crash with one of the incident's stop codes, told or seen by a person. Any other crash is not the incident's: it may say that a bad file did
 * harm (`exposure.ts`), but ends no recovery, which rests on the file being harmless.
 *
 * Windows logs a crash at the boot after it, so its time may lie just after that session's start; the tolerance of the
 * session's start covers it: a crash that the session outlived ended the session before.
 */
function lastCrashMs(memory: Memory, rules: Rules): number | null {
  return latest(harmfulHits(memory, rules)?.lastMs ?? null, memory.attestedCrash?.lastMs ?? null);
}
