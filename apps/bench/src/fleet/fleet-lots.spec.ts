import { LOTS, lotOf, roleOf, speakersOf, type Lot } from './fleet-lots';

const MACHINES = 100_000;

describe('the lots of the fleet', () => {
  const counts = new Map<Lot, number>(LOTS.map((lot) => [lot, 0]));
  for (let index = 0; index < MACHINES; index += 1) {
    const lot = lotOf(index);
    counts.set(lot, (counts.get(lot) ?? 0) + 1);
  }
  const share = (...lots: readonly Lot[]): number =>
    lots.reduce((sum, lot) => sum + (counts.get(lot) ?? 0), 0) / MACHINES;

  it('let one machine in a hundred start with a bad file', () => {
    expect(share('LATENT')).toBeCloseTo(0.01, 3);
  });

  it('leave so many unrecovered that 8.5 million machines have a page 10,000 of them', () => {
    const unrecovered = share(
      'LATENT',
      'DOWN_AFTER_CRASHES',
      'DOWN_WITH_BAD_FILE',
      'STABILISING',
      'IN_REPAIR',
    );
    expect(unrecovered).toBeCloseTo(0.13, 2);
    expect(unrecovered * 8_500_000).toBeGreaterThan(1_001_000);
    expect(unrecovered + share('RECOVERED')).toBeCloseTo(0.15, 2);
  });

  it('tell who reports', () => {
    const speakers = speakersOf(MACHINES);
    expect(speakers.length / MACHINES).toBeCloseTo(share('WELL', 'RECOVERED', 'LATENT'), 6);
    expect(speakers.slice(0, 1_000).every((index) => /WELL|RECOVERED|LATENT/.test(lotOf(index)))).toBe(true);
  });

  it('say of half of the machines what they are for, whatever became of them', () => {
    for (const lot of ['WELL', 'DOWN_AFTER_CRASHES']) {
      const indexes = Array.from({ length: MACHINES }, (_, index) => index).filter(
        (index) => lotOf(index) === lot,
      );
      const described = indexes.filter((index) => roleOf(index) !== null).length;
      expect(described / indexes.length).toBeCloseTo(0.5, 1);
      expect(indexes.some((index) => roleOf(index) === 'SERVER')).toBe(false);
    }
  });
});
