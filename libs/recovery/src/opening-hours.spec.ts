import { at, iso } from '../../../test/support/fleet';
import { coreHours, isOpenAt, nextOpening } from './opening-hours';

const hours = coreHours();

function openingOf(day: string): (string | null)[] | null {
  const [opening] = hours.openingsOfDay(at(`${day}T00:00Z`));
  return opening === undefined
    ? null
    : [iso(opening.fromMs), iso(opening.untilMs)].map((text) => text?.slice(11, 16) ?? null);
}

describe('opening hours: Mon–Fri 08:00–18:30 Europe/London', () => {
  it.each([
    ['2024-07-19', 'a Friday in summer', ['07:00', '17:30']],
    ['2024-01-10', 'a Wednesday in winter', ['08:00', '18:30']],
    ['2024-07-20', 'a Saturday', null],
    ['2024-07-21', 'a Sunday', null],
    ['2024-08-26', 'the summer bank holiday', null],
    ['2024-12-25', 'Christmas Day', null],
    ['2024-12-27', 'the day after Boxing Day', ['08:00', '18:30']],
  ])('on %s, %s', (day, _, opening) => {
    expect(openingOf(day)).toEqual(opening);
  });

  it('moves with the clocks: 31 March and 27 October 2024, 30 March and 26 October 2025', () => {
    expect(openingOf('2024-03-28')).toEqual(['08:00', '18:30']);
    expect(openingOf('2024-04-02')).toEqual(['07:00', '17:30']);
    expect(openingOf('2024-10-25')).toEqual(['07:00', '17:30']);
    expect(openingOf('2024-10-28')).toEqual(['08:00', '18:30']);
    expect(openingOf('2025-03-28')).toEqual(['08:00', '18:30']);
    expect(openingOf('2025-03-31')).toEqual(['07:00', '17:30']);
    expect(openingOf('2025-10-24')).toEqual(['07:00', '17:30']);
    expect(openingOf('2025-10-27')).toEqual(['08:00', '18:30']);
  });

  it('is open from the first millisecond to the last', () => {
    expect(isOpenAt(hours, at('2024-07-19T06:59:59.999Z'))).toBe(false);
    expect(isOpenAt(hours, at('2024-07-19T07:00:00.000Z'))).toBe(true);
    expect(isOpenAt(hours, at('2024-07-19T17:29:59.999Z'))).toBe(true);
    expect(isOpenAt(hours, at('2024-07-19T17:30:00.000Z'))).toBe(false);
    expect(isOpenAt(hours, at('2024-07-20T12:00Z'))).toBe(false);
  });

  it.each([
    ['2024-07-19T06:59Z', '2024-07-19T07:00Z'],
    ['2024-07-19T07:00Z', '2024-07-22T07:00Z'],
    ['2024-07-20T12:00Z', '2024-07-22T07:00Z'],
    ['2024-12-24T18:30Z', '2024-12-27T08:00Z'],
  ])('opens next after %s at %s', (after, opening) => {
    expect(nextOpening(hours, at(after))).toBe(at(opening));
  });

  it('answers the same again, also after more days than it remembers', () => {
    const fresh = coreHours();
    const first = fresh.openingsOfDay(at('2024-07-19T00:00Z'));
    for (let day = at('2014-01-01T00:00Z'); day < at('2025-01-01T00:00Z'); day += 86_400_000)
      fresh.openingsOfDay(day);
    expect(fresh.openingsOfDay(at('2024-07-19T00:00Z'))).toEqual(first);
    expect(fresh.openingsOfDay(at('2024-07-20T00:00Z'))).toEqual([]);
  });
});
