import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UptimeStyle } from '../bench-options';
import type { FleetState } from '../fleet/fleet-lives';
import { makeFleetShape, type FleetShapeFacts } from '../fleet/fleet-shape';
import type { PrepareLoad } from '../load/load-command';
import { bootedBefore, makeModelMachines, modelClock } from '../seed/model-machines';
import { seedFleet } from '../seed/seed-fleet';
import type { BenchDatabase } from './bench-database';
import { importSyntheticPractices, ServiceProcess, type ServiceSecrets } from './service-process';

/** What has to be known of a fleet in a database to go on with it, in this run or a later one. */
export type FleetFacts = {
  readonly shape: FleetShapeFacts;
  /** When every machine that reports booted. */
  readonly bootedAtMs: number;
  readonly secrets: ServiceSecrets;
  readonly relayCredential: string;
};

export type WantedFleet = {
  /** Name of its database. */
  readonly database: string;
  readonly machines: number;
  readonly seed: number;
};

const SECRET_BYTES = 32;
const SECOND_MS = 1_000;

/**
 * Makes sure that a database holds the fleet: takes the one that an earlier run left in the folder, when it is the one that is
 * wanted, or makes it anew. Practices, models, fleet and a relay's credential; the service that the models need is gone again
 * afterwards.
 */
export async function prepareFleet(
  server: BenchDatabase,
  folder: string,
  wanted: WantedFleet,
  say: (text: string) => void,
): Promise<FleetFacts> {
  const file = join(folder, `${wanted.database}.fleet.json`);
  const kept = await readFacts(file);
  if (kept?.shape.machines === wanted.machines && kept.shape.seed === wanted.seed) {
    say(`going on with the fleet of ${wanted.machines} machines in ${folder}`);
    return kept;
  }
  await rm(file, { force: true });
  await server.recreate(wanted.database);
  const facts = await makeFleet(server, folder, wanted, say);
  await writeFile(file, JSON.stringify(facts));
  return facts;
}

async function readFacts(file: string): Promise<FleetFacts | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as FleetFacts);
}

async function makeFleet(
  server: BenchDatabase,
  folder: string,
  { database, machines, seed }: WantedFleet,
  say: (text: string) => void,
): Promise<FleetFacts> {
  const startedMs = performance.now();
  const nowMs = Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
  const secrets: ServiceSecrets = {
    adminToken: randomBytes(SECRET_BYTES).toString('base64url'),
    credentialKeyHex: randomBytes(SECRET_BYTES).toString('hex'),
  };
  const options = {
    ...secrets,
    databaseUrl: server.url(database),
    logFile: join(folder, 'service.log'),
    profileDir: null,
    clock: modelClock(nowMs),
  };
  await importSyntheticPractices(options);
  const practiceCodes = await server.with(database, async (client) => {
    const { rows } = await client.query<{ code: string }>('SELECT code FROM practice ORDER BY code');
    return rows.map(({ code }) => code);
  });
  const service = await ServiceProcess.start(options);
  try {
    const models = await makeModelMachines(service, secrets, practiceCodes, nowMs);
    const { createRelayCredential } = await service.graphql<{
      createRelayCredential: { credential: string };
    }>('mutation { createRelayCredential(input: { organisation: "ENGLAND" }) { credential } }');
    await service.stop();
    const shape = { machines, practiceCodes, seed };
    const progress = everyTenth((tenths) => say(`seeding ${machines} machines: ${tenths * 10} %`));
    await seedFleet(server.url(database), makeFleetShape(shape), models, progress);
    await server.settle(database);
    const seconds = Math.round((performance.now() - startedMs) / SECOND_MS);
    say(`seeded ${machines} machines in ${practiceCodes.length} practices in ${seconds} s`);
    const relayCredential = createRelayCredential.credential;
    return { shape, bootedAtMs: bootedBefore(nowMs), secrets, relayCredential };
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

/** What the load generator is told about a fleet. */
export function prepareLoad(facts: FleetFacts, state: FleetState, uptime: UptimeStyle): PrepareLoad {
  return {
    kind: 'PREPARE',
    shape: facts.shape,
    state,
    bootedAtMs: facts.bootedAtMs,
    uptime,
    relayCredential: facts.relayCredential,
    credentialKeyHex: facts.secrets.credentialKeyHex,
  };
}
