import { countsAsRecovered } from './decide';
import { isAffected, EXPOSURES, type Exposure } from './exposure';
import { GROUP_OF_STATE, RECOVERY_STATES, type RecoveryState } from './state';

/** How many machines share an exposure and a state. */
export type Cell = { readonly exposure: Exposure; readonly state: RecoveryState; readonly machines: number };

/** A share that never loses its parts. `value` is floored to four decimals, and null when there is nothing to divide by. */
export type Ratio = {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number | null;
};

/** What is said about an organisation's machines. States and exposures each sum to `fleet + exempt`. */
export type Progress = {
  readonly fleet: number;
  readonly exempt: number;
  readonly everAffected: number;
  readonly recovered: number;
  readonly unrecovered: number;
  readonly unknown: number;
  readonly states: readonly { readonly state: RecoveryState; readonly count: number }[];
  readonly exposures: readonly { readonly exposure: Exposure; readonly count: number }[];
  readonly recoveredRatio: Ratio;
  readonly low: Ratio;
  readonly high: Ratio;
};

/** Four decimals: a hundredth of a per cent, the finest step that is ever shown. */
const RATIO_STEPS = 10_000;

/** A ratio that is never rounded up (99.997 % is not everything) and never divides by zero. */
export function ratio(numerator: number, denominator: number): Ratio {
  const value = denominator === 0 ? null : Math.floor((numerator * RATIO_STEPS) / denominator) / RATIO_STEPS;
  return { numerator, denominator, value };
}

/**
 * Sums cells into progress. Exempt machines leave the fleet and every ratio with it; they still appear among states and
 * exposures, so that the counts add up to all machines there are.
 *
 * `low` takes every machine of which nothing is known as affected and not recovered; `high` takes every suspected machine
 * that has not recovered as never affected. The truth lies between them.
 */
export function summarise(cells: readonly Cell[]): Progress {
  const states = new Map<RecoveryState, number>(RECOVERY_STATES.map((state) => [state, 0]));
  const exposures = new Map<Exposure, number>(EXPOSURES.map((exposure) => [exposure, 0]));
  const sums = { fleet: 0, exempt: 0, everAffected: 0, recovered: 0, unrecovered: 0, unknown: 0 };
  let undecided = 0;
  let suspectedNotRecovered = 0;
  for (const { exposure, state, machines } of cells) {
    states.set(state, (states.get(state) ?? 0) + machines);
    exposures.set(exposure, (exposures.get(exposure) ?? 0) + machines);
    const group = GROUP_OF_STATE[state];
    if (group === 'EXEMPT') {
      sums.exempt += machines;
      continue;
    }
    sums.fleet += machines;
    if (isAffected(exposure)) sums.everAffected += machines;
    if (countsAsRecovered(exposure, state)) sums.recovered += machines;
    else if (exposure === 'SUSPECTED') suspectedNotRecovered += machines;
    if (group === 'UNRECOVERED') sums.unrecovered += machines;
    if (group === 'UNKNOWN') sums.unknown += machines;
    if (group === 'UNKNOWN' && exposure === 'UNKNOWN') undecided += machines;
  }
  return {
    ...sums,
    states: [...states].map(([state, count]) => ({ state, count })),
    exposures: [...exposures].map(([exposure, count]) => ({ exposure, count })),
    recoveredRatio: ratio(sums.recovered, sums.everAffected),
    low: ratio(sums.recovered, sums.everAffected + undecided),
    high: ratio(sums.recovered, sums.everAffected - suspectedNotRecovered),
  };
}
