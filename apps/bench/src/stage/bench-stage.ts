import { join } from 'node:path';
import type { BenchOptions } from '../bench-options';
import { makeFleetShape, type FleetShape, type FleetShapeFacts } from '../fleet/fleet-shape';
import {
  BARE_DATABASE,
  BenchDatabase,
  SERVICE_DATABASE,
  TUTORIAL_DATABASE,
  type TouchedTable,
} from './bench-database';
import { BenchChild } from './bench-child';
import { readFleetState } from '../seed/read-fleet-state';
import { seedTutorial } from '../seed/seed-tutorial';
import { prepareFleet, prepareLoad } from './prepare-fleet';
import { ServiceProcess } from './service-process';

/** A server of ours that is only there to be compared with. */
export type Baseline = { readonly child: BenchChild; readonly port: number };

/** What a row may need besides the service and the load generator. */
export type BaselineName = 'bare' | 'echo' | 'nestEcho' | 'tutorial';

/**
 * Everything that a run needs, started and filled: one PostgreSQL, the service, the load generator, the
 * baselines.
 */
export class BenchStage {
  private constructor(
    readonly folder: string,
    readonly database: BenchDatabase,
    readonly service: ServiceProcess,
    readonly adminToken: string,
    readonly load: BenchChild,
    readonly baselines: Readonly<Partial<Record<BaselineName, Baseline>>>,
    readonly shape: FleetShape,
  ) {}

  /**
   * Starts everything; what was started is stopped again when a later step fails. `toStop` lets a signal stop
   * it, too.
   */
  static async set(
    options: BenchOptions,
    folder: string,
    needs: ReadonlySet<BaselineName>,
    toStop: Stoppables,
    say: (text: string) => void,
  ): Promise<BenchStage> {
    const database = await BenchDatabase.start(join(folder, 'data'));
    toStop.add(() => database.stop());
    const { machines, seed } = options;
    const facts = await prepareFleet(database, folder, { database: SERVICE_DATABASE, machines, seed }, say);
    const shape = makeFleetShape(facts.shape);
    if (needs.has('bare')) {
      await database.drop(BARE_DATABASE);
      await database.copy(SERVICE_DATABASE, BARE_DATABASE);
    }
    const baselines = await startBaselines(database, needs, shape, facts.shape, toStop);
    await database.touch(tablesToTouch(needs));
    const state = await database.with(SERVICE_DATABASE, (client) => readFleetState(client, machines));
    const service = await ServiceProcess.start({
      ...facts.secrets,
      databaseUrl: database.url(SERVICE_DATABASE),
      logFile: join(folder, 'service.log'),
      profileDir: options.profileDir,
    });
    toStop.add(() => service.stop());
    const load = new BenchChild('load/load-worker.js');
    toStop.add(() => load.stop());
    await load.ask(prepareLoad(facts, state, options.uptime));
    return new BenchStage(folder, database, service, facts.secrets.adminToken, load, baselines, shape);
  }

  baseline(name: BaselineName): Baseline {
    const baseline = this.baselines[name];
    if (baseline === undefined) throw new Error(`${name} was not started`);
    return baseline;
  }
}

/** What has to be stopped, the last first; each is stopped once, also when stopping another fails. */
export class Stoppables {
  private readonly stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void>): void {
    this.stops.push(stop);
  }

  async stopAll(): Promise<void> {
    for (let stop = this.stops.pop(); stop !== undefined; stop = this.stops.pop()) {
      await stop().catch((error: unknown) => process.stderr.write(`stopping failed: ${String(error)}\n`));
    }
  }
}

/** The tables that are written, each in its database. */
function tablesToTouch(needs: ReadonlySet<BaselineName>): readonly TouchedTable[] {
  const status = { table: 'machine_status', column: 'heard_at' };
  const tutorial = { database: TUTORIAL_DATABASE, table: 'tutorial_machine', column: 'seq' };
  return [
    { database: SERVICE_DATABASE, ...status },
    ...(needs.has('bare') ? [{ database: BARE_DATABASE, ...status }] : []),
    ...(needs.has('tutorial') ? [tutorial] : []),
  ];
}

async function startBaselines(
  database: BenchDatabase,
  needs: ReadonlySet<BaselineName>,
  shape: FleetShape,
  shapeFacts: FleetShapeFacts,
  toStop: Stoppables,
): Promise<Partial<Record<BaselineName, Baseline>>> {
  const baselines: Partial<Record<BaselineName, Baseline>> = {};
  const start = async (name: BaselineName, file: string, command: object): Promise<void> => {
    const child = new BenchChild(file);
    toStop.add(() => child.stop());
    baselines[name] = { child, port: (await child.ask<number | null>(command)) ?? 0 };
  };
  if (needs.has('bare')) {
    const url = database.url(BARE_DATABASE);
    await database.settle(BARE_DATABASE);
    await start('bare', 'baselines/bare-update-worker.js', { kind: 'PREPARE', url, shape: shapeFacts });
  }
  if (needs.has('echo')) await start('echo', 'baselines/echo-worker.js', { kind: 'START' });
  if (needs.has('nestEcho')) await start('nestEcho', 'baselines/nest-echo-worker.js', { kind: 'START' });
  if (needs.has('tutorial')) {
    await database.recreate(TUTORIAL_DATABASE);
    await start('tutorial', 'baselines/tutorial-worker.js', {
      kind: 'START',
      url: database.url(TUTORIAL_DATABASE),
    });
    await database.with(TUTORIAL_DATABASE, (client) => seedTutorial(client, shape));
    await database.settle(TUTORIAL_DATABASE);
  }
  return baselines;
}
