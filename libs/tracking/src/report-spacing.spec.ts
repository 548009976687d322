import * as fc from 'fast-check';
import { bookTurn, ReportSpacing, type TurnBook } from './report-spacing';

const NOW = Date.parse('2024-07-19T09:00:00Z');
const EVERY_MS = 300_000;
const JITTER_MS = 30_000;

/** Arrivals in the order of time, and a book to spread them. */
const aBook: fc.Arbitrary<TurnBook> = fc
  .tuple(
    fc.integer({ min: 0, max: 600_000 }),
    fc.integer({ min: 0, max: 600_000 }),
    fc.integer({ min: 1, max: 50_000 }),
    fc.integer({ min: 0, max: 60_000 }),
  )
  .map(([firstAfterMs, more, perSecond, toleranceMs]) => ({
    firstAfterMs,
    lastAfterMs: firstAfterMs + more,
    perSecond,
    toleranceMs,
  }));
const arrivals = fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 1_000 })), {
  minLength: 1,
  maxLength: 60,
});

function turnsOf(book: TurnBook, steps: readonly (readonly [number, number])[]) {
  let [nowMs, bookedUntilMs] = [NOW, 0];
  return steps.map(([waitMs, turns]) => {
    nowMs += waitMs;
    const turn = bookTurn(bookedUntilMs, nowMs, turns, book);
    bookedUntilMs = turn.bookedUntilMs;
    return { nowMs, turns, afterMs: turn.afterMs, comesAtMs: nowMs + turn.afterMs };
  });
}

describe('a book of turns', () => {
  it('never calls anybody before the first moment or after the last', () => {
    fc.assert(
      fc.property(aBook, arrivals, (book, steps) => {
        for (const { afterMs } of turnsOf(book, steps)) {
          expect(afterMs).toBeGreaterThanOrEqual(book.firstAfterMs);
          expect(afterMs).toBeLessThanOrEqual(book.lastAfterMs);
        }
      }),
    );
  });

  it('is even: as long as it is not full, no stretch of time gets more turns than its rate and the tolerance allow', () => {
    fc.assert(
      fc.property(aBook, arrivals, (book, steps) => {
        const endless = { ...book, lastAfterMs: Number.MAX_SAFE_INTEGER };
        const called = turnsOf(endless, steps).sort((a, b) => a.comesAtMs - b.comesAtMs);
        for (let from = 0; from < called.length; from += 1) {
          let sum = 0;
          for (const { comesAtMs, turns } of called.slice(from)) {
            const stretchMs = comesAtMs - (called[from]?.comesAtMs ?? 0) + book.toleranceMs;
            // The one that closes the stretch may bring many: it was called before they were counted.
            expect(sum).toBeLessThanOrEqual((stretchMs * book.perSecond) / 1_000 + 1_000);
            sum += turns;
          }
        }
      }),
    );
  });

  it('tells the first moment to whoever comes at no more than the rate', () => {
    const book = { firstAfterMs: EVERY_MS, lastAfterMs: 2 * EVERY_MS, perSecond: 10, toleranceMs: 0 };
    const steps = Array.from({ length: 500 }, () => [100, 1] as const);
    expect(new Set(turnsOf(book, steps).map(({ afterMs }) => afterMs))).toEqual(new Set([EVERY_MS]));
  });

  it('begins again at its first page when it is full', () => {
    const book = { firstAfterMs: 1_000, lastAfterMs: 3_000, perSecond: 1, toleranceMs: 0 };
    const steps = Array.from({ length: 7 }, () => [0, 1] as const);
    expect(turnsOf(book, steps).map(({ afterMs }) => afterMs)).toEqual([
      1_000, 2_000, 3_000, 1_000, 2_000, 3_000, 1_000,
    ]);
  });
});

describe('the spacing of reports', () => {
  const spacing = (machines: number): ReportSpacing => {
    const made = new ReportSpacing({ everyMs: EVERY_MS, jitterMs: JITTER_MS });
    made.fleetIs(machines);
    return made;
  };

  it('issues the interval as it is set while nothing happens', () => {
    expect(spacing(225_000).next(500, NOW)).toEqual({ afterSeconds: 300, jitterSeconds: 30 });
    expect(spacing(0).putOffMs(NOW)).toBe(0);
  });

  it('does not put off a fleet that comes evenly', () => {
    const even = spacing(60_000);
    for (let second = 0; second < 900; second += 1) {
      expect(even.next(200, NOW + second * 1_000).afterSeconds).toBe(300);
    }
  });

  it('flattens 100,000 machines that come back within a minute: their next minute holds less than a third of them', () => {
    const storm = spacing(100_000);
    const perSecond = new Array<number>(600).fill(0);
    let latestSeconds = 0;
    for (let machine = 0; machine < 100_000; machine += 1) {
      const nowMs = NOW + (machine * 60_000) / 100_000;
      const { afterSeconds, jitterSeconds } = storm.next(1, nowMs);
      // The part that is random on the machine, here spread evenly.
      const comesAt = Math.floor(
        (nowMs - NOW) / 1_000 + afterSeconds + ((machine % 97) / 97) * jitterSeconds,
      );
      perSecond[comesAt] = (perSecond[comesAt] ?? 0) + 1;
      latestSeconds = Math.max(latestSeconds, afterSeconds + jitterSeconds);
    }
    const minutes = perSecond.map((_, from) => sum(perSecond.slice(from, from + 60)));
    expect(sum(perSecond)).toBe(100_000);
    expect(Math.max(...minutes)).toBeLessThan(31_000);
    expect(latestSeconds).toBeLessThanOrEqual(1.75 * 300);
  });

  it('asks the refused to come back one after the other, and nobody later than an interval', () => {
    const refusing = spacing(100_000);
    const waits = Array.from({ length: 100_000 }, () => refusing.retryAfterSeconds(10, NOW));
    expect(waits[0]).toBe(10);
    expect(waits.at(-1)).toBe(249);
    expect(waits.every((wait, i) => wait >= (waits[i - 1] ?? 0))).toBe(true);
    const flood = Array.from({ length: 300_000 }, () => refusing.retryAfterSeconds(10, NOW));
    expect(flood.every((wait) => wait >= 10 && wait <= 300)).toBe(true);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
