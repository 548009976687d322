import { makeWeek, weekOf, FRIDAY } from './week';

describe('makeWeek', () => {
  it('is the week of the incident by default', () => {
    const week = makeWeek();
    expect(new Date(week.windowStartMs).toISOString()).toBe('2024-07-19T04:09:00.000Z');
    expect(new Date(week.windowEndMs).toISOString()).toBe('2024-07-19T05:27:00.000Z');
    expect(new Date(week.at(FRIDAY, 31)).toISOString()).toBe('2024-07-20T07:00:00.000Z');
    expect(new Date(week.horizonMs).toISOString()).toBe('2024-07-25T00:00:00.000Z');
  });

  it('starts on a Thursday and on no other day', () => {
    expect(() => makeWeek(Date.parse('2024-07-19T00:00:00Z'))).toThrow(RangeError);
  });
});

describe('weekOf', () => {
  it.each([
    ['2024-07-18T00:00:00Z', '2024-07-18'],
    ['2024-07-24T23:59:59Z', '2024-07-18'],
    ['2024-07-25T00:00:00Z', '2024-07-25'],
    ['2024-07-17T23:59:59Z', '2024-07-11'],
    ['2026-11-20T10:00:00Z', '2026-11-19'],
  ])('finds the week of %s', (at, thursday) => {
    expect(new Date(weekOf(Date.parse(at)).startMs).toISOString().slice(0, 10)).toBe(thursday);
  });
});
