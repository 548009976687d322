/**
 * For `node -r`: runs the TypeScript of this repository as it stands, in a process of its own that may be killed. Compiled as
 * jest.config.cjs compiles it for the tests; packages are left as they are.
 */
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, resolve } = require('node:path');
const { transformSync } = require('@swc/core');

const root = resolve(__dirname, '..', '..');

const options = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { ...options, filename });
  module._compile(code, filename);
};

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolveSource(request, ...rest) {
  const library = /^@app\/(.+)$/.exec(request)?.[1];
  const folder = library === undefined ? null : join(root, 'libs', library, 'src');
  const target = folder !== null && existsSync(folder) ? join(folder, 'index.ts') : request;
  return resolveFilename.call(this, target, ...rest);
};
