import * as fc from 'fast-check';
import { EXPOSURES } from './exposure';
import { summarise, type Cell, type Progress, type Ratio } from './progress';
import { GROUP_OF_STATE, RECOVERY_STATES } from './state';

const RUNS = { seed: 20240719, numRuns: 300 };
const STEPS = 10_000;
const cells: fc.Arbitrary<readonly Cell[]> = fc.array(
  fc.record({
    exposure: fc.constantFrom(...EXPOSURES),
    state: fc.constantFrom(...RECOVERY_STATES),
    machines: fc.oneof(fc.nat(5), fc.nat(2_000_000)),
  }),
  { maxLength: 100 },
);

const total = (counts: readonly { readonly count: number }[]): number =>
  counts.reduce((sum, { count }) => sum + count, 0);
const stepsOf = ({ value }: Ratio): number => Math.round((value ?? NaN) * STEPS);

describe('progress of any machines', () => {
  it('adds up: states and exposures to fleet and exempt, groups to the fleet', () => {
    const check = fc.property(cells, (all) => {
      const progress = summarise(all);
      const machines = all.reduce((sum, cell) => sum + cell.machines, 0);
      const inGroup = (group: string): number =>
        total(progress.states.filter(({ state }) => GROUP_OF_STATE[state] === group));
      expect([total(progress.states), total(progress.exposures), progress.fleet + progress.exempt]).toEqual([
        machines,
        machines,
        machines,
      ]);
      expect([inGroup('EXEMPT'), inGroup('UNRECOVERED'), inGroup('UNKNOWN')]).toEqual([
        progress.exempt,
        progress.unrecovered,
        progress.unknown,
      ]);
      expect(progress.fleet).toBe(
        inGroup('UNKNOWN') + inGroup('FINE') + inGroup('UNRECOVERED') + inGroup('RECOVERED'),
      );
    });
    fc.assert(check, RUNS);
  });

  it('floors every ratio to four decimals, and has none where there is nothing to divide by', () => {
    const check = fc.property(cells, (all) => {
      const { recoveredRatio, low, high } = summarise(all);
      for (const share of [recoveredRatio, low, high]) {
        expect(share.value === null).toBe(share.denominator === 0);
        if (share.value === null) continue;
        expect(share.value).toBe(stepsOf(share) / STEPS);
        expect(stepsOf(share) * share.denominator).toBeLessThanOrEqual(share.numerator * STEPS);
        expect((stepsOf(share) + 1) * share.denominator).toBeGreaterThan(share.numerator * STEPS);
      }
    });
    fc.assert(check, RUNS);
  });
});

describe('the range of any progress', () => {
  it('keeps low <= recoveredRatio <= high, between nothing and everything', () => {
    const check = fc.property(cells, (all) => {
      const { recoveredRatio, low, high, everAffected, recovered } = summarise(all);
      expect([recoveredRatio.numerator, low.numerator, high.numerator]).toEqual([
        recovered,
        recovered,
        recovered,
      ]);
      expect(recoveredRatio.denominator).toBe(everAffected);
      const values = [0, low.value, recoveredRatio.value, high.value, 1].filter((value) => value !== null);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    });
    fc.assert(check, RUNS);
  });

  it('of two organisations together is the sum of both', () => {
    const check = fc.property(cells, cells, (some, others) => {
      const together = summarise([...some, ...others]);
      const [one, two] = [summarise(some), summarise(others)];
      for (const count of [
        'fleet',
        'exempt',
        'everAffected',
        'recovered',
        'unrecovered',
        'unknown',
      ] as const satisfies readonly (keyof Progress)[]) {
        expect(together[count]).toBe(one[count] + two[count]);
      }
      for (const share of ['recoveredRatio', 'low', 'high'] as const) {
        expect(together[share].denominator).toBe(one[share].denominator + two[share].denominator);
      }
    });
    fc.assert(check, RUNS);
  });
});
