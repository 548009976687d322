import { importsOf, readSources } from './source-file';

/** What holds no machine's rows: the hierarchy, when we were blind, and closures; and the counts that are kept for the nation alone. */
const WITHOUT_SCOPE = [
  'libs/progress/src/blindness.reader.ts',
  'libs/progress/src/closure.reader.ts',
  'libs/progress/src/organisation.reader.ts',
  'libs/progress/src/present-counts.ts',
];

it('whatever answers people reads machines through ScopedReads: no other reader has a connection of its own', () => {
  const connected = readSources()
    .filter(({ path }) => path.startsWith('libs/progress/') && !path.endsWith('.spec.ts'))
    .filter((file) =>
      importsOf(file).some(
        ({ specifier, names }) =>
          specifier === 'pg' || names.some((name) => ['Database', 'Queryable'].includes(name)),
      ),
    )
    .map(({ path }) => path);
  expect(connected.sort()).toEqual(WITHOUT_SCOPE);
});
