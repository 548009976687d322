/** What is counted of the machines of one ICB. Every machine is in one of these or in none. */
export type PublicCells = {
  /** Affected, and recovered or replaced. */
  readonly recovered: number;
  /** Affected, and not recovered. */
  readonly notRecovered: number;
  /** Nothing is known of what happened to it in the window. */
  readonly unknown: number;
};

/** A count as it is published: it is one of these numbers, both ends included, and nothing published says which. */
export type CountRange = { readonly atLeast: number; readonly atMost: number };

/** What anybody may know of the machines of some organisation. */
export type PublicFigures = {
  readonly affected: CountRange;
  readonly recovered: CountRange;
  readonly notRecovered: CountRange;
  readonly unknown: CountRange;
};

/** The least and the greatest that a share can be; floored and rounded up to four decimals. */
export type ShareRange = { readonly atLeast: number; readonly atMost: number };

/** Counts are told apart by fives only, so that two publications differ by no single machine. */
const BAND = 5;

/**
 * Smaller counts are all published alike. What must stay secret are counts under five; the five above them are held back as well, so that
 * whoever sees a count drop below what is published knows one that is no secret, and has then to guess how five more machines fared.
 */
const SMALLEST_TOLD_COUNT = 10;

/** Four decimals, as all shares here. */
const SHARE_STEPS = 10_000;

/** Below it the two parts of the affected cannot both be told, and which of them is small would say how small. */
const SMALLEST_SPLIT_COUNT = 2 * SMALLEST_TOLD_COUNT;

const UNTOLD: CountRange = { atLeast: 0, atMost: SMALLEST_TOLD_COUNT - 1 };

/**
 * What is published of one ICB: bands, and nothing else at this level or any above is worked out from true counts.
 *
 * Where one part of the affected is small, the band is that of the affected together, and the other part is told by it alone: told for
 * itself it would move with every machine that recovers, and whoever counted its moves would know what is left of the small one.
 */
export function publishCells({ recovered, notRecovered, unknown }: PublicCells): PublicFigures {
  return { ...splitOf(recovered, notRecovered), unknown: bandOf(unknown) };
}

/** What is published of several ICBs together: the sum of what is published of each, and never of what is true of each. */
export function sumPublished(figures: readonly PublicFigures[]): PublicFigures {
  return {
    affected: sum(figures.map(({ affected }) => affected)),
    recovered: sum(figures.map(({ recovered }) => recovered)),
    notRecovered: sum(figures.map(({ notRecovered }) => notRecovered)),
    unknown: sum(figures.map(({ unknown }) => unknown)),
  };
}

/** The recovered out of the affected, whatever the true counts are within their ranges; null when there can be no affected ones. */
export function recoveredShare({ recovered, notRecovered }: PublicFigures): ShareRange | null {
  const least = recovered.atLeast + notRecovered.atMost;
  const most = recovered.atMost + notRecovered.atLeast;
  if (least === 0 || most === 0) return null;
  return {
    atLeast: Math.floor((recovered.atLeast * SHARE_STEPS) / least) / SHARE_STEPS,
    atMost: Math.ceil((recovered.atMost * SHARE_STEPS) / most) / SHARE_STEPS,
  };
}

function splitOf(recovered: number, notRecovered: number): Omit<PublicFigures, 'unknown'> {
  const affected = bandOf(recovered + notRecovered);
  if (recovered + notRecovered < SMALLEST_SPLIT_COUNT) {
    const anyOfThem = { atLeast: 0, atMost: affected.atMost };
    return { affected, recovered: anyOfThem, notRecovered: anyOfThem };
  }
  const rest = { atLeast: affected.atLeast - UNTOLD.atMost, atMost: affected.atMost };
  if (notRecovered < SMALLEST_TOLD_COUNT) return { affected, recovered: rest, notRecovered: UNTOLD };
  if (recovered < SMALLEST_TOLD_COUNT) return { affected, recovered: UNTOLD, notRecovered: rest };
  const [one, other] = [bandOf(recovered), bandOf(notRecovered)];
  return { affected: sum([one, other]), recovered: one, notRecovered: other };
}

function bandOf(count: number): CountRange {
  if (count < SMALLEST_TOLD_COUNT) return UNTOLD;
  const atLeast = count - (count % BAND);
  return { atLeast, atMost: atLeast + BAND - 1 };
}

function sum(counts: readonly CountRange[]): CountRange {
  return {
    atLeast: counts.reduce((total, { atLeast }) => total + atLeast, 0),
    atMost: counts.reduce((total, { atMost }) => total + atMost, 0),
  };
}
