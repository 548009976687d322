import * as fc from 'fast-check';
import { MINUTE_MS, SECOND_MS } from './clock';
import {
  CRASHES_KEPT_MAX,
  hitsOf,
  joinCrashes,
  NO_CRASHES_TOLD,
  type CrashHits,
  type ToldCrash,
} from './crash-history';

const RUNS = { seed: 20240719, numRuns: 500 };

/** Few stamps and moments, so that they meet. */
const aCrash: fc.Arbitrary<ToldCrash> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.boolean())
  .map(([stampMs, beforeMs, ahead]) => ({ stampMs, atMs: stampMs - (ahead ? 0 : beforeMs), ahead }));
const reports = fc.array(fc.array(aCrash, { maxLength: 4 }), { maxLength: 8 });

/** Moments in minutes, which no two starts of a machine fall short of. */
const told = (stamp: number, at = stamp, ahead = false): ToldCrash => ({
  stampMs: stamp * MINUTE_MS,
  atMs: at * MINUTE_MS,
  ahead,
});
const hits = (firstMinute: number, previousMinute: number | null, lastMinute: number): CrashHits => ({
  firstMs: firstMinute * MINUTE_MS,
  previousMs: previousMinute === null ? null : previousMinute * MINUTE_MS,
  lastMs: lastMinute * MINUTE_MS,
});
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
    expect(hitsOf(joined([[told(100)], [told(100, 40)], [told(100, 60)]]))).toEqual(hits(40, null, 40));
    expect(hitsOf(joined([[told(100, 40), told(50)]]))).toEqual(hits(40, 40, 50));
  });

  it('do not count while their stamp is from the future, nor after, unless a skew puts it right', () => {
    expect(hitsOf(joined([[told(100, 100, true)]]))).toBeNull();
    expect(hitsOf(joined([[told(100, 100, true)], [told(100)]]))).toBeNull();
    expect(hitsOf(joined([[told(100, 100, true)], [told(100, 40)]]))).toEqual(hits(40, null, 40));
  });

  it('are never forgotten altogether: the first one stays when newer stamps push it out', () => {
    const ahead = Array.from({ length: CRASHES_KEPT_MAX }, (_, i) => told(1_000 + i, 1_000 + i, true));
    expect(hitsOf(joined([[told(40)], ahead]))).toEqual(hits(40, null, 40));
    const many = Array.from({ length: 20 }, (_, i) => told(100 + i));
    expect(hitsOf(joined([many]))).toEqual(hits(100, 118, 119));
  });

  it('are one where Windows logged one twice: no machine boots again within seconds', () => {
    const seconds = (...all: readonly number[]): ReturnType<typeof hitsOf> =>
      hitsOf(joined([all.map((second) => told(second / 60))]));
    const span = (first: number, previous: number | null, last: number): CrashHits => ({
      firstMs: first * SECOND_MS,
      previousMs: previous === null ? null : previous * SECOND_MS,
      lastMs: last * SECOND_MS,
    });
    expect(seconds(600, 611)).toEqual(span(600, null, 611));
    expect(seconds(600, 659)).toEqual(span(600, null, 659));
    expect(seconds(600, 660)).toEqual(span(600, 600, 660));
    expect(seconds(600, 611, 780, 795)).toEqual(span(600, 611, 795));
    expect(seconds(611, 600)).toEqual(seconds(600, 611));
  });
});
