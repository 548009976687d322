import * as fc from 'fast-check';
import { parseInstant } from './instant';

describe('a moment', () => {
  it.each([
    ['2024-07-19T05:29:11Z', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-07-19T05:29:11.250Z', Date.UTC(2024, 6, 19, 5, 29, 11, 250)],
    ['2024-07-19T06:29:11+01:00', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2024-07-19T05:29:11', 'LOCAL_TIME'],
    ['2024-07-19', 'LOCAL_TIME'],
    ['2023-02-29T00:00:00Z', 'INVALID_TIME'],
    ['1900-02-29T00:00:00Z', 'INVALID_TIME'],
    ['2024-13-01T00:00:00Z', 'INVALID_TIME'],
    ['2024-00-10T00:00:00Z', 'INVALID_TIME'],
    ['2024-07-00T00:00:00Z', 'INVALID_TIME'],
    ['2024-07-19T25:00:00Z', 'INVALID_TIME'],
    ['2024-07-19T05:60:00Z', 'INVALID_TIME'],
    ['2024-07-19T05:00:60Z', 'INVALID_TIME'],
    ['2024-07-19t05:00:00Z', 'INVALID_TIME'],
    ['2024/07/19T05:00:00Z', 'INVALID_TIME'],
    ['2O24-07-19T05:00:00Z', 'INVALID_TIME'],
    ['', 'INVALID_TIME'],
  ])('%s is %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it('reads every second that there is, in any order of days, as the platform does', () => {
    const seconds = fc.integer({ min: Date.UTC(1601, 0, 1) / 1_000, max: Date.UTC(9999, 11, 31) / 1_000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const text = new Date(second * 1_000).toISOString().replace('.000', '');
        expect(parseInstant(text)).toBe(second * 1_000);
      }),
      { numRuns: 2_000, seed: 291 },
    );
  });

  it('accepts nothing that the platform cannot read', () => {
    const digits = (width: number): fc.Arbitrary<string> =>
      fc.nat(10 ** width - 1).map((value) => String(value).padStart(width, '0'));
    const shaped = fc
      .tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2))
      .map(
        ([year, month, day, hour, minute, second]) => `${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
      );
    fc.assert(
      fc.property(shaped, (text) => {
        const atMs = parseInstant(text);
        if (typeof atMs === 'number') expect(atMs).toBe(Date.parse(text));
        else expect(Number.isNaN(Date.parse(text)) || Number(text.slice(8, 10)) > 28).toBe(true);
      }),
      { numRuns: 2_000, seed: 291 },
    );
  });
});
