import * as fc from 'fast-check';
import { blindTimes } from '../../../test/support/deliveries';
import { at, between, iso, minutes } from '../../../test/support/fleet';
import { MINUTE_MS } from './clock';
import { countedBetween, earliestCounted, type Counting } from './counted-time';
import { coreHours, isOpenAt } from './opening-hours';

const hours = coreHours();
const NEVER_BLIND: Counting = { blindness: [] };

describe('time in which we were blind', () => {
  const counted = (...blindness: Counting['blindness']): number =>
    countedBetween(at('2024-07-19T04:00Z'), at('2024-07-19T05:00Z'), { blindness }) / MINUTE_MS;

  it('counts for nobody', () => {
    expect(counted()).toBe(60);
    expect(counted(between('2024-07-19T04:10Z', '2024-07-19T04:30Z'))).toBe(40);
  });

  it('counts once where it overlaps, nests, touches or repeats, in any order', () => {
    expect(
      counted(
        between('2024-07-19T04:20Z', '2024-07-19T04:40Z'),
        between('2024-07-19T04:10Z', '2024-07-19T04:30Z'),
      ),
    ).toBe(30);
    expect(
      counted(
        between('2024-07-19T04:20Z', '2024-07-19T04:25Z'),
        between('2024-07-19T04:10Z', '2024-07-19T04:40Z'),
      ),
    ).toBe(30);
    expect(
      counted(
        between('2024-07-19T04:10Z', '2024-07-19T04:20Z'),
        between('2024-07-19T04:20Z', '2024-07-19T04:30Z'),
      ),
    ).toBe(40);
    expect(
      counted(
        between('2024-07-19T04:10Z', '2024-07-19T04:20Z'),
        between('2024-07-19T04:10Z', '2024-07-19T04:20Z'),
      ),
    ).toBe(50);
  });

  it('counts only as far as it reaches into the time asked for', () => {
    expect(counted(between('2024-07-19T03:00Z', '2024-07-19T04:15Z'))).toBe(45);
    expect(counted(between('2024-07-19T04:45Z', '2024-07-19T09:00Z'))).toBe(45);
    expect(
      counted(
        between('2024-07-19T03:00Z', '2024-07-19T04:00Z'),
        between('2024-07-19T05:00Z', '2024-07-19T06:00Z'),
      ),
    ).toBe(60);
    expect(counted(between('2024-07-19T03:00Z', '2024-07-19T06:00Z'))).toBe(0);
  });

  it('puts a deadline off by as much as lies before it', () => {
    const blindness = [
      between('2024-07-19T04:10Z', '2024-07-19T04:40Z'),
      between('2024-07-19T06:00Z', '2024-07-19T07:00Z'),
    ];
    expect(iso(earliestCounted(at('2024-07-19T04:00Z'), minutes(10), { blindness }))).toBe(
      '2024-07-19T04:10:00.000Z',
    );
    expect(iso(earliestCounted(at('2024-07-19T04:00Z'), minutes(11), { blindness }))).toBe(
      '2024-07-19T04:41:00.000Z',
    );
    expect(iso(earliestCounted(at('2024-07-19T04:00Z'), minutes(91), { blindness }))).toBe(
      '2024-07-19T07:01:00.000Z',
    );
  });
});

describe('time in opening hours', () => {
  it.each([
    ['2024-07-19T08:00Z', '2024-07-19T09:00:00.000Z', 'within a Friday'],
    ['2024-07-19T04:05Z', '2024-07-19T08:00:00.000Z', 'from before opening'],
    ['2024-07-19T16:30Z', '2024-07-19T17:30:00.000Z', 'to the last minute of Friday'],
    ['2024-07-19T16:45Z', '2024-07-22T07:15:00.000Z', 'over a weekend'],
    ['2024-07-20T12:00Z', '2024-07-22T08:00:00.000Z', 'from a Saturday'],
    ['2024-08-23T17:00Z', '2024-08-27T07:30:00.000Z', 'over a bank holiday weekend'],
    ['2024-12-24T18:00Z', '2024-12-27T08:30:00.000Z', 'over Christmas'],
    ['2024-03-28T18:00Z', '2024-04-02T07:30:00.000Z', 'over Easter and into summer time'],
    ['2024-10-25T17:00Z', '2024-10-28T08:30:00.000Z', 'out of summer time'],
  ])('an hour of silence since %s is over at %s: %s', (heardAt, deadline) => {
    expect(iso(earliestCounted(at(heardAt), minutes(60), { ...NEVER_BLIND, hours }))).toBe(deadline);
  });

  it('counts ten and a half hours a day, clocks changing or not', () => {
    expect(
      countedBetween(at('2024-03-25T00:00Z'), at('2024-04-08T00:00Z'), { ...NEVER_BLIND, hours }) /
        minutes(60),
    ).toBe(8 * 10.5);
    expect(
      countedBetween(at('2024-10-21T00:00Z'), at('2024-11-04T00:00Z'), { ...NEVER_BLIND, hours }) /
        minutes(60),
    ).toBe(10 * 10.5);
  });
});

describe('counted time', () => {
  const minuteOf = fc
    .integer({ min: -600, max: 6_000 })
    .map((minute) => at('2024-07-19T04:09Z') + minute * MINUTE_MS);
  const counting = fc
    .tuple(blindTimes, fc.boolean())
    .map(([blindness, open]): Counting => (open ? { blindness, hours } : { blindness }));

  it('is what a count of single minutes finds', () => {
    const check = fc.property(minuteOf, fc.nat(1_500), counting, (fromMs, length, how) => {
      let expected = 0;
      for (let ms = fromMs; ms < fromMs + length * MINUTE_MS; ms += MINUTE_MS) {
        const blind = how.blindness.some((stretch) => ms >= stretch.fromMs && ms < stretch.untilMs);
        if (!blind && (how.hours === undefined || isOpenAt(how.hours, ms))) expected += 1;
      }
      expect(countedBetween(fromMs, fromMs + length * MINUTE_MS, how)).toBe(expected * MINUTE_MS);
    });
    fc.assert(check, { seed: 1, numRuns: 200 });
  });

  it('has passed at the deadline and not a millisecond before', () => {
    const check = fc.property(
      minuteOf,
      fc.integer({ min: 1, max: 20_000_000 }),
      counting,
      (fromMs, neededMs, how) => {
        const deadlineMs = earliestCounted(fromMs, neededMs, how);
        expect(countedBetween(fromMs, deadlineMs, how)).toBe(neededMs);
        expect(countedBetween(fromMs, deadlineMs - 1, how)).toBe(neededMs - 1);
      },
    );
    fc.assert(check, { seed: 2, numRuns: 500 });
  });

  it('gives up after a year, however long we are blind', () => {
    const blindness = [{ fromMs: at('2024-07-19T04:00Z'), untilMs: at('2034-07-19T04:00Z') }];
    expect(iso(earliestCounted(at('2024-07-19T04:00Z'), minutes(60), { blindness, hours }))).toBe(
      '2025-07-20T04:00:00.000Z',
    );
  });
});
