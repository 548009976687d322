import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from '../bench-options';
import type { FleetBook, LoadResult, ReportLoad } from '../load/load-command';
import { makeGoal } from '../report/goal';
import { readFleetState } from '../seed/read-fleet-state';
import { compareFleet, type Check } from '../rows/verify-fleet';
import { BenchChild } from '../stage/bench-child';
import { BenchDatabase, SERVICE_DATABASE } from '../stage/bench-database';
import type { Stoppables } from '../stage/bench-stage';
import { prepareLoad, type FleetFacts } from '../stage/prepare-fleet';
import { ServiceProcess, type ServiceOptions } from '../stage/service-process';
import type { TrialResult } from './trial';

const SECONDS_MAX = 10;
const RELAY_BATCH = 500;

const PROGRESS = `{ recoveryProgress(by: REGION) {
  rows { fleet exempt everAffected unrecovered } total { fleet exempt everAffected unrecovered } } }`;

type Sums = {
  readonly fleet: number;
  readonly exempt: number;
  readonly everAffected: number;
  readonly unrecovered: number;
};
type Progress = { readonly recoveryProgress: { readonly rows: readonly Sums[]; readonly total: Sums } };

/**
 * Kills the service and its embedded PostgreSQL with `kill -9` after a stretch of heartbeats as dense as they can be, starts the service
 * again, and waits for the first correct answer: progress of every machine, rows that sum to the total, and the total as it was. Then every
 * acknowledged heartbeat must be there.
 */
export async function runRestartTrial(
  options: BenchOptions,
  folder: string,
  facts: FleetFacts,
  toStop: Stoppables,
  say: (text: string) => void,
): Promise<TrialResult & { readonly checks: readonly Check[] }> {
  const serviceOptions: ServiceOptions = {
    ...facts.secrets,
    databaseUrl: null,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'restart.log'),
    profileDir: null,
  };
  const load = new BenchChild('load/load-worker.js');
  toStop.add(() => load.stop());
  await load.ask(prepareLoad(facts, await readState(folder, facts), options.uptime));
  let service = await ServiceProcess.start(serviceOptions);
  toStop.add(() => service.stop());
  const [ready, answered]: [number[], number[]] = [[], []];
  let heartbeats = 0;
  for (let round = 1; round <= options.rounds; round += 1) {
    const command: ReportLoad = {
      kind: 'REPORT',
      port: service.port,
      path: '/v1/heartbeats',
      style: 'RELAY',
      perRequest: RELAY_BATCH,
      connections: options.inFlight,
      seconds: options.restartSeconds,
      rehearsal: false,
    };
    heartbeats += (await load.ask<LoadResult>(command)).items;
    const before = await service.graphql<Progress>(PROGRESS);
    killDatabase(join(folder, 'data', 'cluster'));
    await service.kill();
    const startedMs = performance.now();
    service = await ServiceProcess.start(serviceOptions);
    ready.push((performance.now() - startedMs) / 1_000);
    await untilSame(service, before, facts.shape.machines);
    answered.push((performance.now() - startedMs) / 1_000);
    say(`restart: round ${round}, first correct answer after ${answered.at(-1)?.toFixed(2)} s`);
  }
  const book = await load.ask<FleetBook>({ kind: 'SHOW_BOOK' });
  await service.stop();
  const stored = await readState(folder, facts);
  const goal = { row: 'restart', durability: 'D2', unit: 's' } as const;
  const perRound = Math.round(heartbeats / options.rounds);
  return {
    goals: [
      makeGoal(
        {
          ...goal,
          what: `kill -9 of service and PostgreSQL after ${perRound} heartbeats: first correct answer`,
          expected: { atMost: SECONDS_MAX },
        },
        answered,
      ),
      makeGoal({ ...goal, what: 'the same: ready', expected: null }, ready),
    ],
    notes: [],
    checks: compareFleet(book, stored),
  };
}

async function readState(folder: string, facts: FleetFacts) {
  const database = await BenchDatabase.start(join(folder, 'data'));
  try {
    return await database.with(SERVICE_DATABASE, (client) => readFleetState(client, facts.shape.machines));
  } finally {
    await database.stop();
  }
}

/** Ends every process that works on the cluster, all at once, so that none can tidy up. */
function killDatabase(clusterDir: string): void {
  const postmaster = Number.parseInt(readFileSync(join(clusterDir, 'postmaster.pid'), 'latin1'), 10);
  const sessions = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmaster;
    } catch {
      return false;
    }
  });
  for (const pid of [postmaster, ...sessions.map(Number)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

async function untilSame(service: ServiceProcess, before: Progress, machines: number): Promise<void> {
  const { rows, total } = (await service.graphql<Progress>(PROGRESS)).recoveryProgress;
  const was = before.recoveryProgress.total;
  const sum = (of: (sums: Sums) => number): number => rows.reduce((all, row) => all + of(row), 0);
  const isCorrect =
    total.fleet + total.exempt === machines &&
    sum(({ fleet }) => fleet) === total.fleet &&
    sum(({ unrecovered }) => unrecovered) === total.unrecovered &&
    total.everAffected === was.everAffected &&
    total.unrecovered === was.unrecovered;
  if (!isCorrect)
    throw new Error(`after the restart: ${JSON.stringify(total)}, before: ${JSON.stringify(was)}`);
}
