import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { instant, speedOf, wholeNumber } from './demo/demo-options';
import { makeFleet } from './fleet';
import { INCIDENT_WEEK_STARTS_AT_MS, weekOf } from './fleet/week';
import { grouped } from './report/text-table';
import { ProgressWatch } from './report/watch-progress';
import { FleetRun } from './run/fleet-run';
import { RepairDesk } from './run/repair-desk';
import { runWeek } from './run/run-week';
import { manualClock, runningClock } from './run/service-clock';
import { showVerdicts } from './run/show-verdicts';
import { createEnrolmentToken, createRelayCredential, readClock, readPractices } from './wire/service';
import { WireClient } from './wire/wire-client';

const USAGE = `npm run simulate -- --url URL --admin-token-file FILE [options]

  --url URL               the service (http://127.0.0.1:3000)
  --admin-token-file FILE its administrator's token; without it the environment's ADMIN_TOKEN
  --machines N            computers in the fleet (20000)
  --seed TEXT             another seed is another fleet; the same seed again is the same machines (1)
  --until TIME            end of the simulation, UTC (the end of the simulated week)
  --speed N|max           with a manual clock: simulated seconds per second at most (max)
  --help                  this text

Speaks the public wire only. A service with a manual clock (RECOVERY_CLOCK="manual 2024-07-18T06:00:00Z") is driven; one
whose clock runs by itself is followed. The fleet's week is the one the service lives in; only in the week of the
incident, Thu 18 to Wed 24 July 2024, is there a truth to compare with, any other week is load.`;

type SimulateOptions = {
  readonly url: string;
  readonly adminToken: string;
  readonly machines: number;
  readonly seed: string;
  readonly until: string | null;
  readonly speed: number;
};

const MACHINES_MAX = 10_000_000;
const { stdout } = process;

function parseOptions(args: readonly string[]): SimulateOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      'admin-token-file': { type: 'string' },
      machines: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      until: { type: 'string' },
      speed: { type: 'string', default: 'max' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const file = values['admin-token-file'];
  const adminToken = file === undefined ? process.env.ADMIN_TOKEN : readFileSync(file, 'utf8').trim();
  if (adminToken === undefined) throw new Error('--admin-token-file is needed (or ADMIN_TOKEN)');
  return {
    url: values.url,
    adminToken,
    machines: wholeNumber('--machines', values.machines, 1, MACHINES_MAX),
    seed: values.seed,
    until: values.until ?? null,
    speed: speedOf(values.speed),
  };
}

/** Runs the fleet against the service. Returns true when the run itself was sound. */
async function simulate(options: SimulateOptions, client: WireClient, signal: AbortSignal): Promise<boolean> {
  const { adminToken } = options;
  const { nowMs: fromMs, kind } = await readClock(client, adminToken);
  const week = weekOf(fromMs);
  const untilMs =
    options.until === null ? week.horizonMs : instant('--until', options.until, fromMs, week.horizonMs);
  const practices = await readPractices(client);
  if (practices.length === 0) throw new Error('the service knows no practices; import them first');
  const manual = kind === 'MANUAL';
  const clock = manual
    ? manualClock(client, adminToken, fromMs, options.speed)
    : await runningClock(client, adminToken);
  const fleet = makeFleet({ seed: options.seed, machines: options.machines, practices, week });
  stdout.write(
    `${grouped(fleet.machines.length)} machines in ${grouped(practices.length)} practices; ` +
      `it is ${new Date(fromMs).toISOString()} at the service, ` +
      `${manual ? 'whose clock is moved by this run' : 'whose clock runs by itself'}.\n`,
  );
  const inTheIncidentsWeek = week.startMs === INCIDENT_WEEK_STARTS_AT_MS;
  if (!inTheIncidentsWeek)
    stdout.write('Not the week of the incident: load only, no truth to compare with.\n');
  const enrolmentToken = await createEnrolmentToken(client);
  const relayCredential = await createRelayCredential(client);
  const run = new FleetRun({ client, fleet, enrolmentToken, relayCredential });
  const watch = new ProgressWatch({ client, out: stdout, fromMs, untilMs });
  const desk = new RepairDesk(client, (machineId) => run.machineOf(machineId));
  let reachedMs = fromMs;
  const onStep = async (nowMs: number): Promise<void> => {
    reachedMs = nowMs;
    await desk.step(nowMs);
    await watch.step(nowMs, run.sent);
  };
  await runWeek(run, { fromMs, untilMs, clock, signal, onStep });
  await watch.finish(reachedMs, run.sent);
  const judgeable = inTheIncidentsWeek && reachedMs > week.windowEndMs;
  const watched = {
    fromMs,
    atMs: reachedMs,
    windowStartMs: week.windowStartMs,
    windowEndMs: week.windowEndMs,
  };
  const faults = judgeable ? await showVerdicts(client, run, watched, stdout) : [];
  for (const fault of faults) stdout.write(`!!! ${fault}\n`);
  stdout.write(`The sums were wrong ${grouped(watch.faults)} times in ${grouped(watch.looks)} looks.\n`);
  return faults.length === 0 && watch.faults === 0;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) {
    stdout.write(`${USAGE}\n`);
    return 0;
  }
  const interrupt = new AbortController();
  // The first Ctrl-C ends after the step under way and still shows the tables, the second ends at once.
  process.once('SIGINT', () => {
    interrupt.abort();
  });
  const client = new WireClient({ url: options.url, adminToken: options.adminToken });
  try {
    return (await simulate(options, client, interrupt.signal)) ? 0 : 1;
  } finally {
    await client.close();
  }
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
