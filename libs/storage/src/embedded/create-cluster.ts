import { chown, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDED_USER } from './connection-facts';
import type { PostgresAccount } from './postgres-account';
import { runPostgresProgram } from './postgres-program';

/** A second on a laptop; a loaded machine with a slow disk gets all the time it may need. */
const INITDB_TIMEOUT_MS = 300_000;

/** A database cluster that does not exist yet. */
export type NewCluster = {
  readonly dataDir: string;
  /** Must not exist; its parent is `dataDir`. */
  readonly clusterDir: string;
  readonly initdb: string;
  readonly account: PostgresAccount;
  readonly password: string;
};

/**
 * Makes an empty cluster, whole or not at all: it is made under another name and renamed, so an interrupted
 * first start is simply done again.
 *
 * Text sorts and compares by code point and changes case as Unicode says (`C.UTF-8`, built into PostgreSQL):
 * the same on every platform, and never altered by an operating system's upgrade, which would corrupt text
 * indexes. Page checksums are on by default since PostgreSQL 18.
 */
export async function createCluster(cluster: NewCluster): Promise<void> {
  const { account, initdb } = cluster;
  const draftDir = join(cluster.dataDir, 'cluster.draft');
  // The password goes through a file, since arguments show in `ps`; initdb refuses a pipe there.
  const passwordFile = join(cluster.dataDir, 'initdb-password');
  await rm(draftDir, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  try {
    await mkdir(draftDir, { mode: 0o700 });
    await writeFile(passwordFile, `${cluster.password}\n`, { mode: 0o600, flag: 'wx' });
    if (account !== null) {
      await Promise.all([draftDir, passwordFile].map((path) => chown(path, account.uid, account.gid)));
    }
    const { exitCode, output } = await runPostgresProgram(
      { binary: initdb, account, paths: [draftDir, passwordFile], args: initdbArguments },
      INITDB_TIMEOUT_MS,
    );
    if (exitCode !== 0) {
      throw new Error(`initdb failed (exit code ${exitCode}): ${output}${adviceFor(output)}`);
    }
    await rename(draftDir, cluster.clusterDir);
    await syncFolder(cluster.dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draftDir, { recursive: true, force: true });
  }
}

/** Containers like to run under a number without a name: the server would not mind, but initdb does. */
function adviceFor(output: string): string {
  if (!output.includes('could not look up effective user ID')) return '';
  return '. Give this user an entry in /etc/passwd, start the service as another, or set DATABASE_URL.';
}

/**
 * A name in a folder survives a power cut once the folder is on disk. Without this the cluster could come
 * back under its draft name, with acknowledged rows in it, and be taken for rubbish. Windows knows no such
 * call for folders.
 */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function initdbArguments([clusterDir, passwordFile]: readonly string[]): readonly string[] {
  return [
    `--pgdata=${clusterDir}`,
    `--username=${EMBEDDED_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--text-search-config=english',
  ];
}
