import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * One process for its whole life. A process number alone is not enough: the system hands it out again, at
 * once after a container restarts. `startId` tells two users of one number apart; null where the platform
 * does not say.
 */
export type ProcessIdentity = { readonly pid: number; readonly startId: string | null };

/** What Linux tells about a live process: its program's short name and its start in ticks since boot. */
export type LinuxProcessStat = { readonly command: string; readonly startTicks: string };

/** Field 22 of `/proc/PID/stat` is the start time (proc(5)); those after the command begin with number 3. */
const START_TIME_INDEX = 22 - 3;

/**
 * Reads `/proc/PID/stat`. Null when there is no such process or it is a zombie: it has ended and only waits
 * to be collected, which never happens in a container whose first process collects nobody.
 */
export async function readLinuxProcessStat(pid: number): Promise<LinuxProcessStat | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The command stands in parentheses and may itself contain spaces and parentheses: split at the last one.
  const commandEnd = stat.lastIndexOf(')');
  const fields = stat.slice(commandEnd + 2).split(' ');
  const startTicks = fields[START_TIME_INDEX];
  if (startTicks === undefined || fields[0] === 'Z' || fields[0] === 'X') return null;
  return { command: stat.slice(stat.indexOf('(') + 1, commandEnd), startTicks };
}

/** The identity of a process as of now; `startId` is null when the process or the platform does not tell. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity> {
  return { pid, startId: await readStartId(pid) };
}

/**
 * Whether exactly this process still lives. In doubt (no start time known on either side) a live process
 * number counts as the same process: wrongly refusing is harmless, wrongly taking over is not.
 */
export async function isSameProcessAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!isProcessNumberInUse(identity.pid)) return false;
  if (process.platform === 'linux' && (await readLinuxProcessStat(identity.pid)) === null) return false;
  const startId = await readStartId(identity.pid);
  return startId === null || identity.startId === null || startId === identity.startId;
}

/** Whether the system has any process of that number, ours or not. */
export function isProcessNumberInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readStartId(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const stat = await readLinuxProcessStat(pid);
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return stat === null ? null : `${bootId.trim()}:${stat.startTicks}`;
  }
  if (process.platform === 'win32') return null;
  const started = await execFileAsync('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => null);
  return started === null || started.stdout.trim() === '' ? null : started.stdout.trim();
}
