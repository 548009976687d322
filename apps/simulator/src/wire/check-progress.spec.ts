import { checkProgress } from './check-progress';
import type { Progress, ProgressRow } from './service';

function aRow(odsCode: string, changes: Partial<ProgressRow> = {}): ProgressRow {
  return {
    organisation: { odsCode, name: `Region ${odsCode}` },
    fleet: 10,
    exempt: 1,
    everAffected: 4,
    recovered: 2,
    unrecovered: 1,
    unknown: 2,
    states: [
      { state: 'NOT_AFFECTED', count: 5 },
      { state: 'RECOVERED', count: 2 },
      { state: 'DOWN', count: 1 },
      { state: 'UNVERIFIED', count: 2 },
      { state: 'RETIRED', count: 1 },
    ],
    exposures: [
      { exposure: 'NOT_EXPOSED', count: 5 },
      { exposure: 'UNKNOWN', count: 2 },
      { exposure: 'CRASHED', count: 4 },
    ],
    recoveredRatio: { numerator: 2, denominator: 4, value: 0.5 },
    low: { numerator: 2, denominator: 6, value: 0.3333 },
    high: { numerator: 2, denominator: 4, value: 0.5 },
    ...changes,
  };
}

function aTotal(changes: Partial<ProgressRow> = {}): ProgressRow {
  const one = aRow('ENGLAND');
  return {
    ...one,
    fleet: 20,
    exempt: 2,
    everAffected: 8,
    recovered: 4,
    unrecovered: 2,
    unknown: 4,
    states: one.states.map(({ state, count }) => ({ state, count: count * 2 })),
    exposures: one.exposures.map(({ exposure, count }) => ({ exposure, count: count * 2 })),
    recoveredRatio: { numerator: 4, denominator: 8, value: 0.5 },
    low: { numerator: 4, denominator: 12, value: 0.3333 },
    high: { numerator: 4, denominator: 8, value: 0.5 },
    ...changes,
  };
}

const faultsOf = (rows: readonly ProgressRow[], total = aTotal()): readonly string[] => {
  const progress: Progress = { asOf: '2024-07-22T11:00:00Z', rows, total };
  return checkProgress(progress);
};

describe('checkProgress', () => {
  it('finds nothing where everything adds up', () => {
    expect(faultsOf([aRow('Y56'), aRow('Y58')])).toEqual([]);
  });

  it('finds a column that does not sum to the total', () => {
    expect(faultsOf([aRow('Y56'), aRow('Y58')], aTotal({ unknown: 5 }))).toContain(
      'unknown: the rows sum to 4, the total says 5',
    );
  });

  it('finds states and exposures that do not sum to the machines of a row', () => {
    const faults = faultsOf([aRow('Y56'), aRow('Y58', { fleet: 11 })], aTotal({ fleet: 21 }));
    expect(faults).toContain('Y58 (Region Y58): the sum of the states is 11, expected 12');
    expect(faults).toContain('Y58 (Region Y58): the sum of the exposures is 11, expected 12');
  });

  it('finds a group that is not the sum of its states', () => {
    const faults = faultsOf([aRow('Y56'), aRow('Y58', { unrecovered: 2 })], aTotal({ unrecovered: 3 }));
    expect(faults).toContain('Y58 (Region Y58): unrecovered is 2, expected 1');
  });

  it.each([
    ['rounded up', { numerator: 2, denominator: 6, value: 0.3334 }],
    ['100 % of nothing', { numerator: 0, denominator: 0, value: 1 }],
  ])('finds a ratio that is %s', (_, low) => {
    expect(faultsOf([aRow('Y56', { low }), aRow('Y58')]).join()).toContain('Y56 (Region Y56): low is');
  });

  it('finds a range in the wrong order', () => {
    const low = { numerator: 2, denominator: 3, value: 0.6666 };
    expect(faultsOf([aRow('Y56', { low }), aRow('Y58')])).toContain(
      'Y56 (Region Y56): low ≤ recovered ≤ high does not hold',
    );
  });
});
