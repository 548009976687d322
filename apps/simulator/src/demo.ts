import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEMO_USAGE, parseDemoOptions, type DemoOptions } from './demo/demo-options';
import { ServiceProcess } from './demo/service-process';
import { makeFleet } from './fleet';
import { makeWeek, MONDAY, THURSDAY } from './fleet/week';
import type { Watched } from './fleet/ground-truth';
import type { RuleComparison } from './report/rule-comparison';
import { grouped } from './report/text-table';
import { ProgressWatch } from './report/watch-progress';
import { FleetRun } from './run/fleet-run';
import { RepairDesk } from './run/repair-desk';
import { runWeek } from './run/run-week';
import { manualClock } from './run/service-clock';
import { compareRules, showVerdicts } from './run/show-verdicts';
import { createEnrolmentToken, createRelayCredential, readPractices } from './wire/service';
import { WireClient } from './wire/wire-client';

const HOST = '127.0.0.1';

/** The simulation begins on Thursday at 06:00 UTC, before the practices open. */
const STARTS_UTC = 6;

/** 09:00 on the wall: the hour after opening in which the desks are asked what is still broken. */
const ASKED_ON_MONDAY_UTC = 8;

const { stdout } = process;

/** The demonstration from start to tables. Returns true when the run itself was sound. */
async function demonstrate(
  options: DemoOptions,
  service: ServiceProcess,
  signal: AbortSignal,
): Promise<boolean> {
  const week = makeWeek();
  const fromMs = week.at(THURSDAY, STARTS_UTC);
  const { untilMs } = options;
  stdout.write(`${await service.importPractices(practiceSource(options))}\n`);
  const adminToken = readFileSync(service.adminTokenFile, 'utf8').trim();
  const client = new WireClient({ url: service.url, adminToken, signal });
  try {
    const practices = await readPractices(client);
    const fleet = makeFleet({ seed: options.seed, machines: options.machines, practices, week });
    stdout.write(`${grouped(fleet.machines.length)} machines in ${grouped(practices.length)} practices.\n`);
    const enrolmentToken = await createEnrolmentToken(client);
    const relayCredential = await createRelayCredential(client);
    const run = new FleetRun({ client, fleet, enrolmentToken, relayCredential });
    const clock = manualClock(client, adminToken, fromMs, options.speed);
    const watch = new ProgressWatch({ client, out: stdout, fromMs, untilMs });
    const desk = new RepairDesk(client, (machineId) => run.machineOf(machineId));
    const onStep = async (nowMs: number): Promise<void> => {
      await desk.step(nowMs);
      await watch.step(nowMs, run.sent);
    };
    const askedAtMs = week.at(MONDAY, ASKED_ON_MONDAY_UTC);
    const about = (atMs: number): Watched => ({
      fromMs,
      atMs,
      windowStartMs: week.windowStartMs,
      windowEndMs: week.windowEndMs,
    });
    const earlier: RuleComparison[] = [];
    let reachedMs = fromMs;
    if (askedAtMs < untilMs) {
      await runWeek(run, { fromMs, untilMs: askedAtMs, clock, signal, onStep });
      if (signal.aborted) return true;
      earlier.push(await compareRules(client, run, about(askedAtMs)));
      reachedMs = askedAtMs;
    }
    await runWeek(run, { fromMs: reachedMs, untilMs, clock, signal, onStep });
    if (signal.aborted) return true;
    await watch.finish(untilMs, run.sent);
    const faults = await showVerdicts(client, run, about(untilMs), stdout, earlier);
    for (const fault of faults) stdout.write(`!!! ${fault}\n`);
    stdout.write(
      watch.faults === 0
        ? `The sums were exact at each of ${grouped(watch.looks)} looks, the last ones at every level.\n`
        : `!!! The sums were wrong ${grouped(watch.faults)} times in ${grouped(watch.looks)} looks.\n`,
    );
    return faults.length === 0 && watch.faults === 0;
  } finally {
    await client.close();
  }
}

function practiceSource({ practices }: DemoOptions): readonly string[] {
  return practices === null ? ['--synthetic'] : [resolve(practices)];
}

/** The folder for the service's data: the caller's, which must be empty, or a fresh one of ours. */
function dataFolder(options: DemoOptions): string {
  if (options.data === null) return resolve('.demo', `run-${randomUUID().slice(0, 8)}`);
  const folder = resolve(options.data);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`--data ${options.data} is not empty; the demonstration begins with no data`);
  }
  return folder;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}. Name a folder that can be written by --data.`, { cause: error });
  }
}

function invitation(service: ServiceProcess): string {
  const token = service.adminTokenFile;
  const query =
    '{"query":"{ recoveryProgress { asOf total { fleet everAffected recovered recoveredRatio { value } } } }"}';
  return [
    '',
    `The service is still running at ${service.url}, its administrator's token is in ${token}.`,
    `Open ${service.url}/graphql, or ask it:`,
    '',
    `  curl -s ${service.url}/graphql -H "Authorization: Bearer $(cat ${token})" \\`,
    `    -H 'Content-Type: application/json' -d '${query}'`,
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === null) {
    stdout.write(`${DEMO_USAGE}\n`);
    return 0;
  }
  const dataDir = dataFolder(options);
  const logFile = `${dataDir}.log`;
  makeFolder(dataDir);
  const interrupt = new AbortController();
  // Every request under way listens to it, a few dozen at a time.
  setMaxListeners(0, interrupt.signal);
  const interrupted = new Promise<void>((done) => {
    const onSignal = (): void => {
      interrupt.abort();
      done();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  });
  let service: ServiceProcess | null = null;
  const abandon = (): void => service?.abandon();
  process.once('exit', abandon);
  let failed = true;
  try {
    stdout.write(`Starting the service on ${HOST}:${options.port}, its log is ${logFile}\n`);
    const clock = `manual ${new Date(makeWeek().at(THURSDAY, STARTS_UTC)).toISOString()}`;
    const appsDir = resolve(__dirname, '../..');
    const environment = process.env;
    service = await ServiceProcess.start({
      appsDir,
      dataDir,
      host: HOST,
      port: options.port,
      clock,
      logFile,
      environment,
    });
    const sound = await Promise.race([demonstrate(options, service, interrupt.signal), service.failure]);
    failed = !sound;
    if (!options.exit && !interrupt.signal.aborted) {
      stdout.write(invitation(service));
      await Promise.race([interrupted, service.failure]);
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    failed = false;
  } finally {
    if (service !== null) {
      stdout.write('Stopping the service …\n');
      await service.stop();
    }
    process.removeListener('exit', abandon);
    // A failed run keeps its log and its data, if it got that far: they are needed to find out why.
    if (options.data === null && (!failed || !existsSync(logFile))) {
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(logFile, { force: true });
    } else {
      stdout.write(`Data and log are kept: ${dataDir}, ${logFile}\n`);
    }
  }
  return failed ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
