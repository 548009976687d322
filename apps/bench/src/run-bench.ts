import type { BenchOptions } from './bench-options';
import { currentLoad, readMachineFacts } from './measure/machine-facts';
import type { BenchReport } from './report/bench-report';
import { compareRows } from './report/compare-rows';
import { summariseRow } from './report/summarise-row';
import type { BenchRow, Sample } from './rows/bench-row';
import { measureRow } from './rows/measure-row';
import { pollRows } from './rows/poll-rows';
import { reportRows } from './rows/report-rows';
import { verifyFleet } from './rows/verify-fleet';
import { warmUp } from './rows/warm-up';
import { runCurves } from './run-curves';
import { runTrials } from './run-trials';
import { SERVICE_DATABASE } from './stage/bench-database';
import { BenchStage, type BaselineName, type Stoppables } from './stage/bench-stage';

/** All rows in the order in which a round measures them; what is compared stands close together in time. */
export function allRows(options: BenchOptions): readonly BenchRow[] {
  const rows = [...reportRows(options), ...pollRows()];
  const order = [
    'bare-500',
    'batches',
    'bare-2000',
    'tutorial-batches',
    'upsert-batches',
    'echo',
    'singles',
    'nest-echo',
    'tutorial-singles',
    'upsert-singles',
  ];
  const placeOf = (row: BenchRow): number =>
    order.includes(row.name) ? order.indexOf(row.name) : order.length;
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * Measures the table that is asked for.
 *
 * @param folder where databases and logs lie
 * @param toStop collects what has to be stopped; the caller stops it, whatever happens
 * @param say progress for a person
 */
export function runBench(
  options: BenchOptions,
  folder: string,
  toStop: Stoppables,
  say: (text: string) => void,
): Promise<BenchReport> {
  switch (options.table) {
    case 'ratios':
      return runRatios(options, folder, toStop, say);
    case 'curves':
      return runCurves(options, folder, toStop, say);
    case 'outage':
    case 'desk':
      return runTrials(options, options.table, folder, toStop, say);
  }
}

/** Sets the stage, measures every row once a round, round after round, and verifies what was recorded. */
async function runRatios(
  options: BenchOptions,
  folder: string,
  toStop: Stoppables,
  say: (text: string) => void,
): Promise<BenchReport> {
  const loadBefore = currentLoad();
  const rows = allRows(options).filter((row) => options.only?.includes(row.name) ?? true);
  const needs = new Set(
    rows.flatMap((row): BaselineName[] => (row.system === 'service' ? [] : [row.system])),
  );
  const stage = await BenchStage.set(options, folder, needs, toStop, say);
  const machine = await stage.database.with(SERVICE_DATABASE, (client) =>
    readMachineFacts(client, folder, loadBefore),
  );
  const notes: string[] = [];
  if (rows.some((row) => row.system === 'service')) {
    say('every machine reports once');
    notes.push(await warmUp(stage.load, stage.service.port, options.machines));
  }
  const samples = new Map<string, Sample[]>(rows.map((row) => [row.name, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const row of rows) {
      const sample = await measureRow(stage, row, options.seconds);
      samples.get(row.name)?.push(sample);
      say(`round ${round} of ${options.rounds}: ${row.name} ${Math.round(sample.perSecond)} ${row.unit}`);
    }
  }
  say('verifying');
  const checks = await verifyFleet(stage);
  const summaries = rows.map((row) => summariseRow(row, samples.get(row.name) ?? []));
  return { machine, options, rows: summaries, goals: compareRows(summaries), notes, checks };
}
