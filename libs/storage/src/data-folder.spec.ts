import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDataFolder } from './data-folder';

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'data-folder-'));
});

afterEach(async () => {
  await rm(place, { recursive: true });
});

it('makes the folder for its owner alone, and leaves one that is there', async () => {
  const folder = join(place, 'a', 'b');
  await makeDataFolder(folder);
  await writeFile(join(folder, 'kept'), '');
  await makeDataFolder(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'kept'))).isFile()).toBe(true);
});

it('says which folder cannot be made, why, and what to set', async () => {
  await writeFile(join(place, 'file'), '');
  const folder = join(place, 'file', 'data');
  await expect(makeDataFolder(folder)).rejects.toThrow(
    `The data folder ${folder} cannot be made (ENOTDIR). Set DATA_DIR to a folder that can be written.`,
  );
});
