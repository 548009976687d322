import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { identifyProcess, isSameProcessAlive, type ProcessIdentity } from './process-identity';

/** Another live service holds the data folder; nothing was touched. */
export class DataDirHeldError extends Error {
  override readonly name = 'DataDirHeldError';

  constructor(
    readonly dataDir: string,
    readonly holderPid: number,
  ) {
    super(
      `The data folder ${dataDir} is held by the running process ${holderPid}. Stop that process first, ` +
        'or choose another data folder.',
    );
  }
}

/** The right to use one data folder, until released or until this process ends. */
export type DataDirLock = { release(): Promise<void> };

type LockEntry = ProcessIdentity & { readonly released: boolean };

const LOCK_NAME = /^service\.lock\.(\d{1,12})$/;
/** A lock file is written right after it is created; a reader waits this long for the words to appear. */
const UNFINISHED_READS_MAX = 20;
const UNFINISHED_PAUSE_MS = 25;
/** Each lost race means that somebody else got on; ten in a row would be a broken file system. */
const ATTEMPTS_MAX = 10;

/**
 * Takes the data folder for this process, or throws `DataDirHeldError` when another live process has it. The
 * holder is known by process number and start time, so that a number handed out again is not mistaken for the
 * holder.
 *
 * Node has no `flock`, and "delete the stale file, then create mine" lets two starters both win. So locks are
 * numbered and the highest number counts:
 * 1. Read the highest lock. Held by a live process: refuse.
 * 2. Otherwise create the next number exclusively. One of several starters succeeds, the others go back to 1.
 * 3. Only then remove the lower ones. The highest is never removed, releasing marks it instead: if numbers
 *    began anew, a starter that read long ago could still create its number beside a younger, lower one.
 *
 * Limit: processes that share the folder but not the process numbers (two containers on one volume) do not
 * see each other.
 */
export async function acquireDataDirLock(dataDir: string): Promise<DataDirLock> {
  const own: LockEntry = { ...(await identifyProcess(process.pid)), released: false };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const numbers = await lockNumbers(dataDir);
    const highest = numbers.at(-1) ?? 0;
    const holder = highest === 0 ? null : await readEntry(lockPath(dataDir, highest));
    if (holder !== null && !holder.released && (await isSameProcessAlive(holder))) {
      throw new DataDirHeldError(dataDir, holder.pid);
    }
    if (!(await createExclusively(lockPath(dataDir, highest + 1), own))) continue;
    await Promise.all(numbers.map((number) => rm(lockPath(dataDir, number), { force: true })));
    return { release: () => markReleased(lockPath(dataDir, highest + 1), own) };
  }
  throw new Error(
    `The data folder ${dataDir} could not be locked: its lock files change faster than they can be read.`,
  );
}

function lockPath(dataDir: string, number: number): string {
  return join(dataDir, `service.lock.${number}`);
}

async function lockNumbers(dataDir: string): Promise<number[]> {
  const names = await readdir(dataDir);
  return names.flatMap((name) => LOCK_NAME.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

async function createExclusively(path: string, entry: LockEntry): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(entry), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null when the file is gone, or stays unreadable: its writer ended between creating and writing it. */
async function readEntry(path: string): Promise<LockEntry | null> {
  for (let read = 0; read < UNFINISHED_READS_MAX; read += 1) {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    const entry = parseEntry(text);
    if (entry !== null) return entry;
    await pause(UNFINISHED_PAUSE_MS);
  }
  return null;
}

function parseEntry(text: string): LockEntry | null {
  try {
    const entry = JSON.parse(text) as Partial<LockEntry> | null;
    if (typeof entry?.pid !== 'number') return null;
    return { pid: entry.pid, startId: entry.startId ?? null, released: entry.released === true };
  } catch {
    return null;
  }
}

/**
 * Replaced in one step, so that no reader sees half a line. A folder that was deleted meanwhile needs no
 * release.
 */
async function markReleased(path: string, own: LockEntry): Promise<void> {
  const draft = `${path}.released`;
  try {
    await writeFile(draft, JSON.stringify({ ...own, released: true }), { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
