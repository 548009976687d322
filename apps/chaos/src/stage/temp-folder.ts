import { stopOrphanedPostgres } from '@app/storage';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The number of the process in the name lets a later run clear away what one that was killed left behind. */
const PREFIX = 'recovery-chaos-';
const FOLDER = /^recovery-chaos-(\d+)-/;

/** Makes the folder of this run, and clears away those of runs that are gone. */
export async function makeTempFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(FOLDER.exec(name)?.[1] ?? 0);
    if (pid === 0 || isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    await stopOrphanedPostgres(join(folder, 'data'))
      .then(() => removeTempFolder(folder))
      .catch(() => undefined);
  }
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

export async function removeTempFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
