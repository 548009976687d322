import type { BenchOptions } from '../bench-options';
import type { MachineFacts } from '../measure/machine-facts';
import type { Check } from '../rows/verify-fleet';
import type { Goal } from './goal';
import type { RowSummary } from './summarise-row';

/** All that a run found out; what is written as JSON. */
export type BenchReport = {
  readonly machine: MachineFacts;
  readonly options: BenchOptions;
  /** Rates, of tables that have them. */
  readonly rows: readonly RowSummary[];
  /** What was reached, and what must be. */
  readonly goals: readonly Goal[];
  /** Lines that are published beside them. */
  readonly notes: readonly string[];
  /** What must hold in the database afterwards. */
  readonly checks: readonly Check[];
};

/**
 * Whether every row did what it was asked for and the database holds what was acknowledged. Says nothing
 * about speed.
 */
export function isSound({ rows, checks }: BenchReport): boolean {
  return rows.every((row) => Object.keys(row.failures).length === 0) && checks.every((check) => check.holds);
}
