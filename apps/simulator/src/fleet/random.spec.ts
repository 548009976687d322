import { makeRandom } from './random';

describe('makeRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const numbers = (seed: string): number[] => {
      const random = makeRandom(seed);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(numbers('1/machine/A81001/1')).toEqual(numbers('1/machine/A81001/1'));
    expect(numbers('1/machine/A81001/1')).not.toEqual(numbers('1/machine/A81001/2'));
  });

  it('spreads evenly over [0, 1)', () => {
    const random = makeRandom('even');
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const tenth = Math.floor(random.next() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('chooses keys as often as their weights say and never one of weight 0', () => {
    const random = makeRandom('weights');
    const counts = { often: 0, seldom: 0, never: 0 };
    for (let i = 0; i < 10_000; i++) counts[random.weighted({ often: 9, never: 0, seldom: 1 })] += 1;
    expect(counts.never).toBe(0);
    expect(Math.abs(counts.seldom - 1_000)).toBeLessThan(150);
  });

  it('refuses to choose where there is nothing to choose from', () => {
    const random = makeRandom('nothing');
    expect(() => random.pick([])).toThrow(RangeError);
    expect(() => random.weighted({ never: 0 })).toThrow(RangeError);
  });

  it('makes texts in the form of a UUID', () => {
    expect(makeRandom('id').uuid()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
