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

/**
 * What is published of one ICB. Each count is put into its band by itself and everything else is added up from bands, at this level and at
 * all levels above: nothing that is published depends on two counts, so there are no two things to subtract from each other.
 */
export function publishCells({ recovered, notRecovered, unknown }: PublicCells): PublicFigures {
  return figuresOf(bandOf(recovered), bandOf(notRecovered), bandOf(unknown));
}

/** What is published of several ICBs together: the sum of what is published of each, and never of what is true of each. */
export function sumPublished(figures: readonly PublicFigures[]): PublicFigures {
  return figuresOf(
    sum(figures.map(({ recovered }) => recovered)),
    sum(figures.map(({ notRecovered }) => notRecovered)),
    sum(figures.map(({ unknown }) => unknown)),
  );
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

function figuresOf(recovered: CountRange, notRecovered: CountRange, unknown: CountRange): PublicFigures {
  return { affected: sum([recovered, notRecovered]), recovered, notRecovered, unknown };
}

function bandOf(count: number): CountRange {
  if (count < SMALLEST_TOLD_COUNT) return { atLeast: 0, atMost: SMALLEST_TOLD_COUNT - 1 };
  const atLeast = count - (count % BAND);
  return { atLeast, atMost: atLeast + BAND - 1 };
}

function sum(counts: readonly CountRange[]): CountRange {
  return {
    atLeast: counts.reduce((total, { atLeast }) => total + atLeast, 0),
    atMost: counts.reduce((total, { atMost }) => total + atMost, 0),
  };
}
