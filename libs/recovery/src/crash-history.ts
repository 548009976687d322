import { BOOTS_APART_MIN_MS } from './policy';

/**
 * A crash with one of the incident's stop codes, as it has been told. Its stamp on the machine's clock is its identity: every
 * report that tells of it again carries the same one, however the clock went on meanwhile.
 */
export type ToldCrash = {
  readonly stampMs: number;
  /** The earliest moment that a report made of the stamp: a crash told before a moment did not happen after it. */
  readonly atMs: number;
  /** Some report told of it before its own stamp: the stamp is ahead, and means nothing where no skew puts it right. */
  readonly ahead: boolean;
};

/** What is remembered of the crashes that a machine told of. */
export type CrashHistory = {
  /** The earliest crash ever told; null while there is none. */
  readonly firstMs: number | null;
  /** Those with the newest stamps, newest first. */
  readonly told: readonly ToldCrash[];
};

/** The crashes that count: of a machine with one crash the first is the last. */
export type CrashHits = {
  readonly firstMs: number;
  readonly previousMs: number | null;
  readonly lastMs: number;
};

/** A loop shows in two crashes, each of which may be logged twice; two more leave room for stamps from a clock that was wrong. */
export const CRASHES_KEPT_MAX = 6;

/** Of a machine that told of no crash. */
export const NO_CRASHES_TOLD: CrashHistory = { firstMs: null, told: [] };

/**
 * Joins the crashes that one heartbeat tells of. Commutative, associative and idempotent: for each stamp a minimum and an
 * "ever", and of the stamps always the newest, which no later report can make older.
 */
export function joinCrashes(history: CrashHistory, added: readonly ToldCrash[]): CrashHistory {
  if (added.length === 0) return history;
  const byStamp = new Map(history.told.map((crash) => [crash.stampMs, crash]));
  let { firstMs } = history;
  for (const crash of added) {
    const known = byStamp.get(crash.stampMs);
    byStamp.set(crash.stampMs, known === undefined ? crash : joinTold(known, crash));
    if (!crash.ahead) firstMs = firstMs === null ? crash.atMs : Math.min(firstMs, crash.atMs);
  }
  const told = [...byStamp.values()].sort((a, b) => b.stampMs - a.stampMs).slice(0, CRASHES_KEPT_MAX);
  return { firstMs, told };
}

/** The crashes that count, or null. The first one may have been forgotten by its stamp; its moment is remembered. */
export function hitsOf(history: CrashHistory): CrashHits | null {
  return spanOf(crashesOf(history));
}

/** The first, the last but one and the last of some crashes, given oldest first; null when there are none. */
export function spanOf(crashes: readonly LoggedCrash[]): CrashHits | null {
  const [first] = crashes;
  const last = crashes[crashes.length - 1];
  if (first === undefined || last === undefined) return null;
  return {
    firstMs: first.fromMs,
    previousMs: crashes[crashes.length - 2]?.untilMs ?? null,
    lastMs: last.untilMs,
  };
}

/** One crash: the first and the last moment under which it was logged. */
export type LoggedCrash = { readonly fromMs: number; readonly untilMs: number };

/** The crashes that count, oldest first. Moments closer than any machine can boot again are one crash, logged twice. */
export function crashesOf({ firstMs, told }: CrashHistory): LoggedCrash[] {
  const moments = told.filter(counts).map(({ atMs }) => atMs);
  if (told.length >= CRASHES_KEPT_MAX && firstMs !== null) moments.push(firstMs);
  moments.sort((a, b) => a - b);
  const crashes: LoggedCrash[] = [];
  for (const atMs of moments) {
    const before = crashes[crashes.length - 1];
    if (before !== undefined && atMs - before.untilMs < BOOTS_APART_MIN_MS)
      crashes[crashes.length - 1] = { fromMs: before.fromMs, untilMs: atMs };
    else crashes.push({ fromMs: atMs, untilMs: atMs });
  }
  return crashes;
}

/** Whether a crash counts: its stamp is not from the future, or a skew has put it right. */
export function counts({ stampMs, atMs, ahead }: ToldCrash): boolean {
  return !ahead || atMs < stampMs;
}

function joinTold(one: ToldCrash, other: ToldCrash): ToldCrash {
  return {
    stampMs: one.stampMs,
    atMs: Math.min(one.atMs, other.atMs),
    ahead: one.ahead || other.ahead,
  };
}
