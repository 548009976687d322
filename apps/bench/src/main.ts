import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { BenchUsageError, benchUsage, readBenchOptions, type BenchOptions } from './bench-options';
import { isSound } from './report/bench-report';
import { describeReport } from './report/print-report';
import { allRows, runBench } from './run-bench';
import { TRIAL_NAMES } from './run-trials';
import { Stoppables } from './stage/bench-stage';
import { makeFolder, removeTempFolder } from './stage/temp-folder';

/**
 * `npm run bench`: the performance table as ratios in one run. Exit code: 0 measured and verified, 1
 * something failed or does not add up, 2 wrong usage. A ratio that is missed is shown and no failure: it may
 * be the machine's.
 */

const DEFAULTS: BenchOptions = readBenchOptions([], []);
const ROW_NAMES = [...allRows(DEFAULTS).map((row) => row.name), ...TRIAL_NAMES];

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function main(): Promise<number> {
  const options = readBenchOptions(process.argv.slice(2), ROW_NAMES);
  const toStop = new Stoppables();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('stopping');
      void toStop.stopAll().then(() => process.exit(1));
    });
  }
  try {
    const folder = await makeFolder(options.keepDir, options.tempDir);
    if (options.keepDir === null) toStop.add(() => removeTempFolder(folder));
    const report = await runBench(options, folder, toStop, say);
    process.stdout.write(`${describeReport(report).join('\n')}\n`);
    if (options.jsonFile !== null) await writeFile(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
    return isSound(report) ? 0 : 1;
  } finally {
    await toStop.stopAll();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isUsage = error instanceof BenchUsageError;
    // With its causes: that a request failed says nothing yet.
    say(isUsage ? `${error.message}\n\n${benchUsage(ROW_NAMES)}` : inspect(error));
    process.exit(isUsage ? 2 : 1);
  },
);
