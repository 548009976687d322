import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import {
  attachToEmbeddedPostgres,
  DataDirHeldError,
  PostgresStartError,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../libs/storage/src/embedded-postgres';
import { identifyProcess, isSameProcessAlive } from '../../libs/storage/src/embedded/process-identity';
import { testFolderPrefix } from '../support/database';

/** Small, so that starts are quick; everything that decides about durability is as in service. */
const SMALL = { shared_buffers: '16MB', min_wal_size: '32MB' };

/**
 * The service, reduced to what matters here: a process of its own that starts the server and waits to be
 * killed.
 */
const OWNER_SCRIPT = `
  const { transformFileSync } = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(transformFileSync(file, {
    swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' },
  }).code, file);
  const [source, dataDir, settings] = process.argv.slice(1);
  require(source).startEmbeddedPostgres({ dataDir, settings: JSON.parse(settings), log: () => undefined })
    .then(({ url, pid }) => console.log(JSON.stringify({ url, pid })));
`;

type LoggedEvent = { readonly event: string; readonly fields: Record<string, unknown> };

describe('the embedded PostgreSQL', () => {
  const folders: string[] = [];
  const running: EmbeddedPostgres[] = [];
  const owners: ChildProcess[] = [];
  let events: LoggedEvent[] = [];
  /** Shared by the tests that do not care how it began: making a cluster is the slow part. */
  let dataDir = '';

  beforeAll(async () => {
    dataDir = await emptyFolder();
    await (await start(dataDir)).stop();
  });

  beforeEach(() => {
    events = [];
  });

  afterEach(async () => {
    for (const owner of owners.splice(0)) await kill(owner);
    for (const postgres of running.splice(0)) await postgres.stop();
  });

  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  async function emptyFolder(): Promise<string> {
    const folder = await mkdtemp(testFolderPrefix());
    folders.push(folder);
    return folder;
  }

  async function start(dataDir: string, settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
    const log = (event: string, fields: Record<string, unknown>): void => void events.push({ event, fields });
    const postgres = await startEmbeddedPostgres({ dataDir, log, settings: { ...SMALL, ...settings } });
    running.push(postgres);
    return postgres;
  }

  /** Another process that owns a running server, as soon as that accepts connections. */
  async function startOwner(dataDir: string): Promise<{ owner: ChildProcess; url: string; pid: number }> {
    const source = resolve(__dirname, '../../libs/storage/src/embedded-postgres.ts');
    const owner = spawn(process.execPath, ['-e', OWNER_SCRIPT, source, dataDir, JSON.stringify(SMALL)], {
      cwd: resolve(__dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    owners.push(owner);
    const failed = once(owner, 'exit').then(() => {
      throw new Error('The owner ended before its server was ready; its output above says why.');
    });
    const ready = once(createInterface({ input: owner.stdout }), 'line');
    const [line] = (await Promise.race([ready, failed])) as [string];
    failed.catch(() => undefined);
    return { owner, ...(JSON.parse(line) as { url: string; pid: number }) };
  }

  function eventNames(): string[] {
    return events.map(({ event }) => event);
  }

  it('makes the database on the first start and finds it again after a clean stop', async () => {
    const newDir = join(await emptyFolder(), 'made', 'on-demand');
    const first = await start(newDir);
    await select(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(await attachToEmbeddedPostgres(newDir)).toBeNull();

    const second = await start(newDir);

    expect(second.url).toBe(first.url);
    expect(await select(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(eventNames()).toEqual([
      'postgres_initialised',
      'postgres_started',
      'postgres_stopped',
      'postgres_started',
    ]);
    expect(await attachToEmbeddedPostgres(newDir)).toEqual({ url: first.url });
  });

  it('listens on this machine only, keeps its password to itself and its promises to the disk', async () => {
    const newDir = join(await emptyFolder(), 'data');
    const { url, pid } = await start(newDir, { work_mem: '7MB' });
    const { password, hostname, pathname } = new URL(url);

    expect({ hostname, pathname }).toEqual({ hostname: '127.0.0.1', pathname: '/recovery' });
    const shown = await select(
      url,
      `SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories',
       'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'jit', 'work_mem')`,
    );
    expect(Object.fromEntries(shown.map((row) => [row['name'], row['setting']]))).toEqual({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      jit: 'off',
      work_mem: String(7 * 1024),
    });
    await expect(select(url.replace(password, 'wrong'), 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    );

    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(JSON.stringify(events)).not.toContain(password);
    expect(await readFile(join(newDir, 'postgresql.log'), 'utf8')).not.toContain(password);
    for (const name of await readdir(newDir)) {
      expect([name, ((await stat(join(newDir, name))).mode & 0o077).toString(8)]).toEqual([name, '0']);
    }
    if (process.platform === 'linux') {
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(password);
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain(password);
      // Its own session and group (fields 5 and 6), so a terminal's Ctrl-C does not reach it.
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
      expect(fields.slice(4, 6)).toEqual([String(pid), String(pid)]);
    }
  });

  it('refuses a folder that this process already serves, and leaves the running server alone', async () => {
    const { url } = await start(dataDir);

    const second = start(dataDir);

    await expect(second).rejects.toThrow(DataDirHeldError);
    await expect(second).rejects.toThrow(`${dataDir} is held by the running process ${process.pid}`);
    expect(await select(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('refuses a folder held by another live process, and recovers it once that was killed', async () => {
    const { owner, url, pid } = await startOwner(dataDir);
    await select(url, 'CREATE TABLE kept_by_orphan AS SELECT generate_series(1, 1000) AS n');
    const refused = start(dataDir);
    await expect(refused).rejects.toThrow(`${dataDir} is held by the running process ${owner.pid}`);
    expect(await attachToEmbeddedPostgres(dataDir)).toEqual({ url });

    await kill(owner);
    expect(await select(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const restarted = await start(dataDir);

    expect(restarted.pid).not.toBe(pid);
    expect(await select(restarted.url, 'SELECT count(*)::int AS n FROM kept_by_orphan')).toEqual([
      { n: 1000 },
    ]);
    const stopped = events.find(({ event }) => event === 'postgres_leftover_stopped');
    expect(stopped?.fields['pids']).toContain(pid);
  });

  it('tells its owner when the server is killed, and recovers under the same URL', async () => {
    const killed = await start(dataDir);
    await select(killed.url, 'CREATE TABLE kept_in_log AS SELECT generate_series(1, 1000) AS n');

    process.kill(killed.pid, 'SIGKILL');
    await killed.exited;
    const restarted = await start(dataDir);

    expect(restarted.url).toBe(killed.url);
    expect(await select(restarted.url, 'SELECT count(*)::int AS n FROM kept_in_log')).toEqual([{ n: 1000 }]);
    expect(eventNames()).toEqual(expect.arrayContaining(['postgres_exited', 'postgres_recovering']));
    await killed.stop();
    expect(await select(restarted.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('ends a session that a killed server left busy, and starts again', async () => {
    const killed = await start(dataDir);
    const client = new Client({ connectionString: killed.url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const session = await identifyProcess(rows[0]?.pid ?? 0);
    // It computes and never looks up, so it does not notice that the server is gone.
    const busy = client.query('SELECT count(*) FROM generate_series(1, 1e12::bigint) AS n');
    const ended = expect(busy).rejects.toThrow();

    process.kill(killed.pid, 'SIGKILL');
    await killed.exited;
    expect(await isSameProcessAlive(session)).toBe(true);
    const restarted = await start(dataDir);

    await ended;
    expect(await isSameProcessAlive(session)).toBe(false);
    expect(await select(restarted.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('recovers when both were killed and the number of the server went to a stranger', async () => {
    const { owner, url, pid } = await startOwner(dataDir);
    await select(url, 'CREATE TABLE kept_by_nobody AS SELECT 42 AS answer');
    await kill(owner);
    process.kill(pid, 'SIGKILL');
    // PostgreSQL believes a number that a process of its own user has, and would refuse to start.
    const { uid, gid } = await stat(join(dataDir, 'cluster'));
    const asServer = process.getuid?.() === 0 ? { uid, gid } : {};
    const stranger = spawn('sleep', ['60'], { cwd: '/', ...asServer });
    owners.push(stranger);
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    await writeFile(pidFile, [String(stranger.pid), ...lines.slice(1)].join('\n'));

    const restarted = await start(dataDir);

    expect(await select(restarted.url, 'SELECT answer FROM kept_by_nobody')).toEqual([{ answer: 42 }]);
    expect(stranger.signalCode).toBeNull();
  });

  it('moves to another port when its own was taken', async () => {
    const first = await start(dataDir);
    await first.stop();
    const { port } = new URL(first.url);
    const listen = `require('net').createServer((socket) => socket.destroy()).listen(${port}, '127.0.0.1',
      () => console.log('listening'))`;
    const stranger = spawn(process.execPath, ['-e', listen]);
    owners.push(stranger);
    await once(stranger.stdout, 'data');
    expect(await attachToEmbeddedPostgres(dataDir)).toBeNull();

    const second = await start(dataDir);

    expect(new URL(second.url).port).not.toBe(port);
    expect(await attachToEmbeddedPostgres(dataDir)).toEqual({ url: second.url });
  });

  it('says why it does not start, and gives the folder back', async () => {
    const wrong = start(dataDir, { shared_buffers: 'plenty' });

    await expect(wrong).rejects.toThrow(PostgresStartError);
    await expect(wrong).rejects.toThrow('invalid value for parameter "shared_buffers": "plenty"');
    const { url } = await start(dataDir);
    expect(await select(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

async function select(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  // A server that is killed breaks connections that wait for nothing as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Ends the process at once, as a crash would, and waits until it is gone. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
