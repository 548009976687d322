import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BenchOptions } from '../bench-options';
import { makeFleetShape, type FleetShape, type FleetShapeFacts } from '../fleet/fleet-shape';
import type { PrepareLoad } from '../load/load-command';
import {
  BARE_DATABASE,
  BenchDatabase,
  SERVICE_DATABASE,
  TUTORIAL_DATABASE,
  type TouchedTable,
} from './bench-database';
import { BenchChild } from './bench-child';
import { makeModelMachines } from './model-machines';
import { seedFleet } from './seed-fleet';
import { seedTutorial } from './seed-tutorial';
import { importSyntheticPractices, ServiceProcess, type ServiceOptions } from './service-process';
import { makeTempFolder, removeTempFolder } from './temp-folder';

/** A server of ours that is only there to be compared with. */
export type Baseline = { readonly child: BenchChild; readonly port: number };

/** What a row may need besides the service and the load generator. */
export type BaselineName = 'bare' | 'echo' | 'nestEcho' | 'tutorial';

const SECRET_BYTES = 32;

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
    needs: ReadonlySet<BaselineName>,
    toStop: Stoppables,
    say: (text: string) => void,
  ): Promise<BenchStage> {
    const folder = await makeTempFolder(options.tempDir);
    toStop.add(() => removeTempFolder(folder));
    const database = await BenchDatabase.start(join(folder, 'data'));
    toStop.add(() => database.stop());
    const serviceOptions: ServiceOptions = {
      databaseUrl: database.url(SERVICE_DATABASE),
      adminToken: randomBytes(SECRET_BYTES).toString('base64url'),
      credentialKeyHex: randomBytes(SECRET_BYTES).toString('hex'),
      logFile: join(folder, 'service.log'),
      profileDir: null,
    };
    const { shapeFacts, prepare } = await seed(options, database, serviceOptions, say);
    const shape = makeFleetShape(shapeFacts);
    if (needs.has('bare')) await database.copy(SERVICE_DATABASE, BARE_DATABASE);
    const baselines = await startBaselines(database, needs, shape, shapeFacts, toStop);
    await database.touch(tablesToTouch(needs));
    const service = await ServiceProcess.start({ ...serviceOptions, profileDir: options.profileDir });
    toStop.add(() => service.stop());
    const load = new BenchChild('load/load-worker.js');
    toStop.add(() => load.stop());
    await load.ask(prepare);
    return new BenchStage(folder, database, service, serviceOptions.adminToken, load, baselines, shape);
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

/**
 * Brings practices, models, fleet and a relay's credential into the database, and stops the service again.
 */
async function seed(
  options: BenchOptions,
  database: BenchDatabase,
  serviceOptions: ServiceOptions,
  say: (text: string) => void,
): Promise<{ shapeFacts: FleetShapeFacts; prepare: PrepareLoad }> {
  const startedMs = performance.now();
  await importSyntheticPractices(serviceOptions);
  const service = await ServiceProcess.start(serviceOptions);
  try {
    const practiceCodes = await database.with(SERVICE_DATABASE, async (client) => {
      const { rows } = await client.query<{ code: string }>('SELECT code FROM practice ORDER BY code');
      return rows.map(({ code }) => code);
    });
    const models = await makeModelMachines(service, serviceOptions, practiceCodes, Date.now());
    const { createRelayCredential } = await service.graphql<{
      createRelayCredential: { credential: string };
    }>('mutation { createRelayCredential(input: { organisation: "ENGLAND" }) { credential } }');
    await service.stop();
    const shapeFacts = { machines: options.machines, practiceCodes, seed: options.seed };
    const shape = makeFleetShape(shapeFacts);
    await database.with(SERVICE_DATABASE, (client) =>
      seedFleet(
        client,
        shape,
        models,
        everyTenth((tenths) => say(`seeding: ${tenths * 10} %`)),
      ),
    );
    await database.settle(SERVICE_DATABASE);
    say(
      `seeded ${options.machines} machines in ${practiceCodes.length} practices ` +
        `in ${Math.round((performance.now() - startedMs) / 1_000)} s`,
    );
    const prepare: PrepareLoad = {
      kind: 'PREPARE',
      shape: shapeFacts,
      bootedAtMs: models.bootedAtMs,
      uptime: options.uptime,
      relayCredential: createRelayCredential.credential,
      credentialKeyHex: serviceOptions.credentialKeyHex,
    };
    return { shapeFacts, prepare };
  } finally {
    await service.stop();
  }
}

/** Passes on when another tenth is full. */
function everyTenth(tell: (tenths: number) => void): (share: number) => void {
  let told = 0;
  return (share) => {
    const tenths = Math.floor(share * 10);
    if (tenths > told) tell(tenths);
    told = Math.max(told, tenths);
  };
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
    await database.create(TUTORIAL_DATABASE);
    await start('tutorial', 'baselines/tutorial-worker.js', {
      kind: 'START',
      url: database.url(TUTORIAL_DATABASE),
    });
    await database.with(TUTORIAL_DATABASE, (client) => seedTutorial(client, shape));
    await database.settle(TUTORIAL_DATABASE);
  }
  return baselines;
}
