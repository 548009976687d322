import { makeRandom } from './random';
import { repairMoment } from './repair-curve';
import { makeWeek } from './week';

const week = makeWeek();

function sharesBy(pace: number, moments: readonly string[]): number[] {
  const random = makeRandom(`pace ${pace}`);
  const repairs = Array.from({ length: 10_000 }, () => repairMoment(random, week, pace));
  return moments.map((moment) => repairs.filter((at) => at < Date.parse(moment)).length / repairs.length);
}

describe('repairMoment', () => {
  it('is fast at first and has a tail beyond Monday noon', () => {
    const [early, friday, saturday, sunday, monday] = sharesBy(1, [
      '2024-07-19T06:00:00Z',
      '2024-07-19T17:00:00Z',
      '2024-07-20T16:00:00Z',
      '2024-07-21T16:00:00Z',
      '2024-07-22T11:00:00Z',
    ]);
    expect(early).toBe(0);
    expect(friday).toBeCloseTo(0.57, 1);
    expect(saturday).toBeCloseTo(0.67, 1);
    expect(sunday).toBeCloseTo(0.74, 1);
    expect(monday).toBeCloseTo(0.87, 1);
  });

  it('leaves closed practices alone at night, but for a few', () => {
    const [evening, morning] = sharesBy(1, ['2024-07-19T17:00:00Z', '2024-07-20T08:00:00Z']);
    expect((morning ?? 0) - (evening ?? 0)).toBeLessThan(0.03);
  });

  it('is quicker where the pace is above 1', () => {
    const by = ['2024-07-19T12:00:00Z'];
    expect(sharesBy(1.4, by)[0]).toBeGreaterThan((sharesBy(0.7, by)[0] ?? 1) + 0.1);
  });
});
