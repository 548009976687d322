/** Something known of unknown counts: the weighted sum of some of them lies between two numbers. */
export type Known = {
  readonly terms: readonly (readonly [unknown: string, weight: number])[];
  readonly atLeast: number;
  readonly atMost: number;
};

/** What an unknown count can be. */
export type Interval = { readonly atLeast: number; readonly atMost: number };

const ROUNDS_MAX = 200;
/** Sums of fractions are this exact; a bound that is cut off by less is left as it is. */
const EPSILON = 1e-6;

/**
 * Narrows unknown whole numbers, none of them negative, by everything that is known, until nothing narrows any further: each sum, with the
 * bounds of all its terms but one, bounds that one.
 *
 * @throws Error when what is known contradicts itself, which what is published never may
 */
export function narrow(knowledge: readonly Known[]): ReadonlyMap<string, Interval> {
  const found = new Map<string, { atLeast: number; atMost: number }>();
  for (const { terms } of knowledge) {
    for (const [name] of terms) found.set(name, { atLeast: 0, atMost: Number.POSITIVE_INFINITY });
  }
  const span = (name: string, weight: number): readonly [number, number] => {
    const { atLeast, atMost } = found.get(name) as Interval;
    return weight > 0 ? [atLeast * weight, atMost * weight] : [atMost * weight, atLeast * weight];
  };
  const narrowBy = ({ terms, atLeast, atMost }: Known): boolean => {
    let changed = false;
    for (const [name, weight] of terms) {
      const others = terms.filter(([other]) => other !== name).map((term) => span(...term));
      const least = (atLeast - others.reduce((total, [, high]) => total + high, 0)) / weight;
      const most = (atMost - others.reduce((total, [low]) => total + low, 0)) / weight;
      const own = found.get(name) as { atLeast: number; atMost: number };
      const lower = Math.ceil(Math.min(least, most) - EPSILON);
      const upper = Math.floor(Math.max(least, most) + EPSILON);
      if (lower > own.atLeast) [own.atLeast, changed] = [lower, true];
      if (upper < own.atMost) [own.atMost, changed] = [upper, true];
      if (own.atLeast > own.atMost) throw new Error(`${name} cannot be anything`);
    }
    return changed;
  };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (knowledge.filter(narrowBy).length === 0) break;
  }
  return found;
}
