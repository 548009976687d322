import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A text file of the repository. */
export type RepositoryFile = { readonly path: string; readonly text: string };

const ROOT = resolve(__dirname, '..', '..');

/** Where files stand that nobody wrote; together with `.gitignore`. */
const NOT_OURS = ['.git'];

/**
 * The text files of the repository: all that `.gitignore` does not name, so that it needs no git and sees a file before it is
 * added. Of its patterns those are understood that are used: `folder/`, `*.ending` and a plain name.
 */
export function readRepository(): readonly RepositoryFile[] {
  const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return pathsBelow('', [...NOT_OURS, ...ignored])
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

/** Whether one of the patterns of `.gitignore` names a file or folder, given by its name alone. */
export function isIgnored(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern.replace(/^\/|\/$/g, ''),
  );
}

function pathsBelow(folder: string, patterns: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (isIgnored(entry.name, patterns)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return pathsBelow(path, patterns);
    return entry.isFile() ? [path] : [];
  });
}
