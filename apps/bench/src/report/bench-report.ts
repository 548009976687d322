import type { BenchOptions } from '../bench-options';
import type { MachineFacts } from '../measure/machine-facts';
import type { Check } from '../rows/verify-fleet';
import { compareRows, type Comparison } from './compare-rows';
import type { RowSummary } from './summarise-row';

/** All that a run found out; what is written as JSON. */
export type BenchReport = {
  readonly machine: MachineFacts;
  readonly options: BenchOptions;
  readonly rows: readonly RowSummary[];
  readonly comparisons: readonly Comparison[];
  readonly checks: readonly Check[];
};

export function makeBenchReport(
  machine: MachineFacts,
  options: BenchOptions,
  rows: readonly RowSummary[],
  checks: readonly Check[],
): BenchReport {
  return { machine, options, rows, comparisons: compareRows(rows), checks };
}

/**
 * Whether every row did what it was asked for and the database holds what was acknowledged. Says nothing
 * about speed.
 */
export function isSound({ rows, checks }: BenchReport): boolean {
  return rows.every((row) => Object.keys(row.failures).length === 0) && checks.every((check) => check.holds);
}
