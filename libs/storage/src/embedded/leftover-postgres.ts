import { execFile } from 'node:child_process';
import { readFile, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { runPostgresProgram } from './postgres-program';
import { isProcessNumberInUse, readLinuxProcessStat } from './process-identity';

const execFileAsync = promisify(execFile);

/** Fast shutdown writes what is dirty in memory, up to a quarter of it. Immediate shutdown only ends processes. */
export const FAST_STOP_MS = 30_000;
export const IMMEDIATE_STOP_MS = 10_000;
const POLL_EVERY_MS = 20;

/**
 * Stops whatever still runs on a cluster although its service is gone: the whole server after `kill -9` of
 * the service, or single sessions busy with a long statement after `kill -9` of the server's first process.
 * Call it only while holding the data folder's lock. Afterwards a new server can start; it recovers what was
 * committed.
 *
 * Removes a `postmaster.pid` that names no server of this cluster: after a container restarts, that number
 * belongs to some other process of the same user, and PostgreSQL would refuse to start for ever.
 *
 * @returns the processes that were stopped
 * @throws Error naming the processes that would not end
 */
export async function stopLeftoverPostgres(clusterDir: string, pgCtl: string): Promise<readonly number[]> {
  if (process.platform === 'win32') {
    const pid = await readPostmasterPid(clusterDir);
    return pid !== null && (await stopWithPgCtl(clusterDir, pgCtl)) ? [pid] : [];
  }
  const found = await processesOf(clusterDir);
  if (found.length > 0) {
    const postmaster = await readPostmasterPid(clusterDir);
    const targets = found.filter((pid) => pid === postmaster);
    // Fast: ends sessions, writes a checkpoint, so that the next start needs no recovery.
    if (targets.length > 0) await signalAndWait(clusterDir, targets, 'SIGINT', FAST_STOP_MS);
    // Immediate, for sessions without their first process too: the log has all that was committed.
    await signalAndWait(clusterDir, await processesOf(clusterDir), 'SIGQUIT', IMMEDIATE_STOP_MS);
    const remaining = await processesOf(clusterDir);
    if (remaining.length > 0) {
      throw new Error(
        `PostgreSQL still runs on ${clusterDir} and does not stop: processes ${remaining.join(', ')}.`,
      );
    }
  }
  if (process.platform === 'linux') await rm(join(clusterDir, 'postmaster.pid'), { force: true });
  return found;
}

/** Windows has no signals; `pg_ctl` speaks to the server through a pipe. False when none was running. */
export async function stopWithPgCtl(clusterDir: string, pgCtl: string): Promise<boolean> {
  const args = ['stop', '-D', clusterDir, '-m', 'fast', '-w', '-t', String(FAST_STOP_MS / 1_000)];
  const program = { binary: pgCtl, account: null, paths: [], args: () => args };
  const { exitCode } = await runPostgresProgram(program, FAST_STOP_MS + IMMEDIATE_STOP_MS);
  return exitCode === 0;
}

/** The number in the first line of the server's own lock file; null when there is none. */
async function readPostmasterPid(clusterDir: string): Promise<number | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : null;
}

/** Every process of a server works in its cluster's folder, which tells it from other servers here. */
async function processesOf(clusterDir: string): Promise<number[]> {
  if (process.platform !== 'linux') return processesByPostmasterPid(clusterDir);
  const cluster = await realpath(clusterDir).catch(() => null);
  if (cluster === null) return [];
  const candidates = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const ours = await Promise.all(
    candidates.map(async (pid) => {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
      return folder === cluster && (await readLinuxProcessStat(pid))?.command === 'postgres' ? [pid] : [];
    }),
  );
  return ours.flat();
}

/** Without /proc: the process named by the server's lock file, if its command line names this folder. */
async function processesByPostmasterPid(clusterDir: string): Promise<number[]> {
  const pid = await readPostmasterPid(clusterDir);
  if (pid === null || !isProcessNumberInUse(pid)) return [];
  const answer = await execFileAsync('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => null);
  const command = answer?.stdout ?? '';
  return command.includes('postgres') && command.includes(clusterDir) ? [pid] : [];
}

async function signalAndWait(
  clusterDir: string,
  pids: readonly number[],
  signal: NodeJS.Signals,
  waitMs: number,
): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += POLL_EVERY_MS) {
    if ((await processesOf(clusterDir)).length === 0) return;
    await pause(POLL_EVERY_MS);
  }
}
