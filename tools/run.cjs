'use strict';
/**
 * What the scripts of package.json run: `node tools/run.cjs apps/api/src/main …`. Builds first where the build is missing or of other
 * sources; where it is right, nothing is compiled and nothing written, so that a read-only checkout starts. The program then runs in this
 * very process: a signal that npm or a service manager sends reaches it, and its exit code is theirs.
 */
const { spawnSync } = require('node:child_process');
const Module = require('node:module');
const { join } = require('node:path');
const { builtHash, DIST, hashSources } = require('./build.cjs');

/** @returns why the program cannot be run; null when the build is of the sources as they are */
function ensureBuilt() {
  const wanted = hashSources();
  const built = builtHash();
  if (wanted === null)
    return built === null ? 'There is neither a build (dist) nor sources (apps, libs).' : null;
  if (wanted === built) return null;
  // In a process of its own: the compiler's memory is given back before the service starts.
  const { status } = spawnSync(process.execPath, [join(__dirname, 'build.cjs')], { stdio: 'inherit' });
  if (status === 0) return null;
  return built === null
    ? 'Nothing is built yet. Run `npm ci` and then `npm run build` where the checkout may be written.'
    : 'The build in dist is of other sources. Run `npm run build` where the checkout may be written.';
}

const [program, ...args] = process.argv.slice(2);
const problem = program === undefined ? 'Usage: node tools/run.cjs PROGRAM [ARGUMENT…]' : ensureBuilt();
if (problem === null) {
  // As if Node had been started with the program: it finds its arguments, and itself as the main module.
  process.argv = [process.execPath, join(DIST, `${program}.js`), ...args];
  Module.runMain();
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
