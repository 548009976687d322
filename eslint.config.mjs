import { readFileSync } from 'node:fs';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Who may import and call what: the table of test/architecture, which guards it; the linter says so while one types. */
const architecture = JSON.parse(
  readFileSync(new URL('./test/architecture/architecture.json', import.meta.url), 'utf8'),
);

const TESTS = ['test/**/*.ts', '**/*.spec.ts'];
const LIBRARIES = Object.keys(architecture.units)
  .filter((unit) => unit.startsWith('libs/'))
  .map((unit) => unit.slice('libs/'.length));

/** A place of the table is a folder, with a slash at its end, or one file. */
const globOf = (place) => (place.endsWith('/') ? `${place}**/*.ts` : place);
const holds = (place, path) => path.startsWith(place);

/** Every place that some row of the table names; inner ones last, because the linter lets the last match win. */
const PLACES = [
  ...Object.keys(architecture.units).map((unit) => `${unit}/`),
  ...Object.keys(architecture.storageDoors),
  ...Object.values(architecture.packageHomes).flat(),
  ...Object.values(architecture.ambientDoors).flat(),
];
const places = [...new Set(PLACES)].sort((a, b) => a.length - b.length);

/** What may not be imported at a place. */
function importRestrictions(place) {
  const [unit, row] = Object.entries(architecture.units).find(([name]) => holds(`${name}/`, place)) ?? [];
  const door = architecture.storageDoors[place];
  const libraries = LIBRARIES.filter((name) => row !== undefined && !row.mayImport.includes(name)).map(
    (name) => ({
      name: `@app/${name}`,
      message:
        door && name === 'storage'
          ? 'This file has a door to storage for some names only.'
          : `${unit} may not import it.`,
      ...(door && name === 'storage' ? { allowImportNames: door.names } : {}),
    }),
  );
  const strangers = Object.entries(architecture.packageHomes)
    .filter(([name, homes]) => !homes.some((home) => holds(home, place)) && !isAtHomeBelow(name, place))
    .map(([name, homes]) => ({
      regex: name.endsWith('/') ? `^${name}` : `^${name}(/|$)`,
      message: `It stays in ${homes.join(', ')}.`,
      allowTypeImports: name === 'pg',
    }));
  const deep = { regex: '^@app/[^/]+/', message: 'Use the barrel: @app/<library>.' };
  const nothing = {
    regex: '^[^.]',
    message: 'The rules are plain TypeScript: pass in what it would have given.',
  };
  return [
    'error',
    { paths: libraries, patterns: [...strangers, deep, ...(unit === 'libs/recovery' ? [nothing] : [])] },
  ];
}

/** A shorter name may forbid what a longer one allows: `@nestjs/` and `@nestjs/graphql`. The longer one decides. */
function isAtHomeBelow(name, place) {
  return Object.entries(architecture.packageHomes).some(
    ([longer, homes]) =>
      longer !== name &&
      longer.startsWith(name) &&
      homes.some((home) => holds(home, place)) &&
      name.endsWith('/'),
  );
}

/** What may not be called at a place: clock, environment, chance and timers are arguments everywhere but at their doors. */
function ambientRestrictions(place) {
  const isOpen = (what) => (architecture.ambientDoors[what] ?? []).some((door) => holds(door, place));
  const message = 'Take it as an argument; see ambientDoors in test/architecture/architecture.json.';
  const properties = ['Date.now', 'performance.now', 'process.env', 'process.hrtime', 'Math.random'].filter(
    (what) => !isOpen(what),
  );
  const timers = ['setTimeout', 'setInterval'].filter((what) => !isOpen(what));
  return {
    'no-restricted-properties': [
      'error',
      ...properties.map((what) => ({ object: what.split('.')[0], property: what.split('.')[1], message })),
    ],
    'no-restricted-globals': ['error', ...timers.map((name) => ({ name, message }))],
    'no-restricted-syntax': [
      'error',
      ...EVERYWHERE,
      ...(isOpen('new Date()')
        ? []
        : [{ selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message }]),
    ],
  };
}

/** Syntax that nothing of ours uses. */
const EVERYWHERE = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of strings and a constant list of them.' },
  { selector: 'ExportAllDeclaration', message: 'List the names.' },
];

/** A test that is left out, or that keeps others out, proves nothing. */
const SKIPPED = {
  selector:
    'CallExpression[callee.object.name=/^(describe|it|test)$/][callee.property.name=/^(only|skip|todo|failing)$/], CallExpression[callee.name=/^(fdescribe|fit|xdescribe|xit|xtest)$/]',
  message: 'Every test runs.',
};

export default defineConfig(
  globalIgnores(['dist/', '*.part/', 'coverage/', '.data/', '.demo/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Added to the presets: the rules that have to decide on a new state, and what a reader relies on.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      // Leaves files with decorators alone by itself: the compiler writes their types down as values (emitDecoratorMetadata).
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'typeLike', format: ['PascalCase'], custom: { regex: '^I[A-Z]', match: false } },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // The size of an idea; test/architecture holds the same numbers. `?.` and `??` count as branches, a switch as one.
      'max-lines': ['error', 350],
      'max-lines-per-function': ['error', 70],
      // A table that is read from the top has a branch for each row; the largest has twenty.
      complexity: ['error', { max: 20, variant: 'modified' }],

      // Tuned, each because it finds what is meant.
      // A number in a message says itself.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // What an index signature holds may be missing; the brackets say so.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // `x as T` is the one way to say “known to be there”: `!` is forbidden, and this rule would ask for it.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `() => log(x)` is how a callback is written.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Hooks of Fastify and fakes of stores return promises by contract; `async` makes a throw a rejection there.
      '@typescript-eslint/require-await': 'off',
      // A Nest module is a class with a decorator and nothing else.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      'no-restricted-syntax': ['error', ...EVERYWHERE],
    },
  },
  {
    // Nest's options and the types of code-first GraphQL are classes that describe a shape: nobody makes them with `new`.
    files: ['apps/api/**/*.ts', 'apps/bench/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'off' },
  },
  {
    files: ['apps/api/src/graphql/**/*.ts'],
    rules: { '@typescript-eslint/no-misused-spread': 'off' },
  },
  ...places.map((place) => ({
    files: [globOf(place)],
    ignores: TESTS,
    rules: {
      '@typescript-eslint/no-restricted-imports': importRestrictions(place),
      ...ambientRestrictions(place),
    },
  })),
  { files: ['libs/**/*.ts'], ignores: TESTS, rules: { 'no-console': 'error' } },
  {
    files: TESTS,
    rules: {
      // A story is as long as it is, and a `describe` as long as its stories.
      'max-lines-per-function': 'off',
      complexity: 'off',
      'no-restricted-syntax': ['error', ...EVERYWHERE, SKIPPED],
    },
  },
);
