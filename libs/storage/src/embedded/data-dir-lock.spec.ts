import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireDataDirLock, DataDirHeldError } from './data-dir-lock';

describe('the lock of a data folder', () => {
  let dataDir = '';

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'data-dir-lock-'));
  });

  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('goes to exactly one of many that want it at once, and to the next when released', async () => {
    for (let round = 0; round < 5; round += 1) {
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => acquireDataDirLock(dataDir)));
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(won).toHaveLength(1);
      expect(lost.every(({ reason }) => reason instanceof DataDirHeldError)).toBe(true);
      await won[0]?.value.release();
    }
  });

  it('is not held by a process that merely got the number of the holder', async () => {
    await writeFile(
      join(dataDir, 'service.lock.7'),
      JSON.stringify({ pid: process.pid, startId: 'an earlier one' }),
    );

    await (await acquireDataDirLock(dataDir)).release();

    expect(await readdir(dataDir)).toEqual(['service.lock.8']);
  });

  it('is not held by a lock that was never written to its end', async () => {
    await writeFile(join(dataDir, 'service.lock.1'), '{"pid": 1');

    await expect(acquireDataDirLock(dataDir)).resolves.toBeDefined();
  });
});
