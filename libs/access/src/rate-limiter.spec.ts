import fc from 'fast-check';
import { RateLimiter } from './rate-limiter';

const SECOND_MS = 1_000;

function limiter(quota: number, windowMs: number, keysMax?: number): RateLimiter {
  return new RateLimiter({ name: 'test', quota, windowMs }, keysMax);
}

it('grants a window’s worth at once, and says to the millisecond when the next is granted', () => {
  const limits = limiter(5, 10 * SECOND_MS);
  expect([1, 2, 3, 4, 5, 6].map(() => limits.take('one', 1, 0))).toEqual([0, 0, 0, 0, 0, 2 * SECOND_MS]);
  expect(limits.take('one', 1, 1_999)).toBe(1);
  expect(limits.take('one', 1, 2_000)).toBe(0);
  expect(limits.take('one', 1, 2_000)).toBe(2_000);
  expect(limits.take('another', 5, 2_000)).toBe(0);
});

it('grants all or none, and never more than the quota', () => {
  const limits = limiter(10, SECOND_MS);
  expect(limits.take('one', 8, 0)).toBe(0);
  expect(limits.take('one', 3, 0)).toBe(100);
  expect(limits.take('one', 2, 0)).toBe(0);
  expect(limits.take('one', 11, 60_000)).toBe(Number.POSITIVE_INFINITY);
});

it('lets a charge go into debt, which is paid off before the next is granted', () => {
  const limits = limiter(10, SECOND_MS);
  limits.charge('one', 25, 0);
  expect(limits.standing('one', 0)).toMatchObject({ remaining: 0, fullAfterMs: 2_500 });
  expect(limits.waitMs('one', 0)).toBe(1_600);
  expect(limits.take('one', 1, 1_599)).toBe(1);
  expect(limits.take('one', 1, 1_600)).toBe(0);
});

it('gives back what was not used', () => {
  const limits = limiter(10, SECOND_MS);
  limits.take('one', 10, 0);
  limits.refund('one', 7);
  expect(limits.standing('one', 0)).toMatchObject({ remaining: 7, fullAfterMs: 300 });
  limits.refund('one', 0);
  limits.refund('nobody', 5);
  expect(limits.standing('nobody', 0)).toMatchObject({ remaining: 10, fullAfterMs: 0 });
});

it('remembers a bounded number of keys, and forgets the quiet ones first', () => {
  const limits = limiter(1, 1_000 * SECOND_MS, 100);
  expect(limits.take('loud', 1, 0)).toBe(0);
  expect(limits.take('quiet', 1, 0)).toBe(0);
  for (let stranger = 0; stranger < 1_000; stranger += 1) {
    limits.take(`stranger ${stranger}`, 1, 1);
    if (stranger % 50 === 0) limits.charge('loud', 1, 1);
  }
  expect(limits.take('loud', 1, 2)).toBeGreaterThan(0);
  expect(limits.take('quiet', 1, 2)).toBe(0);
  const { young, old } = limits as unknown as Record<'young' | 'old', Map<string, number>>;
  expect(young.size + old.size).toBeLessThanOrEqual(200);
});

it('never grants more than the quota and what time gives back, whatever comes when', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(400), units: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (taken) => {
      const limits = limiter(10, SECOND_MS);
      let nowMs = 0;
      let granted = 0;
      for (const { afterMs, units } of taken) {
        nowMs += afterMs;
        const waitMs = limits.take('one', units, nowMs);
        if (waitMs === 0) granted += units;
        else expect(limits.take('one', units, nowMs + waitMs - 1)).toBeGreaterThan(0);
        expect(granted).toBeLessThanOrEqual(10 + nowMs / 100 + 1e-6);
      }
    }),
  );
});
