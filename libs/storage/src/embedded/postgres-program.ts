import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { PostgresAccount } from './postgres-account';

/** One run of a PostgreSQL program. `args` receives the names by which the program can open `paths`. */
export type PostgresProgram = {
  readonly binary: string;
  readonly account: PostgresAccount;
  readonly paths: readonly string[];
  readonly args: (paths: readonly string[]) => readonly string[];
};

/** The first descriptor after standard input, output and error. */
const FIRST_EXTRA_DESCRIPTOR = 3;

/**
 * Nothing is inherited: PG* variables would change what the programs do, and the service's own variables hold
 * secrets that have no business in another process. (Node adds what Windows cannot do without.)
 */
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Starts a PostgreSQL program, its output and error piped to us.
 *
 * In its own session and process group (`detached`): Ctrl-C in a terminal goes to the whole foreground group,
 * and the server must outlive the service's own shutdown, which first finishes what it accepted.
 *
 * Under a lent account the paths are handed over as open descriptors and named `/proc/self/fd/N`. The account
 * often cannot walk to them (a checkout below a home only its owner may enter, a data folder only root may
 * enter), and opening our parents to it would be worse. The descriptors are inherited by everything the
 * program starts.
 */
export function startPostgresProgram(program: PostgresProgram): ChildProcess {
  const { account, binary, paths } = program;
  if (account === null) {
    return spawn(binary, program.args(paths), {
      detached: true,
      windowsHide: true,
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  const descriptors = paths.map((path) => openSync(path, 'r'));
  try {
    return spawn(
      binary,
      program.args(descriptors.map((_, index) => `/proc/self/fd/${FIRST_EXTRA_DESCRIPTOR + index}`)),
      {
        detached: true,
        env: ENVIRONMENT,
        // Dropping to the account also drops root's supplementary groups (libuv does that with setgroups).
        uid: account.uid,
        gid: account.gid,
        // Ours may be a folder the account cannot read, which confuses the shell that initdb uses.
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
      },
    );
  } finally {
    descriptors.forEach((descriptor) => {
      closeSync(descriptor);
    });
  }
}

/** How a program ended; `output` is the end of what it wrote, enough to say why it failed. */
export type ProgramResult = { readonly exitCode: number | null; readonly output: string };

const OUTPUT_CHARS_MAX = 8_000;

/** Runs a PostgreSQL program to its end, at most `timeoutMs`. Rejects only when it could not be started. */
export async function runPostgresProgram(
  program: PostgresProgram,
  timeoutMs: number,
): Promise<ProgramResult> {
  const child = startPostgresProgram(program);
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        resolve({ exitCode, output: output.trim() });
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
