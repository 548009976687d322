import { median, quantiles } from './quantiles';

describe('quantiles', () => {
  it('are the values by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantiles(values, [0, 0.5, 0.99, 1])).toEqual([1, 50, 99, 100]);
  });

  it('of nothing are no number', () => {
    expect(quantiles([], [0.5])).toEqual([Number.NaN]);
    expect(median([])).toBeNaN();
  });

  it('have a median that is the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
