import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, stopOrphanedPostgres } from '../../libs/storage/src/embedded-postgres';
import { isProcessNumberInUse } from '../../libs/storage/src/embedded/process-identity';
import {
  databaseUrl,
  runStatement,
  TEMPLATE_DATABASE,
  TEST_FOLDER_NAME,
  testFolderPrefix,
  type TestRun,
} from './database';

/** Tests' data is disposable, so nothing waits for the disk. Spec files side by side need more sessions. */
const TEST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  min_wal_size: '80MB',
  max_connections: '200',
};

/**
 * Jest's `globalSetup`: one embedded PostgreSQL per run, however many projects name this file, with a
 * migrated template that `createTestDatabase` copies. Its URL goes to the workers as `TEST_POSTGRES_URL`.
 */
async function startTestPostgres(): Promise<void> {
  const run = globalThis as TestRun;
  if (run.stopTestPostgres !== undefined) return;
  await clearAbortedRuns();
  const dataDir = await mkdtemp(testFolderPrefix());
  const postgres = await startEmbeddedPostgres({ dataDir, settings: TEST_SETTINGS, log: () => undefined });
  const forgetSignals = onAbort(() => {
    process.kill(postgres.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true });
  });
  const stopTestPostgres = async (): Promise<void> => {
    forgetSignals();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await makeTemplate(postgres.url);
  } catch (error) {
    // Jest runs no teardown after a failed setup.
    await stopTestPostgres();
    throw error;
  }
  run.stopTestPostgres = stopTestPostgres;
  process.env['TEST_POSTGRES_URL'] = postgres.url;
}

async function makeTemplate(clusterUrl: string): Promise<void> {
  await runStatement(clusterUrl, `CREATE DATABASE ${TEMPLATE_DATABASE}`);
  const restoreResolution = resolveAppAliases();
  try {
    const { migrateDatabase } = await import('@app/storage');
    await migrateDatabase(databaseUrl(clusterUrl, TEMPLATE_DATABASE));
  } finally {
    restoreResolution();
  }
  // A template with a visitor cannot be copied, so nobody may visit.
  await runStatement(
    clusterUrl,
    `ALTER DATABASE ${TEMPLATE_DATABASE} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`,
  );
}

/**
 * Jest transforms what a setup file requires but does not apply `moduleNameMapper` to it, so `@app/…` is
 * resolved here as in jest.config.cjs. Node 20 has no public hook for that. Returns what undoes it.
 */
function resolveAppAliases(): () => void {
  type Resolve = (this: unknown, request: string, ...rest: readonly unknown[]) => string;
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const original = loader._resolveFilename;
  loader._resolveFilename = function resolveFilename(request, ...rest) {
    const library = /^@app\/(.+)$/.exec(request)?.[1];
    const target = library === undefined ? request : join(__dirname, '../../libs', library, 'src');
    return original.call(this, target, ...rest);
  };
  return () => {
    loader._resolveFilename = original;
  };
}

/** Jest ends on Ctrl-C without teardown, and the server does not hear Ctrl-C. Returns what unregisters it. */
function onAbort(abort: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const listeners = signals.map((signal) => ({
    signal,
    listener: () => {
      try {
        abort();
      } finally {
        forget();
        process.kill(process.pid, signal);
      }
    },
  }));
  const forget = (): void => {
    listeners.forEach(({ signal, listener }) => process.off(signal, listener));
  };
  listeners.forEach(({ signal, listener }) => process.on(signal, listener));
  return forget;
}

/** Removes folders, and servers that still run in them, of test processes that are gone. No others. */
async function clearAbortedRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = TEST_FOLDER_NAME.exec(name)?.[1];
    if (owner === undefined || isProcessNumberInUse(Number(owner))) continue;
    const folder = join(tmpdir(), name);
    try {
      await stopOrphanedPostgres(folder);
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      process.stderr.write(`${folder} of an aborted test run could not be removed: ${String(error)}\n`);
    }
  }
}

// Jest takes what the module is, not a name of it.
export = startTestPostgres;
