import { inspect } from 'node:util';
import type { BenchOptions } from './bench-options';
import { currentLoad, readMachineFacts } from './measure/machine-facts';
import type { BenchReport } from './report/bench-report';
import type { Goal } from './report/goal';
import { verifyFleet, type Check } from './rows/verify-fleet';
import { SERVICE_DATABASE } from './stage/bench-database';
import { Stoppables } from './stage/bench-stage';
import { OutageStage } from './stage/outage-stage';
import { ACTION_TRIAL } from './trials/action-trial';
import { EXPORT_TRIAL } from './trials/export-trial';
import { OFFERED_TRIAL } from './trials/offered-trial';
import { PAGES_TRIAL } from './trials/pages-trial';
import { PROGRESS_TRIAL } from './trials/progress-trial';
import { runRestartTrial } from './trials/restart-trial';
import { SWEEP_TRIAL } from './trials/sweep-trial';
import type { Trial } from './trials/trial';

const TRIALS = {
  outage: [PROGRESS_TRIAL, PAGES_TRIAL, SWEEP_TRIAL, OFFERED_TRIAL],
  desk: [PAGES_TRIAL, EXPORT_TRIAL, ACTION_TRIAL],
} as const satisfies Record<string, readonly Trial[]>;

/** The last one of the outage: it stops everything that the others need. */
const RESTART = 'restart';

export const TRIAL_NAMES: readonly string[] = [
  ...new Set(Object.values(TRIALS).flatMap((trials) => trials.map(({ name }) => name))),
  RESTART,
];

/** One trial after the other with one fleet, then a comparison of everything that was acknowledged with what is stored. */
export async function runTrials(
  options: BenchOptions,
  table: keyof typeof TRIALS,
  folder: string,
  toStop: Stoppables,
  say: (text: string) => void,
): Promise<BenchReport> {
  const loadBefore = currentLoad();
  const wanted = (name: string): boolean => options.only?.includes(name) ?? true;
  const goals: Goal[] = [];
  const notes: string[] = [];
  const checks: Check[] = [];
  const ofStage = new Stoppables();
  toStop.add(() => ofStage.stopAll());
  const stage = await OutageStage.set(options, folder, ofStage, say);
  const machine = await stage.database.with(SERVICE_DATABASE, (client) =>
    readMachineFacts(client, folder, loadBefore),
  );
  for (const trial of TRIALS[table].filter(({ name }) => wanted(name))) {
    say(`measuring: ${trial.title}`);
    try {
      const found = await trial.run(stage);
      goals.push(...found.goals);
      notes.push(...found.notes);
    } catch (error) {
      // The figures of the others hold all the same.
      say(`${trial.name} broke off: ${inspect(error)}`);
      checks.push({ what: `${trial.name}, to its end`, found: describeFailure(error), holds: false });
    }
  }
  say('verifying');
  checks.push(...(await verifyFleet(stage)));
  if (table === 'outage' && wanted(RESTART)) {
    await ofStage.stopAll();
    const found = await runRestartTrial(options, folder, stage.facts, toStop, say);
    goals.push(...found.goals);
    checks.push(...found.checks.map((check) => ({ ...check, what: `after kill -9: ${check.what}` })));
  }
  return { machine, options, rows: [], goals, notes, checks };
}

/** In one line, with what is behind it. */
function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const behind = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error.cause];
  const told = behind.flatMap((one) => (one === undefined ? [] : [describeFailure(one)]));
  return [`broke off: ${error.message.split('\n')[0] ?? ''}`, ...told].join('; ');
}
