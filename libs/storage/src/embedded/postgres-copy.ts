import { chmod, cp, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isProcessNumberInUse } from './process-identity';

/** A copy of the installed programs in a folder of ours. */
export type PostgresCopy = {
  /** The `native` folder of the platform package. Never written to: it may be read-only, and is not ours. */
  readonly installed: string;
  /** Where copies are kept, one folder for each version. Made when it is missing. */
  readonly root: string;
  /** Whether other accounts run it too; else it is for this one alone. */
  readonly shared: boolean;
};

/** A link that the package ships as a line of `pg-symlinks.json`, because npm packs no links; by paths inside `native`. */
type Link = { readonly path: string; readonly target: string };

/**
 * Gives a complete copy of the installed programs, with the links that the package's own install script would make. npm 12, and
 * any npm with `--ignore-scripts`, does not run it, and without them the loader finds no libraries.
 *
 * What bears the name is compared with the package byte by byte each time, and made again when it differs: a power cut or a full disk may
 * have left half of it. It is made beside its name and renamed, so that nobody ever runs an unfinished one.
 *
 * @param onCopied told the folder when it was made (60 MB, once per version)
 * @returns the copy's folder
 * @throws Error when it cannot be made here
 */
export async function providePostgresCopy(
  copy: PostgresCopy,
  onCopied: (folder: string) => void,
): Promise<string> {
  const { installed, root, shared } = copy;
  const manifest = JSON.parse(await readFile(join(installed, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(root, `postgres-${manifest.version}`);
  await mkdir(root, { recursive: true, mode: shared ? 0o755 : 0o700 });
  await requireOurs(root, shared);
  await removeDrafts(root);
  const links = await linksOf(installed);
  if (await isComplete(folder, installed, links)) {
    await requireOurs(folder, shared);
    return folder;
  }
  const draft = `${folder}.${process.pid}.part`;
  const broken = `${folder}.${process.pid}.broken.part`;
  try {
    await cp(installed, draft, { recursive: true, verbatimSymlinks: true });
    await makeLinks(draft, links);
    if (shared) await makeReadable(draft);
    if (!(await isComplete(draft, installed, links)))
      throw new Error(`The copy in ${draft} is not complete.`);
    // Another process may have finished the same copy meanwhile: then that one is as good.
    if (!(await isComplete(folder, installed, links))) {
      await rename(folder, broken).catch(ignoreMissing);
      await rename(draft, folder);
      onCopied(folder);
    }
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(broken, { recursive: true, force: true });
  }
  return folder;
}

/** Links of the package; none where it ships no list of them, as for Windows. */
async function linksOf(installed: string): Promise<readonly Link[]> {
  const text = await readFile(join(installed, 'pg-symlinks.json'), 'utf8').catch(ignoreMissing);
  const entries = JSON.parse(text ?? '[]') as readonly { readonly source: string; readonly target: string }[];
  const inside = (path: string): string => relative('native', path);
  return entries.map(({ source, target }) => ({
    path: inside(target),
    target: relative(dirname(target), source),
  }));
}

async function makeLinks(folder: string, links: readonly Link[]): Promise<void> {
  for (const { path, target } of links) {
    await rm(join(folder, path), { force: true });
    await symlink(target, join(folder, path));
  }
}

/** Whether the folder has every link, and every file of the package with the same bytes. */
async function isComplete(folder: string, installed: string, links: readonly Link[]): Promise<boolean> {
  for (const { path, target } of links) {
    if ((await readlink(join(folder, path)).catch(() => null)) !== target) return false;
  }
  const linked = new Set(links.map(({ path }) => path));
  const entries = await readdir(installed, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    const path = relative(installed, join(entry.parentPath, entry.name));
    if (entry.isFile() && !linked.has(path) && !(await isSameFile(join(folder, path), join(installed, path))))
      return false;
  }
  return true;
}

async function isSameFile(copied: string, original: string): Promise<boolean> {
  const [found, wanted] = await Promise.all([lstat(copied).catch(() => null), lstat(original)]);
  if (found?.isFile() !== true || found.size !== wanted.size) return false;
  const [foundBytes, wantedBytes] = await Promise.all([readFile(copied), readFile(original)]);
  return foundBytes.equals(wantedBytes);
}

/** Programs are run from here: a folder that another user owns, put there to be found, is refused. */
async function requireOurs(folder: string, shared: boolean): Promise<void> {
  const found = await lstat(folder);
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new Error(`${folder} belongs to another user.`);
  }
  if (shared) await chmod(folder, 0o755);
}

async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await lstat(path);
    const mayRun = entry.isDirectory() || (mode & 0o100) !== 0;
    await chmod(path, mayRun ? 0o755 : 0o644);
  }
}

/** What a killed process left half made. */
async function removeDrafts(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = /^postgres-.*\.(\d+)\.(broken\.)?part$/.exec(name)?.[1];
    if (pid === undefined || isProcessNumberInUse(Number(pid))) continue;
    await rm(join(root, name), { recursive: true, force: true });
  }
}

function ignoreMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}
