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
    ['2024-07-19t05:29:11z', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-07-19 05:29:11Z', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-07-19 06:29:11 +01:00', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-07-19T06:29:11+0100', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-07-19T05:29:11-00:00', Date.UTC(2024, 6, 19, 5, 29, 11)],
    ['2024-07-18T23:29:11.5-06:00', Date.UTC(2024, 6, 19, 5, 29, 11, 500)],
    ['2024-07-19T05:29:11.1234567Z', Date.UTC(2024, 6, 19, 5, 29, 11, 123)],
    [`2024-07-19T05:29:11.${'9'.repeat(60)}Z`, Date.UTC(2024, 6, 19, 5, 29, 11, 999)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['1990-12-31T15:59:60.25-08:00', Date.UTC(1991, 0, 1)],
    ['0001-01-01T00:00:00Z', new Date(0).setUTCFullYear(1, 0, 1)],
    ['0099-12-31T00:00:00.000Z', new Date(0).setUTCFullYear(99, 11, 31)],
    ['2016-12-31T23:59:61Z', 'INVALID_TIME'],
    ['2024-07-19T24:00:00Z', 'INVALID_TIME'],
    ['2024-07-19T24:00:00+01:00', 'INVALID_TIME'],
    ['2024-07-19T05:29:11.Z', 'INVALID_TIME'],
    ['2024-07-19T05:29:11+24:00', 'INVALID_TIME'],
    ['2024-07-19T05:29:11+01:60', 'INVALID_TIME'],
    ['2024-07-19  05:29:11Z', 'INVALID_TIME'],
    ['2024-07-19T05:29:11Z\n', 'INVALID_TIME'],
    ['٢٠٢٤-07-19T05:29:11Z', 'INVALID_TIME'],
    ['2024-07-19 05:29:11', 'LOCAL_TIME'],
    ['2024-07-19t05:29:11.1234567', 'LOCAL_TIME'],
    ['19/07/2024 05:29:11', 'LOCAL_TIME'],
    ['07/19/2024 5:29:11 AM', 'LOCAL_TIME'],
    ['19.07.2024 05:29', 'LOCAL_TIME'],
    ['20240719T052911', 'LOCAL_TIME'],
    ['19 July 2024 05:29:11', 'LOCAL_TIME'],
    ['Friday, July 19, 2024 5:29:11 AM', 'LOCAL_TIME'],
    ['Fri Jul 19 05:29:11 2024', 'LOCAL_TIME'],
    ['Fri, 19 Jul 2024 05:29:11 GMT', 'INVALID_TIME'],
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

  it('reads every moment in whatever form and offset it is written', () => {
    const moment = fc.record({
      atMs: fc.integer({ min: Date.UTC(1601, 0, 1), max: Date.UTC(9998, 11, 31) }),
      offset: fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 }),
      between: fc.constantFrom('T', 't', ' '),
      more: fc.constantFrom('', '0', '4567', '999999'),
      zone: fc.constantFrom('Z', 'z', 'offset'),
    });
    const two = (value: number): string => String(value).padStart(2, '0');
    fc.assert(
      fc.property(moment, ({ atMs, offset, between, more, zone }) => {
        const minutes = zone === 'offset' ? offset : 0;
        const shown = new Date(atMs + minutes * 60_000).toISOString();
        const written = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
        const text = `${shown.replace('T', between).slice(0, -1)}${more}${zone === 'offset' ? written : zone}`;
        expect(parseInstant(text)).toBe(atMs);
        expect(parseInstant(text.slice(0, text.length - (zone === 'offset' ? written.length : 1)))).toBe(
          'LOCAL_TIME',
        );
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
