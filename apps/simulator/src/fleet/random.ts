/**
 * A seeded source of chance. The same seed gives the same numbers on every platform, so a fleet, its reports
 * and a failing run can be made again. Not for secrets.
 */
export type Random = {
  /** In [0, 1). */
  readonly next: () => number;
  /** In [low, high). */
  readonly between: (low: number, high: number) => number;
  /** A whole number in [low, high], both included. */
  readonly whole: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  /** One of a list that is not empty. */
  readonly pick: <T>(items: readonly T[]) => T;
  /** One of the keys, as often as its weight says. At least one weight must be above 0. */
  readonly weighted: <K extends string>(weights: Readonly<Partial<Record<K, number>>>) => K;
  /** Normally distributed, mean 0, deviation 1. */
  readonly normal: () => number;
  /** Lower-case hexadecimal digits. */
  readonly hex: (digits: number) => string;
  /** Text in the form of a version 4 UUID. */
  readonly uuid: () => string;
};

const TWO_TO_32 = 4_294_967_296;

/** Rounds after which sfc32 has mixed its seed thoroughly (recommendation of its author, PractRand). */
const WARM_UP_ROUNDS = 12;

/** A source of its own for each seed text; texts that differ in one character are unrelated. */
export function makeRandom(seed: string): Random {
  const next = sfc32(seed);
  const between = (low: number, high: number): number => low + next() * (high - low);
  const whole = (low: number, high: number): number => Math.floor(between(low, high + 1));
  const hex = (digits: number): string => {
    let text = '';
    while (text.length < digits)
      text += Math.floor(next() * TWO_TO_32)
        .toString(16)
        .padStart(8, '0');
    return text.slice(0, digits);
  };
  return {
    next,
    between,
    whole,
    hex,
    chance: (probability) => next() < probability,
    pick: (items) => pickOne(items, next),
    weighted: (weights) => pickWeighted(weights, next),
    // Box and Muller; 1 - next() keeps the logarithm away from 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}

function pickOne<T>(items: readonly T[], next: () => number): T {
  const item = items[Math.floor(next() * items.length)];
  if (item === undefined) throw new RangeError('cannot pick from an empty list');
  return item;
}

function pickWeighted<K extends string>(
  weights: Readonly<Partial<Record<K, number>>>,
  next: () => number,
): K {
  const entries = Object.entries(weights) as [K, number][];
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  if (!(sum > 0)) throw new RangeError('at least one weight must be above 0');
  let left = next() * sum;
  for (const [key, weight] of entries) {
    left -= weight;
    if (left < 0) return key;
  }
  // Rounding can leave a crumb after the last weight: it belongs to the last key that can be chosen.
  const [last] = entries.filter(([, weight]) => weight > 0).slice(-1);
  if (last === undefined) throw new RangeError('at least one weight must be above 0');
  return last[0];
}

/** sfc32 ("small fast counter", C. Doty-Humphrey, public domain), seeded by FNV-1a over the text. */
function sfc32(seed: string): () => number {
  let a = fnv1a(seed, 0x811c9dc5);
  let b = fnv1a(seed, 0x01000193);
  let c = fnv1a(seed, 0x9e3779b9);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / TWO_TO_32;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) next();
  return next;
}

function fnv1a(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
