import { attachToEmbeddedPostgres } from '@app/storage';
import { Logger } from '@nestjs/common';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'pg';
import { startService, type RunningService } from '../../apps/api/src/service';
import { readSettings } from '../../apps/api/src/settings';
import { until } from '../support/application';
import { Client, type ReportAnswer } from '../support/client';
import { testFolderPrefix } from '../support/database';
import { insertPractices, PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** The service as `npm start` runs it: no setting but the folder, and the database that it brings along. */
let dataDir: string;
let service: RunningService;
let client: Client;

beforeAll(async () => {
  Logger.overrideLogger(false);
  dataDir = await mkdtemp(testFolderPrefix());
  await start();
  const pool = new Pool({ connectionString: (await attachToEmbeddedPostgres(dataDir))?.url });
  await insertPractices(pool);
  await pool.end();
});

afterAll(async () => {
  await service.stop();
  await client.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  service = await startService(
    readSettings({ PORT: '0', DATA_DIR: dataDir, RECOVERY_CLOCK: 'manual 2024-07-19T09:00:00Z' }),
  );
  client = new Client(service.url, await readFile(join(dataDir, 'admin-token'), 'utf8'));
}

it('makes its secrets at the first start, for their owner only, and keeps them', async () => {
  for (const file of ['admin-token', 'credential-key']) {
    const path = join(dataDir, file);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).length).toBeGreaterThanOrEqual(32);
  }
  const before = await readFile(join(dataDir, 'admin-token'), 'utf8');
  const pc = await Pc.enrol(client, wireMachine(PRACTICE));
  await client.tell(pc, wireHeartbeat({ seq: 1 }));
  await service.stop();
  await client.close();
  await start();
  expect(await readFile(join(dataDir, 'admin-token'), 'utf8')).toBe(before);
  // The credential from before the restart still holds, and what was reported with it is still known.
  expect(
    (
      await client.report(pc.credential, [wireHeartbeat({ seq: 1 }), wireHeartbeat({ seq: 2 })])
    ).body.results.map(({ outcome }) => outcome),
  ).toEqual(['DUPLICATE', 'ACCEPTED']);
});

it('shows no secret of its own in a process list, in its log or in its metrics', async () => {
  const logs: string[] = [];
  const write = (...parts: readonly unknown[]): void => void logs.push(JSON.stringify(parts));
  await service.stop();
  await client.close();
  Logger.overrideLogger({
    log: write,
    error: write,
    warn: write,
    debug: write,
    verbose: write,
    fatal: write,
  });
  await start();
  Logger.overrideLogger(false);
  const { stdout: processes } = await promisify(execFile)('ps', ['-A', '-o', 'args']);
  const metrics = (await client.request('/metrics')).text;
  const url = (await attachToEmbeddedPostgres(dataDir))?.url ?? '';
  const secrets = [
    new URL(url).password,
    await readFile(join(dataDir, 'admin-token'), 'utf8'),
    await readFile(join(dataDir, 'credential-key'), 'utf8'),
  ].map((secret) => secret.trim());
  expect(secrets.every((secret) => secret.length >= 20)).toBe(true);
  // What is searched really is what was meant; told as booleans, because a list of all processes is nothing to print.
  const searched = [
    processes.includes(`port=${new URL(url).port}`),
    logs.join().includes('service_started'),
    metrics.includes('recovery_'),
  ];
  expect(searched).toEqual([true, true, true]);
  const shown = [processes, logs.join(), metrics].join();
  expect(secrets.map((secret) => shown.includes(secret))).toEqual([false, false, false]);
});

it('starts its database again when that dies, refuses reports meanwhile, and loses nothing it acknowledged', async () => {
  const pc = await Pc.enrol(client, wireMachine(PRACTICE));
  await client.tell(pc, wireHeartbeat({ seq: 1, uptimeSeconds: 1 }));
  const [pid = ''] = (await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  const others = new Set<string>();
  let seq = 1;
  await until('reports are taken again', async () => {
    const { status, headers, body } = await client.report(pc.credential, [
      wireHeartbeat({ seq: seq + 1, uptimeSeconds: 1 + seq }),
    ]);
    const results = body.results as ReportAnswer['results'] | undefined;
    const outcome =
      results?.[0]?.outcome ??
      `${body.code} ${headers['retry-after'] === undefined ? 'without' : 'with'} Retry-After`;
    // A report that was stored although its answer was lost is a DUPLICATE when it comes again.
    const isTaken = outcome === 'ACCEPTED' || outcome === 'DUPLICATE';
    if (isTaken) seq += 1;
    else others.add(`${status} ${outcome}`);
    return isTaken && others.size > 0;
  });
  expect([...others]).toEqual(['503 DATABASE with Retry-After']);
  const all = Array.from({ length: seq }, (_, i) => wireHeartbeat({ seq: i + 1, uptimeSeconds: 1 + i }));
  const { body } = await client.report(pc.credential, all.slice(-1_000));
  expect(body.results.filter(({ outcome }) => outcome !== 'DUPLICATE')).toEqual([]);
});
