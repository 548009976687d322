import { importsOf, isTest, targetOf, type SourceFile } from './source-file';

/** Which imports count. Types are gone at run time, so a circle through them loads nothing twice. */
export type ImportKind = 'values' | 'values and types';

/**
 * Circles of imports between files, each written as `a → b → a` and found once. Only relative imports can form one: the
 * arrows between libraries have no circle.
 */
export function cyclesOf(files: readonly SourceFile[], kind: ImportKind): readonly string[] {
  const graph = graphOf(files, kind);
  const cycles = new Map<string, string>();
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const circle = trail.slice(start);
      cycles.set([...circle].sort().join(), [...circle, path].join(' → '));
    } else if (!finished.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      finished.add(path);
    }
  };
  for (const path of graph.keys()) visit(path, []);
  return [...cycles.values()].sort();
}

function graphOf(files: readonly SourceFile[], kind: ImportKind): ReadonlyMap<string, readonly string[]> {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(
    files
      .filter(({ path }) => !isTest(path))
      .map((file) => {
        const targets = importsOf(file)
          .filter(({ typeOnly }) => kind === 'values and types' || !typeOnly)
          .map((one) => `${targetOf(file, one) ?? ''}.ts`);
        return [file.path, targets.filter((target) => paths.has(target))];
      }),
  );
}
