import { mkdtemp, rm } from 'node:fs/promises';
import { Client } from 'pg';
import { DatabaseLine } from '../../apps/chaos/src/stage/database-line';
import { migrateDatabase } from '../../libs/storage/src/data-source';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../libs/storage/src/embedded-postgres';
import {
  createApplicationDatabase,
  startApplication,
  until,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { testFolderPrefix } from '../support/database';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** A database that does not fail but hangs: it is noticed within seconds, probes answer all the same, and its return is noticed at once. */
type Ready = { readonly status: number; readonly missing: readonly string[]; readonly tookMs: number };

const NOW = '2024-07-19T07:00:00Z';

async function ready(app: Application): Promise<Ready> {
  const startedMs = performance.now();
  const { status, body } = await app.client.request('/readyz');
  // Nothing is missing while it is ready.
  const { missing = [] } = body as unknown as { missing?: string[] };
  return { status, missing, tookMs: performance.now() - startedMs };
}

async function metric(app: Application, name: string): Promise<{ value: number; tookMs: number }> {
  const startedMs = performance.now();
  const { text } = await app.client.request('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `)) ?? '';
  return { value: Number(line.slice(name.length)), tookMs: performance.now() - startedMs };
}

/**
 * Lets the database hang under a report, and come back.
 *
 * @returns what became of the report that hung
 */
async function hangUnderReport(
  app: Application,
  hang: () => Promise<void>,
  release: () => Promise<void>,
): Promise<void> {
  const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
  const relay = await app.client.createRelay(PRACTICE);
  await app.client.report(pc.credential, [wireHeartbeat({ seq: 1 })]);
  expect(await ready(app)).toMatchObject({ status: 200, missing: [] });
  await hang();
  let released = false;
  try {
    const waiting = app.client.report(pc.credential, [wireHeartbeat({ seq: 2, hostname: 'RENAMED' })]);
    const beganMs = performance.now();
    await until('it is noticed', async () => {
      const { missing, tookMs } = await ready(app);
      expect(tookMs).toBeLessThan(1_900);
      return missing.includes('BLIND');
    });
    expect(performance.now() - beganMs).toBeLessThan(9_000);
    expect((await metric(app, 'recovery_blind')).value).toBe(1);
    expect((await metric(app, 'recovery_silent_sites')).tookMs).toBeLessThan(1_900);
    const through = [wireHeartbeat({ machineId: pc.id, seq: 3 })];
    const refused = await app.client.report(relay.credential, through);
    expect([refused.status, refused.body.code]).toEqual([503, 'DATABASE']);
    released = true;
    await release();
    const backMs = performance.now();
    await until('its return is noticed', async () => (await ready(app)).status === 200);
    expect(performance.now() - backMs).toBeLessThan(6_000);
    const first = await waiting;
    expect([200, 503]).toContain(first.status);
    const again = await app.client.report(pc.credential, [wireHeartbeat({ seq: 2, hostname: 'RENAMED' })]);
    expect(['ACCEPTED', 'DUPLICATE']).toContain(again.body.results[0]?.outcome);
  } finally {
    if (!released) await release();
  }
}

describe('a database whose tables are locked', () => {
  let app: Application;

  beforeAll(async () => {
    // It is asked without a pause whether it is ready: more often than a stranger may ask.
    app = await startApplication({ now: NOW, env: { STRANGER_REQUESTS_PER_MINUTE: '1000000' } });
  });

  afterAll(() => app.close());

  it('is noticed, and its return too', async () => {
    const holder = await app.database.pool.connect();
    await hangUnderReport(
      app,
      async () => {
        await holder.query('BEGIN');
        await holder.query('LOCK TABLE machine_status IN ACCESS EXCLUSIVE MODE');
      },
      async () => {
        await holder.query('COMMIT');
        holder.release();
      },
    );
  });

  it('that a newer version has migrated takes no more reports from this one', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await app.database.pool.query(
      `INSERT INTO migrations (timestamp, name) VALUES (4102444800000, 'OfTomorrow4102444800000')`,
    );
    try {
      await until('it is noticed', async () => (await ready(app)).missing.includes('BLIND'));
      const refused = await app.client.report(pc.credential, [wireHeartbeat({ seq: 1 })]);
      expect([refused.status, refused.body.code]).toEqual([503, 'DATABASE']);
    } finally {
      await app.database.pool.query(`DELETE FROM migrations WHERE name LIKE 'OfTomorrow%'`);
    }
    await until('it is the newest again', async () => (await ready(app)).status === 200);
    expect((await app.client.report(pc.credential, [wireHeartbeat({ seq: 1 })])).status).toBe(200);
  });

  it('is noticed without any report', async () => {
    const holder = await app.database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE progress_ledger IN ACCESS EXCLUSIVE MODE');
    try {
      await until('it is noticed', async () => (await ready(app)).missing.includes('BLIND'));
    } finally {
      await holder.query('COMMIT');
      holder.release();
    }
    await until('its return is noticed', async () => (await ready(app)).status === 200);
  });
});

describe('a line that stops passing bytes', () => {
  let database: ApplicationDatabase;
  let line: DatabaseLine;
  let app: Application;

  beforeAll(async () => {
    database = await createApplicationDatabase();
    const target = new URL(database.url);
    line = await DatabaseLine.open(() => Number(target.port));
    const url = new URL(database.url);
    url.port = String(line.port);
    app = await startApplication({ now: NOW, database: { ...database, url: url.href } });
  });

  afterAll(async () => {
    await app.close();
    await line.end();
    await database.drop();
  });

  it('is noticed, and that it passes them again', async () => {
    await hangUnderReport(
      app,
      async () => line.hold(),
      async () => line.release(),
    );
  });
});

describe('a server that is stopped without being ended (SIGSTOP)', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;
  let app: Application;

  beforeAll(async () => {
    dataDir = await mkdtemp(testFolderPrefix());
    server = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { fsync: 'off' } });
    await migrateDatabase(server.url);
    const own = await createApplicationDatabase({ url: server.url });
    app = await startApplication({ now: NOW, database: own });
  });

  afterAll(async () => {
    await app.close();
    await app.database.drop();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is noticed, and that it runs again', async () => {
    let stopped: number[] = [];
    await hangUnderReport(
      app,
      async () => {
        const client = new Client({ connectionString: server.url });
        await client.connect();
        const { rows } = await client.query<{ pid: number }>(
          'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
        );
        await client.end();
        stopped = [server.pid, ...rows.map(({ pid }) => pid)];
        for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      },
      async () => {
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
      },
    );
  });
});
