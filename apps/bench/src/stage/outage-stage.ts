import { join } from 'node:path';
import type { BenchOptions } from '../bench-options';
import { makeFleetShape, type FleetShape } from '../fleet/fleet-shape';
import { readFleetState } from '../seed/read-fleet-state';
import { BenchChild } from './bench-child';
import { BenchDatabase, SERVICE_DATABASE } from './bench-database';
import type { Stoppables } from './bench-stage';
import { prepareFleet, prepareLoad, type FleetFacts } from './prepare-fleet';
import { ServiceProcess } from './service-process';

/** England's machines at GP practices, beside which the outage is looked at. */
const ENGLAND_MACHINES = 225_000;
const ENGLAND_DATABASE = 'recovery_england';
/** More often than by default, so that a trial of some seconds sees some. */
const SWEEP_EVERY_SECONDS = 5;

/** A service and the fleet in its database. */
export type ServedFleet = {
  readonly service: ServiceProcess;
  readonly adminToken: string;
  readonly machines: number;
};

/** What the trials with the fleet of the outage need: the service with it, one with England's, and two generators of load. */
export class OutageStage {
  private constructor(
    readonly options: BenchOptions,
    readonly folder: string,
    readonly database: BenchDatabase,
    readonly facts: FleetFacts,
    readonly shape: FleetShape,
    readonly service: ServiceProcess,
    readonly england: ServedFleet,
    /** Sends heartbeats, and keeps the book about them. */
    readonly load: BenchChild,
    /** Asks questions meanwhile. */
    readonly reader: BenchChild,
    readonly say: (text: string) => void,
  ) {}

  static async set(
    options: BenchOptions,
    folder: string,
    toStop: Stoppables,
    say: (text: string) => void,
  ): Promise<OutageStage> {
    const database = await BenchDatabase.start(join(folder, 'data'));
    toStop.add(() => database.stop());
    const { machines, seed } = options;
    const england = await prepareFleet(
      database,
      folder,
      { database: ENGLAND_DATABASE, machines: Math.min(ENGLAND_MACHINES, machines), seed },
      say,
    );
    const facts = await prepareFleet(database, folder, { database: SERVICE_DATABASE, machines, seed }, say);
    const serve = async (name: string, { secrets }: FleetFacts): Promise<ServiceProcess> => {
      const service = await ServiceProcess.start({
        ...secrets,
        databaseUrl: database.url(name),
        logFile: join(folder, `${name}.log`),
        profileDir: name === SERVICE_DATABASE ? options.profileDir : null,
        sweepEverySeconds: SWEEP_EVERY_SECONDS,
      });
      toStop.add(() => service.stop());
      return service;
    };
    const service = await serve(SERVICE_DATABASE, facts);
    const englandService = await serve(ENGLAND_DATABASE, england);
    say('reading what the database knows of the fleet');
    const state = await database.with(SERVICE_DATABASE, (client) => readFleetState(client, machines));
    const [load, reader] = [0, 1].map(() => new BenchChild('load/load-worker.js')) as [
      BenchChild,
      BenchChild,
    ];
    toStop.add(() => load.stop());
    toStop.add(() => reader.stop());
    await load.ask(prepareLoad(facts, state, options.uptime));
    return new OutageStage(
      options,
      folder,
      database,
      facts,
      makeFleetShape(facts.shape),
      service,
      { service: englandService, adminToken: england.secrets.adminToken, machines: england.shape.machines },
      load,
      reader,
      say,
    );
  }

  get adminToken(): string {
    return this.facts.secrets.adminToken;
  }
}
