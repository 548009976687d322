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

/** A loop shows in two crashes; two more leave room for stamps from a clock that has been put back since. */
export const CRASHES_KEPT_MAX = 4;

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
export function hitsOf({ firstMs, told }: CrashHistory): CrashHits | null {
  const moments = [...new Set(told.filter(counts).map(({ atMs }) => atMs))].sort((a, b) => a - b);
  const isWhole = told.length < CRASHES_KEPT_MAX;
  const first = isWhole ? moments[0] : (firstMs ?? undefined);
  if (first === undefined) return null;
  const all = first === moments[0] ? moments : [first, ...moments.filter((atMs) => atMs > first)];
  return { firstMs: first, previousMs: all[all.length - 2] ?? null, lastMs: all[all.length - 1] ?? first };
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
