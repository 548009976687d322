import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChaosUsageError, chaosUsage, readChaosOptions } from './chaos-options';
import { describeReport } from './report/print-report';
import { runChaos } from './run-chaos';
import { SCENARIOS } from './scenarios';
import { ChaosStage } from './stage/chaos-stage';

/** `npm run chaos`: harms the service in every way we know, and compares what is left with what was acknowledged. */

const NAMES = SCENARIOS.map(({ name }) => name);

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** What programs need of the surroundings to run at all; settings of a service must not slip in. */
function surroundings(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}

async function main(): Promise<number> {
  const options = readChaosOptions(process.argv.slice(2), NAMES);
  const program = {
    nodeArgs: ['--enable-source-maps'],
    workerFile: join(__dirname, 'stage/service-worker.js'),
    mainFile: join(__dirname, '../../api/src/main.js'),
    simulatorFile: join(__dirname, '../../simulator/src/simulate.js'),
  };
  const stage = await ChaosStage.open(program, surroundings());
  const close = (): Promise<void> => stage.close(options.keep);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('stopping');
      void close().then(() => process.exit(1));
    });
  }
  try {
    const scenarios = SCENARIOS.filter(({ name }) => options.only?.includes(name) ?? true);
    const report = await runChaos({ scenarios, scale: options.scale, seed: options.seed }, stage, say);
    process.stdout.write(`${describeReport(report).join('\n')}\n`);
    if (options.jsonFile !== null) await writeFile(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
    return report.findings === 0 ? 0 : 1;
  } finally {
    await close();
    if (options.keep) say(`kept: ${stage.folder}`);
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isUsage = error instanceof ChaosUsageError;
    say(
      isUsage
        ? `${error.message}\n\n${chaosUsage(NAMES)}`
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error),
    );
    process.exit(isUsage ? 2 : 1);
  },
);
