import type { BenchRow, Sample } from '../rows/bench-row';
import { compareRows } from './compare-rows';
import { summariseRow, type RowSummary } from './summarise-row';

const NO_CPU = { system: 0, postgres: 0, generator: 0, others: 0 };

function row(name: string, rates: readonly number[], cpu = NO_CPU): RowSummary {
  const bench: BenchRow = {
    name,
    title: name,
    unit: 'heartbeats/s',
    durability: 'D2',
    system: 'service',
    run: () => Promise.reject(new Error('not to be run')),
  };
  const samples = rates.map((perSecond): Sample => {
    const failures = perSecond < 10 ? { slow: 1 } : {};
    return { requests: 1, items: perSecond, seconds: 1, p50Ms: 1, p99Ms: 2, failures, perSecond, cpu };
  });
  return summariseRow(bench, samples);
}

describe('the summary of a row', () => {
  it('gives medians, the range, and processor time by item', () => {
    const summary = row('batches', [10, 30, 20], {
      system: 0.001,
      postgres: 0.002,
      generator: 0.004,
      others: 0.5,
    });
    expect(summary).toMatchObject({
      perSecond: 20,
      perSecondMin: 10,
      perSecondMax: 30,
      othersShare: 0.5,
      failures: {},
    });
    expect(summary.systemMicros).toBeCloseTo(50);
    expect(summary.postgresMicros).toBeCloseTo(100);
    expect(summary.generatorCeiling).toBeCloseTo(5_000);
  });

  it('adds up what failed', () => {
    expect(row('batches', [5, 5, 50]).failures).toEqual({ slow: 2 });
  });
});

describe('comparing rows', () => {
  it('compares round by round and takes the median of the ratios', () => {
    const [comparison] = compareRows([row('singles', [50, 90, 10]), row('echo', [100, 100, 100])]);
    expect(comparison).toMatchObject({
      unit: 'ratio',
      reached: 0.5,
      min: 0.1,
      max: 0.9,
      expected: { atLeast: 0.7 },
      met: false,
    });
  });

  it('says what falls short', () => {
    const [comparison] = compareRows([row('poll-304', [60]), row('bare-get', [100])]);
    expect(comparison).toMatchObject({ reached: 0.6, met: false });
  });

  it('leaves out what was not measured', () => {
    expect(compareRows([row('batches', [50]), row('echo', [50])])).toEqual([]);
  });
});
