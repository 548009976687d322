import { stopOrphanedPostgres } from '@app/storage';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The number of the process in the name lets a later run clear away what one that was killed left behind. */
const PREFIX = 'recovery-bench-';
const FOLDER = /^recovery-bench-(\d+)-/;

/** The folder of a run: one that stays, or a temporary one. */
export async function makeFolder(keepDir: string | null, tempDir: string | null): Promise<string> {
  if (keepDir === null) return makeTempFolder(tempDir);
  await mkdir(keepDir, { recursive: true });
  return keepDir;
}

/** Where the fleet of a size lies, in the folder of a run. */
export async function fleetFolder(folder: string, machines: number): Promise<string> {
  const own = join(folder, `fleet-${machines}`);
  await mkdir(own, { recursive: true });
  return own;
}

async function makeTempFolder(parent: string | null): Promise<string> {
  const folder = parent ?? tmpdir();
  await clearLeftovers(folder);
  return mkdtemp(join(folder, `${PREFIX}${process.pid}-`));
}

export async function removeTempFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function clearLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(FOLDER.exec(name)?.[1] ?? 0);
    if (pid === 0 || isAlive(pid)) continue;
    const folder = join(parent, name);
    await stopOrphanedPostgres(folder)
      .then(() => removeTempFolder(folder))
      .catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
