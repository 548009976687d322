import { BenchUsageError, benchUsage, readBenchOptions } from './bench-options';

const ROWS = ['batches', 'singles'];

describe('the options of the bench', () => {
  it('have defaults that are the table of the record', () => {
    expect(readBenchOptions([], ROWS)).toMatchObject({
      table: 'ratios',
      machines: 1_000_000,
      rounds: 5,
      seconds: 5,
      only: null,
    });
  });

  it('are read from the command line', () => {
    const args = [
      '--machines',
      '5000',
      '--only',
      'singles, batches',
      '--uptime',
      'whole',
      '--json',
      'a.json',
    ];
    expect(readBenchOptions(args, ROWS)).toMatchObject({
      machines: 5_000,
      only: ['singles', 'batches'],
      uptime: 'whole',
      jsonFile: 'a.json',
    });
  });

  it('take the fleet of the outage for its table', () => {
    expect(readBenchOptions(['--table', 'outage'], ROWS)).toMatchObject({
      machines: 8_500_000,
      offerPerSecond: 28_333,
      offerSeconds: 300,
    });
  });

  it.each([
    ['--machines', '12'],
    ['--machines', '1e5'],
    ['--rounds', '0'],
    ['--only', 'batches,echoes'],
    ['--uptime', 'none'],
    ['--table', 'all'],
    ['--unknown', '1'],
  ])('refuse %s %s', (name, value) => {
    expect(() => readBenchOptions([name, value], ROWS)).toThrow(BenchUsageError);
  });

  it('are explained with the names of the rows', () => {
    expect(benchUsage(ROWS)).toContain('batches, singles');
  });
});
