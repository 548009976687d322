import { placeFieldVariants } from './fleet/field-kinds';
import { makeFieldMachines } from './fleet/field-machines';
import { makeMachines } from './fleet/make-machines';
import type { Machine } from './fleet/machine';
import { LEFT_ON_SHARE, REALISTIC_MIX, type Mix } from './fleet/mix';
import { makePracticeHours } from './fleet/practice-hours';
import { makeRandom } from './fleet/random';
import { makeWeek, type Week } from './fleet/week';

export { heartbeatsBetween, type Heartbeat } from './fleet/reporter';
export { heartbeatJson } from './fleet/heartbeat-json';
export type { Machine } from './fleet/machine';

/** A practice to put machines into. `icb` is the code of its parent, where known: neighbours behave alike. */
export type FleetPractice = { readonly odsCode: string; readonly icb: string | null };

export type FleetOptions = {
  readonly seed: string;
  /** How many computers. The new installations of re-imaged ones come on top. */
  readonly machines: number;
  readonly practices: readonly FleetPractice[];
  readonly week?: Week;
  readonly mix?: Mix;
};

export type Fleet = { readonly week: Week; readonly machines: readonly Machine[] };

/**
 * Spread of practice sizes: the standard deviation of the logarithm; the largest are some ten times the
 * median.
 */
const SIZE_SPREAD = 0.7;

/** Spread of how quickly IT teams repair, in the same sense. */
const PACE_SPREAD = 0.25;

/**
 * The fleet of a seed: every machine with its ground truth and its whole week. The same options give the same
 * fleet, report for report. Machines are spread over all practices, sizes skewed as practices are; with fewer
 * machines than practices the largest get one each. Throws RangeError without practices or with a nonsensical
 * number of machines.
 */
export function makeFleet(options: FleetOptions): Fleet {
  const { seed, practices } = options;
  if (practices.length === 0) throw new RangeError('a fleet needs at least one practice');
  if (!Number.isSafeInteger(options.machines) || options.machines < 1) {
    throw new RangeError('a fleet needs a whole number of machines, at least 1');
  }
  const week = options.week ?? makeWeek();
  const mix = options.mix ?? REALISTIC_MIX;
  const sorted = [...practices].sort((a, b) => (a.odsCode < b.odsCode ? -1 : 1));
  const sizes = practiceSizes(seed, sorted, options.machines);
  const fieldVariants = placeFieldVariants(makeRandom(`${seed}/field`), options.machines, mix.field);
  const machines: Machine[] = [];
  let computers = 0;
  sorted.forEach((practice, position) => {
    const size = sizes[position] ?? 0;
    const local = makeRandom(`${seed}/icb/${practice.icb ?? ''}`);
    const leftOnShare = local.between(LEFT_ON_SHARE.low, LEFT_ON_SHARE.high);
    const pace = Math.exp(PACE_SPREAD * local.normal());
    const hours = makePracticeHours(makeRandom(`${seed}/hours/${practice.odsCode}`));
    for (let number = 1; number <= size; number++) {
      const random = makeRandom(`${seed}/machine/${practice.odsCode}/${number}`);
      const local = { random, week, mix, practice: practice.odsCode, number, hours, leftOnShare, pace };
      const variant = fieldVariants.get(computers);
      machines.push(...(variant === undefined ? makeMachines(local) : makeFieldMachines(local, variant)));
      computers += 1;
    }
  });
  return { week, machines };
}

/** Shares `machines` out by weight, whole machines only, exactly (largest remainders). */
function practiceSizes(
  seed: string,
  practices: readonly FleetPractice[],
  machines: number,
): readonly number[] {
  const weights = practices.map((practice) =>
    Math.exp(SIZE_SPREAD * makeRandom(`${seed}/size/${practice.odsCode}`).normal()),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  // One for everybody first, as far as it goes; the rest by weight.
  const base = machines >= practices.length ? 1 : 0;
  const rest = machines - base * practices.length;
  const exact = weights.map((weight) => (rest * weight) / sum);
  const sizes = exact.map((size) => base + Math.floor(size));
  const missing = machines - sizes.reduce((total, size) => total + size, 0);
  const byRemainder = exact
    .map((size, position) => ({ position, remainder: size - Math.floor(size) }))
    .sort((a, b) => b.remainder - a.remainder || a.position - b.position);
  for (const { position } of byRemainder.slice(0, missing)) sizes[position] = (sizes[position] ?? 0) + 1;
  return sizes;
}
