import { earliest, latest } from './clock';
import { hitsOf, joinCrashes, NO_CRASHES_TOLD, type CrashHistory, type CrashHits } from './crash-history';
import type { FileVerdict, Evidence } from './evidence';
import { provesFile } from './evidence';
import { halfFingerprint } from './fingerprint';
import type { BitlockerStatus } from './heartbeat';
import type { Incident } from './incident';
import type { Policy } from './policy';
import { passesSoak } from './recovery-tests';
import { belongsTo, isSeqCounted, joinSession, type Heard, type Session } from './session';
import { twinsSince } from './twins';

/** A fact and when it was last reported. */
export type Dated<T> = { readonly value: T; readonly atMs: number };

/** A contact next to the end of the window. */
export type EdgeContact = {
  readonly atMs: number;
  readonly bootId: string;
  /** When its boot started; null in rows that were written before this was kept. */
  readonly startedAtMs: number | null;
  /** Its number; null like the start. */
  readonly seq: number | null;
  readonly inScope: boolean;
};

/**
 * All that is remembered of a machine's heartbeats and of what people said of it. Every field is a minimum, a maximum, a newest-wins or an "ever": joining
 * a heartbeat is commutative, associative and idempotent, so any order, repetition or delay of one set of heartbeats leaves
 * the same memory, and with it the same verdict. (`memory.properties.spec.ts`)
 */
export type Memory = {
  /** The newest heartbeat. */
  readonly heard: Heard | null;
  /** The newest sessions by start, newest first. */
  readonly sessions: readonly Session[];
  /** The newest verdict that proves anything. */
  readonly file: Dated<FileVerdict> | null;
  readonly sensorRunning: Dated<boolean> | null;
  readonly bitlocker: Dated<BitlockerStatus> | null;
  readonly safeBootFlag: Dated<boolean> | null;
  /** Crashes with the incident's stop codes, as they were told. */
  readonly crashes: CrashHistory;
  /** Those of them that count; follows from `crashes`. */
  readonly hits: CrashHits | null;
  readonly lastSoftCrashMs: number | null;
  readonly bad: { readonly firstMs: number; readonly lastMs: number } | null;
  /** Newest contact before the window's end. */
  readonly beforeEnd: EdgeContact | null;
  /** Oldest contact at or after the window's end. */
  readonly afterEnd: EdgeContact | null;
  /** Some session overlapped the window. */
  readonly upInWindow: boolean;
  readonly bootedNormallyAfterEnd: boolean;
  /** The newest heartbeat that passes the tests of one heartbeat. */
  readonly proof: { readonly atMs: number; readonly sessionStartedAtMs: number } | null;
  /** Since when two machines are known to use this identity (`twins.ts`). */
  readonly conflictSinceMs: number | null;
  /** When, first and last, a person saw it crash as the incident makes machines crash. */
  readonly attestedCrash: { readonly firstMs: number; readonly lastMs: number } | null;
  /** When an engineer was last at the machine. */
  readonly checkedInMs: number | null;
  /** When a person last settled whose identity it is; reports from before it raise no conflict again. */
  readonly settledMs: number | null;
};

export const EMPTY_MEMORY: Memory = {
  heard: null,
  sessions: [],
  file: null,
  sensorRunning: null,
  bitlocker: null,
  safeBootFlag: null,
  crashes: NO_CRASHES_TOLD,
  hits: null,
  lastSoftCrashMs: null,
  bad: null,
  beforeEnd: null,
  afterEnd: null,
  upInWindow: false,
  bootedNormallyAfterEnd: false,
  proof: null,
  conflictSinceMs: null,
  attestedCrash: null,
  checkedInMs: null,
  settledMs: null,
};

/** Whether this number of this boot has been counted. */
export function isCounted(memory: Memory, evidence: Evidence): boolean {
  const boot = { bootId: evidence.bootId, startedAtMs: evidence.sessionStartedAtMs };
  const session = memory.sessions.find((known) => belongsTo(known, boot));
  return session !== undefined && isSeqCounted(session, evidence.seq);
}

/** Whether two memories hold the same, in whatever order their fields were written. */
export function isSameMemory(one: Memory, other: Memory): boolean {
  return isSame(one, other);
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const fields = Object.entries(one);
  return (
    fields.length === Object.keys(other).length &&
    fields.every(([name, value]) => isSame(value, (other as Readonly<Record<string, unknown>>)[name]))
  );
}

/** Newer than everything heard. Reports of the same instant are ordered by what they say, so that a tie has one answer. */
export function isNewest(memory: Memory, evidence: Evidence): boolean {
  const { heard } = memory;
  if (heard === null) return true;
  if (evidence.observedAtMs !== heard.atMs) return evidence.observedAtMs > heard.atMs;
  if (evidence.bootId !== heard.bootId) return evidence.bootId > heard.bootId;
  if (evidence.seq !== heard.seq) return evidence.seq > heard.seq;
  if (evidence.sessionStartedAtMs !== heard.sessionStartedAtMs)
    return evidence.sessionStartedAtMs > heard.sessionStartedAtMs;
  return halfFingerprint(evidence.fingerprint) > (heard.facts ?? -1);
}

/** Joins one heartbeat's evidence to what is remembered. */
export function absorb(memory: Memory, evidence: Evidence, incident: Incident, policy: Policy): Memory {
  const at = evidence.observedAtMs;
  const sessions = joinSession(memory.sessions, evidence);
  const afterEnd = at >= incident.window.untilMs;
  const crashes = joinCrashes(memory.crashes, evidence.crashes);
  const contact = {
    atMs: at,
    bootId: evidence.bootId,
    startedAtMs: evidence.sessionStartedAtMs,
    seq: evidence.seq,
    inScope: evidence.inScope,
  };
  return {
    heard: isNewest(memory, evidence)
      ? {
          atMs: at,
          bootId: evidence.bootId,
          seq: evidence.seq,
          sessionStartedAtMs: evidence.sessionStartedAtMs,
          bootMode: evidence.bootMode,
          facts: halfFingerprint(evidence.fingerprint),
        }
      : memory.heard,
    sessions,
    file: newest(memory.file, provesFile(evidence.file) ? evidence.file : undefined, at),
    sensorRunning: newest(memory.sensorRunning, evidence.sensorRunning, at),
    bitlocker: newest(memory.bitlocker, evidence.bitlocker, at),
    safeBootFlag: newest(memory.safeBootFlag, evidence.safeBootFlag, at),
    crashes,
    hits: crashes === memory.crashes ? memory.hits : hitsOf(crashes),
    lastSoftCrashMs: latest(memory.lastSoftCrashMs, evidence.lastSoftCrashMs),
    bad: evidence.file === 'BAD' ? joinSpan(memory.bad, at) : memory.bad,
    beforeEnd: afterEnd ? memory.beforeEnd : edge(memory.beforeEnd, contact, 1),
    afterEnd: afterEnd ? edge(memory.afterEnd, contact, -1) : memory.afterEnd,
    upInWindow:
      memory.upInWindow ||
      (at >= incident.window.fromMs && evidence.sessionStartedAtMs < incident.window.untilMs),
    bootedNormallyAfterEnd: memory.bootedNormallyAfterEnd || (afterEnd && evidence.bootMode === 'NORMAL'),
    proof: joinProof(memory.proof, evidence, policy),
    conflictSinceMs: earliest(memory.conflictSinceMs, twinsSince(memory, sessions, evidence, policy)),
    attestedCrash: memory.attestedCrash,
    checkedInMs: memory.checkedInMs,
    settledMs: memory.settledMs,
  };
}

/** The newest proof; of two at one instant that of the older session, which proves less. */
function joinProof(proof: Memory['proof'], evidence: Evidence, policy: Policy): Memory['proof'] {
  if (!passesSoak(evidence, policy)) return proof;
  const { observedAtMs: atMs, sessionStartedAtMs } = evidence;
  if (
    proof !== null &&
    (proof.atMs > atMs || (proof.atMs === atMs && proof.sessionStartedAtMs <= sessionStartedAtMs))
  )
    return proof;
  return { atMs, sessionStartedAtMs };
}

function newest<T extends string | boolean>(
  known: Dated<T> | null,
  value: T | undefined,
  atMs: number,
): Dated<T> | null {
  if (value === undefined) return known;
  if (known !== null && (known.atMs > atMs || (known.atMs === atMs && known.value >= value))) return known;
  return { value, atMs };
}

/** The contact nearest to the edge of the window: the newest before it (direction 1) or the oldest after it (direction −1). */
function edge(known: EdgeContact | null, contact: EdgeContact, direction: 1 | -1): EdgeContact {
  if (known === null) return contact;
  const difference = (contact.atMs - known.atMs) * direction;
  if (difference !== 0) return difference > 0 ? contact : known;
  if (contact.bootId !== known.bootId) return contact.bootId > known.bootId ? contact : known;
  if (contact.startedAtMs !== known.startedAtMs)
    return (contact.startedAtMs ?? 0) > (known.startedAtMs ?? 0) ? contact : known;
  if (contact.seq !== known.seq) return (contact.seq ?? 0) > (known.seq ?? 0) ? contact : known;
  return contact.inScope ? contact : known;
}

function joinSpan(span: Memory['bad'], atMs: number): Memory['bad'] {
  return { firstMs: Math.min(span?.firstMs ?? atMs, atMs), lastMs: Math.max(span?.lastMs ?? atMs, atMs) };
}
