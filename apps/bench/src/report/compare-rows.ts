import { makeGoal, type Goal } from './goal';
import type { RowSummary } from './summarise-row';

type Expectation = {
  readonly what: string;
  readonly row: string;
  readonly against: string;
  /** Null: published as it comes. */
  readonly atLeast: number | null;
};

/** What is expected of the service, as ratios of rates within one run. */
const EXPECTATIONS: readonly Expectation[] = [
  {
    what: 'relay batches / bare update, statements of 500',
    row: 'batches',
    against: 'bare-500',
    atLeast: 0.7,
  },
  {
    what: 'relay batches / bare update, statements of 2,000',
    row: 'batches',
    against: 'bare-2000',
    atLeast: 0.7,
  },
  { what: 'singles / bare echo', row: 'singles', against: 'echo', atLeast: 0.7 },
  { what: 'relay batches / tutorial in batches', row: 'batches', against: 'tutorial-batches', atLeast: 100 },
  { what: 'singles / tutorial in singles', row: 'singles', against: 'tutorial-singles', atLeast: 15 },
  {
    what: 'relay batches / tutorial with upsert(array)',
    row: 'batches',
    against: 'upsert-batches',
    atLeast: null,
  },
  { what: 'singles / tutorial with upsert()', row: 'singles', against: 'upsert-singles', atLeast: null },
  { what: '304 / bare GET', row: 'poll-304', against: 'bare-get', atLeast: 0.7 },
];

/** What is expected of the latency of one request. */
const LATENCIES: readonly { readonly what: string; readonly row: string; readonly p99MsMax: number }[] = [
  { what: 'p99 of a single heartbeat', row: 'singles', p99MsMax: 50 },
];

/**
 * How rows stand against each other: the median over the rounds of the ratio within each round; and how long requests take. Only of rows
 * that were measured.
 */
export function compareRows(rows: readonly RowSummary[]): readonly Goal[] {
  const find = (name: string): RowSummary | undefined => rows.find((row) => row.name === name);
  const ratios = EXPECTATIONS.flatMap(({ what, row, against, atLeast }) => {
    const [ours, theirs] = [find(row), find(against)];
    if (ours === undefined || theirs === undefined) return [];
    const samples = ours.samples.map(
      (sample, round) => sample.perSecond / (theirs.samples[round]?.perSecond ?? Number.NaN),
    );
    const expected = atLeast === null ? null : { atLeast };
    return [makeGoal({ row, what, durability: ours.durability, unit: 'ratio', expected }, samples)];
  });
  const latencies = LATENCIES.flatMap(({ what, row, p99MsMax }) => {
    const ours = find(row);
    if (ours === undefined) return [];
    const samples = ours.samples.map(({ p99Ms }) => p99Ms);
    const { durability } = ours;
    return [makeGoal({ row, what, durability, unit: 'ms', expected: { atMost: p99MsMax } }, samples)];
  });
  return [...ratios, ...latencies];
}
