import type { TestRun } from './database';

/**
 * Jest's `globalTeardown`: stops the PostgreSQL of this run once, when all projects are done, and removes its
 * folder.
 */
async function stopTestPostgres(): Promise<void> {
  const run = globalThis as TestRun;
  const stop = run.stopTestPostgres;
  run.stopTestPostgres = undefined;
  await stop?.();
}

// Jest takes what the module is, not a name of it.
export = stopTestPostgres;
