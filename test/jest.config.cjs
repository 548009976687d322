/**
 * Four projects: `unit` (pure, beside the source), `storage` (a real PostgreSQL), `e2e` (journeys over real HTTP),
 * `contract` (generated files and the architecture). Everything is transformed by swc, packages too, because Nest 12
 * ships ES modules only and Jest cannot `require` those on Node 20.
 */
const { resolve } = require('node:path');

const root = resolve(__dirname, '..');

const shared = {
  rootDir: root,
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^@app/(.+)$': '<rootDir>/libs/$1/src' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/** Projects that need PostgreSQL share one cluster, started once per run. */
const withPostgres = {
  ...shared,
  globalSetup: '<rootDir>/test/support/postgres.setup.ts',
  globalTeardown: '<rootDir>/test/support/postgres.teardown.ts',
};

module.exports = {
  rootDir: root,
  testTimeout: 60_000,
  // All processors: tests wait for PostgreSQL and for processes of their own as much as they work.
  maxWorkers: '100%',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{libs,apps}/**/*.spec.ts'] },
    { ...withPostgres, displayName: 'storage', testMatch: ['<rootDir>/test/storage/**/*.spec.ts'] },
    { ...withPostgres, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
    {
      ...shared,
      displayName: 'contract',
      testMatch: ['<rootDir>/test/{contract,architecture}/**/*.spec.ts'],
    },
  ],
};
