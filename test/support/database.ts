import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

/** The migrated, empty database that every test database is a copy of. */
export const TEMPLATE_DATABASE = 'recovery_template';

/**
 * Where tests put what they leave on disk: the process number in the name lets a later run clear away what an
 * aborted one left behind.
 */
export const TEST_FOLDER_NAME = /^endpoint-recovery-test-(\d+)-/;

/** For `mkdtemp`: a folder of this process, matched by `TEST_FOLDER_NAME`. */
export function testFolderPrefix(): string {
  return join(tmpdir(), `endpoint-recovery-test-${process.pid}-`);
}

/** What `postgres.setup.ts` leaves on `globalThis` for `postgres.teardown.ts`, in Jest's own process. */
export type TestRun = { stopTestPostgres?: (() => Promise<void>) | undefined };

export type TestDatabase = { readonly url: string; drop(): Promise<void> };

/**
 * A database of its own: a copy of the migrated template on the cluster of this run. Independent of every
 * other one, so that spec files may run side by side. Drop it in `afterAll`; open connections are ended.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const clusterUrl = process.env['TEST_POSTGRES_URL'];
  if (clusterUrl === undefined) {
    throw new Error(
      'TEST_POSTGRES_URL is not set: only the Jest projects with postgres.setup.ts have a PostgreSQL.',
    );
  }
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  // Copying files takes half the time of logging every page, as checkpoints cost little without fsync.
  await runStatement(clusterUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE} STRATEGY FILE_COPY`);
  return {
    url: databaseUrl(clusterUrl, name),
    drop: () => runStatement(clusterUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** The same server, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** One statement on a connection of its own. */
export async function runStatement(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
