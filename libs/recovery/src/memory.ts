import { earliest, latest } from './clock';
import { hitsOf, joinCrashes, NO_CRASHES_TOLD, type CrashHistory, type CrashHits } from './crash-history';
import type { FileVerdict, Evidence } from './evidence';
import { provesFile } from './evidence';
import type { BitlockerStatus, BootMode } from './heartbeat';
import type { Incident } from './incident';
import type { Policy } from './policy';
import { passesSoak } from './recovery-tests';

/** A fact and when it was last reported. */
export type Dated<T> = { readonly value: T; readonly atMs: number };

/** One boot of a machine, as far as it told us. */
export type Session = {
  readonly bootId: string;
  /** The earliest estimate: a late packet can only make a start look later. */
  readonly startedAtMs: number;
  /** Every report of it came from a normal boot. */
  readonly normal: boolean;
  readonly highestSeq: number;
  /** Numbers at or above `countedFromSeq` and below `highestSeq` that have not arrived, ascending. */
  readonly missingSeqs: readonly number[];
  /** Below this number it is not known which reports were counted. */
  readonly countedFromSeq: number;
  readonly lastLiveAtMs: number | null;
};

/** A contact next to the end of the window. */
export type EdgeContact = {
  readonly atMs: number;
  readonly bootId: string;
  readonly inScope: boolean;
};

/**
 * All that is remembered of a machine's heartbeats and of what people said of it. Every field is a minimum, a maximum, a newest-wins or an "ever": joining
 * a heartbeat is commutative, associative and idempotent, so any order, repetition or delay of one set of heartbeats leaves
 * the same memory, and with it the same verdict. (`memory.properties.spec.ts`)
 */
export type Memory = {
  /** The newest heartbeat. */
  readonly heard: {
    readonly atMs: number;
    readonly bootId: string;
    readonly seq: number;
    readonly sessionStartedAtMs: number;
    readonly bootMode: BootMode;
  } | null;
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
  /** When the newer boot session started, if an older one reported live after that: two machines with one identity. */
  readonly conflictSinceMs: number | null;
  /** When, first and last, a person saw it crash as the incident makes machines crash. */
  readonly attestedCrash: { readonly firstMs: number; readonly lastMs: number } | null;
  /** When an engineer was last at the machine. */
  readonly checkedInMs: number | null;
  /** When a person last settled whose identity it is; reports from before it raise no conflict again. */
  readonly settledMs: number | null;
};

/** A loop shows in two sessions; four leave room for a spool that arrives in disorder. */
export const SESSIONS_KEPT_MAX = 4;
/** Longer gaps are forgotten: their late reports are then STALE instead of DUPLICATE, which changes nothing. */
export const MISSING_SEQS_MAX = 16;

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

/** The same boot session and number as one already counted. */
export function isCounted(memory: Memory, evidence: Evidence): boolean {
  const session = memory.sessions.find((known) => known.bootId === evidence.bootId);
  if (session === undefined || evidence.seq > session.highestSeq || evidence.seq < session.countedFromSeq)
    return false;
  return !session.missingSeqs.includes(evidence.seq);
}

/** Newer than everything heard. Reports of the same instant are ordered by their session and number, so that a tie has one answer. */
export function isNewest(memory: Memory, evidence: Evidence): boolean {
  const { heard } = memory;
  if (heard === null) return true;
  if (evidence.observedAtMs !== heard.atMs) return evidence.observedAtMs > heard.atMs;
  if (evidence.bootId !== heard.bootId) return evidence.bootId > heard.bootId;
  return evidence.seq > heard.seq;
}

/** Joins one heartbeat's evidence to what is remembered. */
export function absorb(memory: Memory, evidence: Evidence, incident: Incident, policy: Policy): Memory {
  const at = evidence.observedAtMs;
  const sessions = joinSession(memory.sessions, evidence);
  const afterEnd = at >= incident.window.untilMs;
  const crashes = joinCrashes(memory.crashes, evidence.crashes);
  const contact = { atMs: at, bootId: evidence.bootId, inScope: evidence.inScope };
  return {
    heard: isNewest(memory, evidence)
      ? {
          atMs: at,
          bootId: evidence.bootId,
          seq: evidence.seq,
          sessionStartedAtMs: evidence.sessionStartedAtMs,
          bootMode: evidence.bootMode,
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
    conflictSinceMs: earliest(memory.conflictSinceMs, conflictAt(memory, evidence, policy)),
    attestedCrash: memory.attestedCrash,
    checkedInMs: memory.checkedInMs,
    settledMs: memory.settledMs,
  };
}

/**
 * Since when, if ever, this heartbeat shows two boot sessions of one identity alive at once: the older one reported live after
 * the newer one had started, and after the last conflict was settled. Both must have been heard live, because the age of a
 * spooled report may span a reboot.
 */
function conflictAt({ sessions, settledMs }: Memory, evidence: Evidence, policy: Policy): number | null {
  if (!evidence.live) return null;
  const toleranceMs = policy.sessionStartToleranceMs;
  let conflictMs: number | null = null;
  for (const known of sessions) {
    if (known.bootId === evidence.bootId || known.lastLiveAtMs === null) continue;
    const [newerStartMs, olderStartMs, olderLiveMs] =
      known.startedAtMs > evidence.sessionStartedAtMs
        ? [known.startedAtMs, evidence.sessionStartedAtMs, evidence.observedAtMs]
        : [evidence.sessionStartedAtMs, known.startedAtMs, known.lastLiveAtMs];
    if (settledMs !== null && olderLiveMs <= settledMs) continue;
    if (olderStartMs + toleranceMs < newerStartMs && olderLiveMs > newerStartMs + toleranceMs) {
      conflictMs = earliest(conflictMs, newerStartMs);
    }
  }
  return conflictMs;
}

function joinSession(sessions: readonly Session[], evidence: Evidence): readonly Session[] {
  const known = sessions.find((session) => session.bootId === evidence.bootId);
  const joined = known === undefined ? firstOfSession(evidence) : nextOfSession(known, evidence);
  const others = sessions.filter((session) => session !== known);
  return [...others, joined]
    .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.bootId < b.bootId ? -1 : 1))
    .slice(0, SESSIONS_KEPT_MAX);
}

function firstOfSession(evidence: Evidence): Session {
  const startedAtMs = evidence.sessionStartedAtMs;
  const lastLiveAtMs = evidence.live ? evidence.observedAtMs : null;
  const normal = evidence.bootMode === 'NORMAL';
  return { bootId: evidence.bootId, startedAtMs, normal, lastLiveAtMs, ...countSeq(0, [], 1, evidence.seq) };
}

function nextOfSession(known: Session, evidence: Evidence): Session {
  return {
    bootId: known.bootId,
    startedAtMs: Math.min(known.startedAtMs, evidence.sessionStartedAtMs),
    normal: known.normal && evidence.bootMode === 'NORMAL',
    lastLiveAtMs: evidence.live ? latest(known.lastLiveAtMs, evidence.observedAtMs) : known.lastLiveAtMs,
    ...countSeq(known.highestSeq, known.missingSeqs, known.countedFromSeq, evidence.seq),
  };
}

type Counted = Pick<Session, 'highestSeq' | 'missingSeqs' | 'countedFromSeq'>;

function countSeq(
  highestSeq: number,
  missingSeqs: readonly number[],
  countedFromSeq: number,
  seq: number,
): Counted {
  if (seq === highestSeq + 1) return { highestSeq: seq, missingSeqs, countedFromSeq };
  if (seq <= highestSeq) {
    return missingSeqs.includes(seq)
      ? { highestSeq, missingSeqs: missingSeqs.filter((missing) => missing !== seq), countedFromSeq }
      : { highestSeq, missingSeqs, countedFromSeq };
  }
  const gap = seq - highestSeq - 1;
  if (gap > MISSING_SEQS_MAX) return { highestSeq: seq, missingSeqs: [], countedFromSeq: seq };
  const all = [...missingSeqs, ...Array.from({ length: gap }, (_, i) => highestSeq + 1 + i)];
  const forgotten = all.slice(0, Math.max(0, all.length - MISSING_SEQS_MAX));
  const lastForgotten = forgotten[forgotten.length - 1];
  return {
    highestSeq: seq,
    missingSeqs: all.slice(forgotten.length),
    countedFromSeq: lastForgotten === undefined ? countedFromSeq : lastForgotten + 1,
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
  return contact.inScope ? contact : known;
}

function joinSpan(span: Memory['bad'], atMs: number): Memory['bad'] {
  return { firstMs: Math.min(span?.firstMs ?? atMs, atMs), lastMs: Math.max(span?.lastMs ?? atMs, atMs) };
}
