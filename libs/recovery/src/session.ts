import { earliest, latest, SECOND_MS } from './clock';
import type { Evidence } from './evidence';
import type { BootMode } from './heartbeat';
import { BOOTS_APART_MIN_MS } from './policy';

/**
 * One boot of a machine, as far as it was reported. A session is a boot id and a start: ids repeat (a restored image counts
 * its boots again), and two starts a minute apart are two boots, whatever the id says.
 */
export type Session = {
  readonly bootId: string;
  /** The earliest estimate of its start: a late packet can only make a start look later. */
  readonly startedAtMs: number;
  /** The latest estimate of its start, rounded up to `START_STEP_MS`, so that an ordinary report leaves it as it is. */
  readonly latestStartMs: number;
  /** Every report of it came from a normal boot. */
  readonly normal: boolean;
  readonly highestSeq: number;
  /** Numbers at or above `countedFromSeq` and below `highestSeq` that have not arrived, ascending. */
  readonly missingSeqs: readonly number[];
  /** Below this number it is not known which reports were counted. */
  readonly countedFromSeq: number;
  /** Its first and its last report that was received live; null while there is none. */
  readonly firstLiveAtMs: number | null;
  readonly lastLiveAtMs: number | null;
};

/** The newest report. */
export type Heard = {
  readonly atMs: number;
  readonly bootId: string;
  readonly seq: number;
  readonly sessionStartedAtMs: number;
  readonly bootMode: BootMode;
  /** Stands for everything else that it told (`halfFingerprint`); null in rows that were written before this was kept. */
  readonly facts: number | null;
};

/** A boot, named: its id and one estimate of its start; null in rows that were written before starts were kept. */
export type Boot = { readonly bootId: string; readonly startedAtMs: number | null };

/** A loop shows in two sessions; four leave room for a spool that arrives in disorder. */
export const SESSIONS_KEPT_MAX = 4;
/** Longer gaps are forgotten: their late reports are then STALE instead of DUPLICATE, which changes nothing. */
export const MISSING_SEQS_MAX = 16;
/** Wider than the second in which estimates of one start wander, far below the tolerance. */
export const START_STEP_MS = 30 * SECOND_MS;

/** An estimate of a start, rounded up to the step in which the latest one is kept. */
export function roundUpStart(startedAtMs: number): number {
  return Math.ceil(startedAtMs / START_STEP_MS) * START_STEP_MS;
}

/**
 * Whether two estimates are of one boot: no machine boots twice within a minute, whatever its ids say (they repeat, and an agent may
 * make a new one when it is restarted).
 */
export function isSameBoot(one: Boot, other: Boot): boolean {
  if (one.startedAtMs === null || other.startedAtMs === null) return one.bootId === other.bootId;
  return Math.abs(one.startedAtMs - other.startedAtMs) < BOOTS_APART_MIN_MS;
}

/** Whether a report belongs to a session: the same boot id, and a start that could not be another boot's than those known. */
export function belongsTo(session: Session, { bootId, startedAtMs }: Boot): boolean {
  if (session.bootId !== bootId) return false;
  if (startedAtMs === null) return true;
  return (
    startedAtMs <= session.latestStartMs + BOOTS_APART_MIN_MS &&
    roundUpStart(startedAtMs) >= session.startedAtMs - BOOTS_APART_MIN_MS
  );
}

/**
 * The newest sessions by start, newest first, with one more report. A start that lies between two sessions of one id, close
 * to both, shows that they are one.
 */
export function joinSession(sessions: readonly Session[], evidence: Evidence): readonly Session[] {
  const boot = { bootId: evidence.bootId, startedAtMs: evidence.sessionStartedAtMs };
  const known = sessions.filter((session) => belongsTo(session, boot));
  const others = known.length === 0 ? sessions : sessions.filter((session) => !known.includes(session));
  const joined = known.length === 0 ? firstOfSession(evidence) : withReport(known.reduce(merge), evidence);
  return [...others, joined].sort(newestFirst).slice(0, SESSIONS_KEPT_MAX);
}

/** Whether this number of the session has been counted. */
export function isSeqCounted({ highestSeq, missingSeqs, countedFromSeq }: SeqCount, seq: number): boolean {
  return seq <= highestSeq && seq >= countedFromSeq && !missingSeqs.includes(seq);
}

function newestFirst(a: Session, b: Session): number {
  return b.startedAtMs - a.startedAtMs || (a.bootId < b.bootId ? -1 : 1);
}

function firstOfSession(evidence: Evidence): Session {
  const liveAtMs = evidence.live ? evidence.observedAtMs : null;
  return {
    bootId: evidence.bootId,
    startedAtMs: evidence.sessionStartedAtMs,
    latestStartMs: roundUpStart(evidence.sessionStartedAtMs),
    normal: evidence.bootMode === 'NORMAL',
    ...countSeq(NOTHING_COUNTED, evidence.seq),
    firstLiveAtMs: liveAtMs,
    lastLiveAtMs: liveAtMs,
  };
}

function withReport(known: Session, evidence: Evidence): Session {
  const liveAtMs = evidence.live ? evidence.observedAtMs : null;
  return {
    bootId: known.bootId,
    startedAtMs: Math.min(known.startedAtMs, evidence.sessionStartedAtMs),
    latestStartMs: Math.max(known.latestStartMs, roundUpStart(evidence.sessionStartedAtMs)),
    normal: known.normal && evidence.bootMode === 'NORMAL',
    ...countSeq(known, evidence.seq),
    firstLiveAtMs: earliest(known.firstLiveAtMs, liveAtMs),
    lastLiveAtMs: latest(known.lastLiveAtMs, liveAtMs),
  };
}

/** Two sessions that turned out to be one. */
function merge(one: Session, other: Session): Session {
  const [lower, higher] = one.highestSeq < other.highestSeq ? [one, other] : [other, one];
  return {
    bootId: one.bootId,
    startedAtMs: Math.min(one.startedAtMs, other.startedAtMs),
    latestStartMs: Math.max(one.latestStartMs, other.latestStartMs),
    normal: one.normal && other.normal,
    highestSeq: higher.highestSeq,
    missingSeqs: higher.missingSeqs.filter((seq) => !isSeqCounted(lower, seq)),
    countedFromSeq: higher.countedFromSeq,
    firstLiveAtMs: earliest(one.firstLiveAtMs, other.firstLiveAtMs),
    lastLiveAtMs: latest(one.lastLiveAtMs, other.lastLiveAtMs),
  };
}

type SeqCount = Pick<Session, 'highestSeq' | 'missingSeqs' | 'countedFromSeq'>;

const NOTHING_COUNTED: SeqCount = { highestSeq: 0, missingSeqs: [], countedFromSeq: 1 };

function countSeq({ highestSeq, missingSeqs, countedFromSeq }: SeqCount, seq: number): SeqCount {
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
