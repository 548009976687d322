import { median } from '../measure/quantiles';
import type { Durability } from '../rows/bench-row';

/** What a figure must reach; null: it is published as it comes. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number } | null;

/** One line of the table of goals: what was reached, and what must be. */
export type Goal = {
  /** The row or trial that was measured. */
  readonly row: string;
  readonly what: string;
  readonly durability: Durability;
  readonly unit: 'ratio' | 'ms' | 's' | 'MiB' | 'share' | 'rows/s' | 'heartbeats/s';
  /** Median over the rounds. */
  readonly reached: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  readonly expected: Bound;
  /** Null: nothing is expected. */
  readonly met: boolean | null;
};

type Measured = Pick<Goal, 'row' | 'what' | 'durability' | 'unit' | 'expected'>;

/** @param samples one for each round */
export function makeGoal(measured: Measured, samples: readonly number[]): Goal {
  const reached = median(samples);
  const { expected } = measured;
  const met =
    expected === null
      ? null
      : 'atLeast' in expected
        ? reached >= expected.atLeast
        : reached <= expected.atMost;
  return {
    ...measured,
    reached,
    min: Math.min(...samples),
    max: Math.max(...samples),
    rounds: samples.length,
    met,
  };
}

/** As the table shows it: `≥ 0.70`, `≤ 250 ms`. */
export function describeBound({ expected, unit }: Goal): string {
  if (expected === null) return '';
  const [sign, value] = 'atLeast' in expected ? ['≥', expected.atLeast] : ['≤', expected.atMost];
  return `${sign} ${value}${suffix(unit)}`;
}

export function describeValue(value: number, unit: Goal['unit']): string {
  const digits =
    unit === 'ratio' || unit === 'share' ? 2 : Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${suffix(unit)}`;
}

function suffix(unit: Goal['unit']): string {
  return unit === 'ratio' || unit === 'share' ? '' : ` ${unit}`;
}
