'use strict';
/**
 * start-and-stop.cjs SIGNAL: starts the service of the checkout in which it is called by `npm start`, with the settings that production
 * asks for, waits until it is ready, sends the signal to npm's own process, as a container or systemd does, and looks at what is left. Twice:
 * the first start may build, the second one writes nothing into the checkout.
 */
const { spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');

/** A build, a first start of the database and its migrations, on a machine that is busy with other things. */
const READY_WITHIN_MS = 180_000;
const STOPPED_WITHIN_MS = 60_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Every file below a folder with its size and its last change. */
function picture(folder) {
  return new Map(
    readdirSync(folder, { recursive: true })
      .filter((path) => path !== '.git' && !path.startsWith('.git/'))
      .map((path) => {
        const { size, mtimeMs } = lstatSync(join(folder, path));
        return [path, `${size} ${mtimeMs}`];
      }),
  );
}

/** The same for both starts: what the first one signed, the second one must recognise. */
const SECRETS = {
  ADMIN_TOKEN: randomBytes(32).toString('base64url'),
  CREDENTIAL_KEY: randomBytes(32).toString('hex'),
};

async function startAndStop(signal, dataDir) {
  const port = await freePort();
  const npm = spawn('npm', ['start'], {
    env: {
      ...process.env,
      ...SECRETS,
      NODE_ENV: 'production',
      PORT: String(port),
      DATA_DIR: dataDir,
      TRUSTED_PROXIES: '127.0.0.1',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own: whatever does not end when it should is ended with it.
    detached: true,
  });
  let ending = null;
  const ended = new Promise((resolve) => {
    npm.once('exit', (code, by) => {
      ending = by ?? `exit code ${code}`;
      resolve();
    });
  });
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  try {
    const until = performance.now() + READY_WITHIN_MS;
    while (ending === null && performance.now() < until && !(await isReady())) await pause(200);
    if (ending !== null) throw new Error(`npm start ended by itself (${ending}).`);
    npm.kill(signal);
    await Promise.race([ended, pause(STOPPED_WITHIN_MS, undefined, { ref: false })]);
    if (ending !== 'exit code 0') {
      throw new Error(`After ${signal} npm start should end with exit code 0; ${ending ?? 'it still runs'}.`);
    }
    if (await isReady()) throw new Error(`After ${signal} npm has ended, and the service still answers.`);
    if (existsSync(join(dataDir, 'cluster', 'postmaster.pid'))) {
      throw new Error('The embedded database was not stopped.');
    }
  } finally {
    endGroup(npm.pid);
  }
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

async function main() {
  const signal = process.argv[2] ?? 'SIGTERM';
  const dataDir = mkdtempSync(join(tmpdir(), 'start-and-stop-'));
  try {
    await startAndStop(signal, dataDir);
    const before = picture('.');
    await startAndStop(signal, dataDir);
    const changed = [...picture('.')]
      .filter(([path, facts]) => before.get(path) !== facts)
      .map(([path]) => path);
    if (changed.length > 0)
      throw new Error(`Starting what was built wrote into the checkout: ${changed.slice(0, 20).join(', ')}`);
    console.log(`Started twice, and ended by ${signal} both times.`);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
