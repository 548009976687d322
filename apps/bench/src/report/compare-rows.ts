import { median } from '../measure/quantiles';
import type { RowSummary } from './summarise-row';

/** How one row stands against another: the median over the rounds of the ratio within each round. */
export type Comparison = {
  readonly what: string;
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
  readonly expected: number;
  readonly met: boolean;
};

type Expectation = {
  readonly what: string;
  readonly row: string;
  readonly against: string;
  readonly atLeast: number;
};

/** What is expected of the service, as ratios of rates within one run. */
const EXPECTATIONS: readonly Expectation[] = [
  {
    what: 'relay batches / bare database, statements of 500',
    row: 'batches',
    against: 'bare-500',
    atLeast: 0.5,
  },
  {
    what: 'relay batches / bare database, statements of 2,000',
    row: 'batches',
    against: 'bare-2000',
    atLeast: 0.5,
  },
  { what: 'singles / bare echo', row: 'singles', against: 'echo', atLeast: 0.5 },
  { what: 'relay batches / tutorial in batches', row: 'batches', against: 'tutorial-batches', atLeast: 30 },
  { what: 'singles / tutorial in singles', row: 'singles', against: 'tutorial-singles', atLeast: 30 },
  { what: '304 / bare GET', row: 'poll-304', against: 'bare-get', atLeast: 0.7 },
];

/** The comparisons whose two rows were both measured. */
export function compareRows(rows: readonly RowSummary[]): readonly Comparison[] {
  const find = (name: string): RowSummary | undefined => rows.find((row) => row.name === name);
  return EXPECTATIONS.flatMap(({ what, row, against, atLeast }) => {
    const [ours, theirs] = [find(row), find(against)];
    if (ours === undefined || theirs === undefined) return [];
    const ratios = ours.samples.map(
      (sample, round) => sample.perSecond / (theirs.samples[round]?.perSecond ?? Number.NaN),
    );
    const ratio = median(ratios);
    return [
      {
        what,
        ratio,
        min: Math.min(...ratios),
        max: Math.max(...ratios),
        expected: atLeast,
        met: ratio >= atLeast,
      },
    ];
  });
}
