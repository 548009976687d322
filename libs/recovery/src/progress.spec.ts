import { EXPOSURES } from './exposure';
import { ratio, summarise, type Cell } from './progress';
import { RECOVERY_STATES } from './state';

const cell = (machines: number, exposure: Cell['exposure'], state: Cell['state']): Cell => ({
  exposure,
  state,
  machines,
});

const REGION: readonly Cell[] = [
  cell(500, 'NOT_EXPOSED', 'NOT_AFFECTED'),
  cell(120, 'EXPOSED', 'NOT_AFFECTED'),
  cell(30, 'OUT_OF_SCOPE', 'NOT_AFFECTED'),
  cell(40, 'UNKNOWN', 'UNVERIFIED'),
  cell(5, 'UNKNOWN', 'IN_REPAIR'),
  cell(60, 'CRASHED', 'RECOVERED'),
  cell(7, 'CRASHED', 'RECOVERED_AT_RISK'),
  cell(3, 'FAULTY_FILE', 'REPLACED'),
  cell(2, 'NOT_EXPOSED', 'REPLACED'),
  cell(11, 'CRASHED', 'DOWN'),
  cell(9, 'SUSPECTED', 'DOWN'),
  cell(4, 'SUSPECTED', 'UNVERIFIED'),
  cell(6, 'SUSPECTED', 'RECOVERED'),
  cell(8, 'FAULTY_FILE', 'LATENT'),
  cell(10, 'CRASHED', 'DORMANT'),
  cell(1, 'SUSPECTED', 'RETIRED'),
];

describe('progress of an organisation', () => {
  const progress = summarise(REGION);

  it('keeps the exempt out of the fleet', () => {
    expect([progress.fleet, progress.exempt]).toEqual([805, 11]);
  });

  it('counts every state and every exposure, the empty ones too, and each sums to fleet and exempt', () => {
    expect(progress.states.map(({ state }) => state)).toEqual(RECOVERY_STATES);
    expect(progress.exposures.map(({ exposure }) => exposure)).toEqual(EXPOSURES);
    const sum = (counts: readonly { count: number }[]): number =>
      counts.reduce((total, { count }) => total + count, 0);
    expect([sum(progress.states), sum(progress.exposures)]).toEqual([816, 816]);
    expect(progress.states.find(({ state }) => state === 'DOWN')?.count).toBe(20);
    expect(progress.states.find(({ state }) => state === 'CRASH_LOOPING')?.count).toBe(0);
  });

  it('counts who was ever affected, who of them has recovered, and the groups', () => {
    expect(progress.everAffected).toBe(60 + 7 + 3 + 11 + 9 + 4 + 6 + 8);
    expect(progress.recovered).toBe(60 + 7 + 3 + 6);
    expect(progress.unrecovered).toBe(5 + 11 + 9 + 8);
    expect(progress.unknown).toBe(40 + 4);
  });

  it('says the share with its range: the unknown taken as affected below, the suspected as unharmed above', () => {
    expect(progress.recoveredRatio).toEqual({ numerator: 76, denominator: 108, value: 0.7037 });
    expect(progress.low).toEqual({ numerator: 76, denominator: 148, value: 0.5135 });
    expect(progress.high).toEqual({ numerator: 76, denominator: 95, value: 0.8 });
  });

  it('of nobody is a fleet of 0 and no percentage at all', () => {
    const nobody = summarise([]);
    expect([nobody.fleet, nobody.exempt, nobody.everAffected]).toEqual([0, 0, 0]);
    expect(nobody.recoveredRatio).toEqual({ numerator: 0, denominator: 0, value: null });
    expect([nobody.low.value, nobody.high.value]).toEqual([null, null]);
  });

  it('of practices without anyone affected is not 100 %', () => {
    expect(summarise([cell(12, 'NOT_EXPOSED', 'NOT_AFFECTED')]).recoveredRatio.value).toBeNull();
  });

  it('of the nation is the sum of rows, never a mean of ratios', () => {
    const big = [cell(1_000, 'CRASHED', 'RECOVERED'), cell(9_000, 'CRASHED', 'DOWN')];
    const small = [cell(1, 'CRASHED', 'RECOVERED')];
    expect(summarise([...big, ...small]).recoveredRatio).toEqual({
      numerator: 1_001,
      denominator: 10_001,
      value: 0.1,
    });
  });
});

describe('a ratio', () => {
  it.each([
    [2, 3, 0.6666],
    [1, 3, 0.3333],
    [99_999, 100_000, 0.9999],
    [999_999_999, 1_000_000_000, 0.9999],
    [1, 100_000, 0],
    [7, 100, 0.07],
    [3, 10, 0.3],
    [5, 5, 1],
    [0, 5, 0],
  ])('of %p in %p is %p, never rounded up', (numerator, denominator, value) => {
    expect(ratio(numerator, denominator)).toEqual({ numerator, denominator, value });
  });

  it('of nothing is null', () => {
    expect(ratio(0, 0).value).toBeNull();
  });
});
