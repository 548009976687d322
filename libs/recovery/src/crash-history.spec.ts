import * as fc from 'fast-check';
import { CRASHES_KEPT_MAX, hitsOf, joinCrashes, NO_CRASHES_TOLD, type ToldCrash } from './crash-history';

const RUNS = { seed: 20240719, numRuns: 500 };

/** Few stamps and moments, so that they meet. */
const aCrash: fc.Arbitrary<ToldCrash> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.boolean())
  .map(([stampMs, beforeMs, ahead]) => ({ stampMs, atMs: stampMs - (ahead ? 0 : beforeMs), ahead }));
const reports = fc.array(fc.array(aCrash, { maxLength: 4 }), { maxLength: 8 });

const told = (stampMs: number, atMs = stampMs, ahead = false): ToldCrash => ({ stampMs, atMs, ahead });
const joined = (lists: readonly (readonly ToldCrash[])[]): ReturnType<typeof joinCrashes> =>
  lists.reduce(joinCrashes, NO_CRASHES_TOLD);

describe('the crashes that a machine told of', () => {
  it('are the same in any order, with any repetition, and however they are spread over reports', () => {
    const check = fc.property(
      reports.chain((lists) =>
        fc.tuple(
          fc.constant(lists),
          fc.shuffledSubarray([...lists, ...lists], { minLength: lists.length * 2 }),
        ),
      ),
      ([lists, shuffled]) => {
        expect(joined(shuffled)).toEqual(joined(lists));
        expect(joined([lists.flat()])).toEqual(joined(lists));
        expect(joined(lists.flat().map((one) => [one]))).toEqual(joined(lists));
      },
    );
    fc.assert(check, RUNS);
  });

  it('count at the earliest moment that a report made of them', () => {
    expect(hitsOf(joined([[told(100)], [told(100, 40)], [told(100, 60)]]))).toEqual({
      firstMs: 40,
      previousMs: null,
      lastMs: 40,
    });
    expect(hitsOf(joined([[told(100, 40), told(50)]]))).toEqual({ firstMs: 40, previousMs: 40, lastMs: 50 });
  });

  it('do not count while their stamp is from the future, nor after, unless a skew puts it right', () => {
    expect(hitsOf(joined([[told(100, 100, true)]]))).toBeNull();
    expect(hitsOf(joined([[told(100, 100, true)], [told(100)]]))).toBeNull();
    expect(hitsOf(joined([[told(100, 100, true)], [told(100, 40)]]))?.lastMs).toBe(40);
  });

  it('are never forgotten altogether: the first one stays when newer stamps push it out', () => {
    const ahead = Array.from({ length: CRASHES_KEPT_MAX }, (_, i) => told(1_000 + i, 1_000 + i, true));
    expect(hitsOf(joined([[told(40)], ahead]))).toEqual({ firstMs: 40, previousMs: null, lastMs: 40 });
    const many = Array.from({ length: 20 }, (_, i) => told(100 + i));
    expect(hitsOf(joined([many]))).toEqual({ firstMs: 100, previousMs: 118, lastMs: 119 });
  });
});
