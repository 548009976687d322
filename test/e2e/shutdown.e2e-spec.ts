import { connect, type Socket } from 'node:net';
import type { PoolClient } from 'pg';
import {
  arrived,
  createApplicationDatabase,
  startApplication,
  until,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import type { Enrolled } from '../support/client';
import { PRACTICE } from '../support/practices';
import { wireHeartbeat, wireMachine } from '../support/wire';

/** Stopping loses nothing that was acknowledged and finishes what was accepted; so does a queue that is full. */
let database: ApplicationDatabase;
let app: Application;
let machines: readonly Enrolled[];
let holder: PoolClient | null = null;

const MACHINES = 40;
const QUEUE_ITEMS_MAX = 1_000;
/** A stop with nothing left to do is over long before whoever asked for it loses patience (often after 10 s). */
const PROMPT_MS = 5_000;

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({
    database,
    now: '2024-07-19T09:00:00Z',
    env: { QUEUE_ITEMS_MAX: String(QUEUE_ITEMS_MAX) },
  });
  machines = await app.client.enrolAll(Array.from({ length: MACHINES }, () => wireMachine(PRACTICE)));
});

afterEach(async () => {
  await letGo();
  await app.close();
});

/** Holds the table that every report writes, so that reports wait where they are until `letGo`. */
async function holdWrites(): Promise<void> {
  holder = await database.pool.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE machine_status IN ACCESS EXCLUSIVE MODE');
}

async function letGo(): Promise<void> {
  const held = holder;
  holder = null;
  await held?.query('COMMIT');
  held?.release();
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Batches that wait for the table: few heartbeats go together in one. */
async function batchesHeld(batches: number): Promise<boolean> {
  const { rows } = (await holder?.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted AND relation = 'machine_status'::regclass
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )) ?? { rows: [] };
  return rows[0]?.waiting === batches;
}

async function queued(): Promise<number> {
  const { text } = await app.client.request('/metrics');
  return Number(/^recovery_queue_heartbeats (\d+)$/m.exec(text)?.[1]);
}

/** The newest number that is stored of each machine. */
async function storedSeqs(): Promise<ReadonlyMap<string, number | null>> {
  const { rows } = await database.pool.query<{ id: string; seq: number | null }>(
    `SELECT practice_id || '.' || machine_id AS id, heard_seq AS seq FROM machine_status`,
  );
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

describe('a stop', () => {
  it('answers every request that was accepted, and stores it before the database goes', async () => {
    await holdWrites();
    const reports = await arrived(() =>
      machines.map(({ credential }) => app.client.report(credential, [wireHeartbeat()])),
    );
    await until('the batch waits', () => batchesHeld(1));
    let stopped = false;
    const stop = app.stop().then(() => {
      stopped = true;
    });
    expect(await batchesHeld(1)).toBe(true);
    expect(stopped).toBe(false);
    await letGo();
    const answers = await Promise.all(reports);
    expect(answers.map(({ status, body }) => [status, body.results[0]?.outcome])).toEqual(
      Array(MACHINES).fill([200, 'ACCEPTED']),
    );
    expect(await millisecondsOf(() => stop)).toBeLessThan(PROMPT_MS);
    expect([...(await storedSeqs()).values()]).toEqual(Array(MACHINES).fill(1));
  });

  it('in the middle of a storm loses nothing that was acknowledged', async () => {
    const acknowledged = new Map<string, number>();
    let answers = 0;
    const stops: Promise<void>[] = [];
    const others = new Set<string>();
    await Promise.all(
      machines.map(async ({ id, credential }) => {
        for (let seq = 1; seq <= 200; seq += 1) {
          const answer = await app.client
            .report(credential, [wireHeartbeat({ seq, uptimeSeconds: 600 + seq })])
            .catch(() => null);
          if (answer === null) return;
          if (answer.status !== 200) {
            others.add(
              `${answer.status} ${answer.headers['retry-after'] === undefined ? 'without' : 'with'} Retry-After`,
            );
            return;
          }
          acknowledged.set(id, seq);
          answers += 1;
          if (answers === 10 * MACHINES) stops.push(app.stop());
        }
      }),
    );
    await Promise.all(stops);
    expect(answers).toBeGreaterThanOrEqual(10 * MACHINES);
    expect([...others].filter((other) => other !== '503 with Retry-After')).toEqual([]);
    const stored = await storedSeqs();
    const lost = [...acknowledged].filter(([id, seq]) => (stored.get(id) ?? 0) < seq);
    expect(lost).toEqual([]);
  });

  const MUTATION = `mutation ($input: ReportHeartbeatsInput!) { reportHeartbeats(input: $input) { results { outcome } } }`;
  const INPUT = { heartbeats: [wireHeartbeat()] };

  it.each<[string, object]>([
    ['/v1/heartbeats', INPUT],
    ['/graphql', { query: MUTATION, variables: { input: INPUT } }],
  ])(
    'finishes the report to %s whose body is still coming, or says when to come again',
    async (path, content) => {
      const { rest, answers } = await halfSent(path, content);
      const stop = app.stop();
      rest('');
      const [answer, ...more] = await answers;
      expect(answer).toMatch(/^HTTP\/1\.1 (200 [^]*"ACCEPTED"|503 [^]*\r\nretry-after: \d)/i);
      expect(more).toEqual([]);
      await stop;
      const stored = (await storedSeqs()).get(machines[0]?.id ?? '');
      expect(stored).toBe(answer?.includes('ACCEPTED') === true ? 1 : null);
    },
  );

  it('refuses what comes behind it on the same connection with Retry-After', async () => {
    const { rest, answers, request } = await halfSent('/v1/heartbeats', INPUT);
    const stop = app.stop();
    rest(request);
    const [, refused = ''] = await answers;
    await stop;
    expect(refused).toMatch(/^(HTTP\/1\.1 503 [^]*"code":"STOPPING"[^]*)?$/);
    expect(refused).toMatch(/^(HTTP\/1\.1 503 [^]*\r\nretry-after: \d[^]*)?$/i);
  });

  it('is not held up by connections on which nothing happens', async () => {
    const idle = await Promise.all(Array.from({ length: 5 }, () => opened()));
    await app.client.request('/livez');
    expect(await millisecondsOf(() => app.stop())).toBeLessThan(PROMPT_MS);
    for (const socket of idle) socket.destroy();
    await expect(app.client.request('/livez')).rejects.toThrow();
  });
});

describe('a full queue', () => {
  it('refuses whole requests with 503 and Retry-After, keeps what it had accepted, and takes reports again afterwards', async () => {
    const relay = await app.client.createRelay(PRACTICE);
    const flood = (seq: number, count = QUEUE_ITEMS_MAX) =>
      Array.from({ length: count }, (_, i) =>
        wireHeartbeat({ machineId: machines[i % MACHINES]?.id ?? '', bootId: `flood-${i}-${seq}` }),
      );
    await holdWrites();
    const accepted = [app.client.report(relay.credential, flood(1, MACHINES))];
    await until('the batch waits', () => batchesHeld(1));
    accepted.push(app.client.report(relay.credential, flood(2)));
    await until('the queue is full', async () => (await queued()) === QUEUE_ITEMS_MAX);

    const [one] = machines as [Enrolled];
    const refused = await app.client.report(one.credential, [wireHeartbeat({ bootId: 'refused' })]);
    expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([
      503,
      'QUEUE_FULL',
      expect.stringMatching(/^[1-9]\d*$/),
    ]);
    const mutation = `mutation ($input: ReportHeartbeatsInput!) { reportHeartbeats(input: $input) { results { outcome } } }`;
    const byGraphql = await app.client.ask(
      mutation,
      { input: { heartbeats: [wireHeartbeat({ bootId: 'refused' })] } },
      one.credential,
    );
    expect(byGraphql.body.errors?.[0]?.extensions).toEqual({
      code: 'UNAVAILABLE',
      retryAfterMs: expect.any(Number) as unknown,
    });
    expect((await app.client.request('/readyz')).status).toBe(503);

    await letGo();
    for (const { status, body } of await Promise.all(accepted)) {
      expect(status).toBe(200);
      expect(body.results.filter(({ outcome }) => !['ACCEPTED', 'STALE'].includes(outcome))).toEqual([]);
    }
    const again = await app.client.report(one.credential, [wireHeartbeat({ bootId: 'refused' })]);
    expect(again.body.results[0]?.outcome).toMatch(/^(ACCEPTED|STALE)$/);
    expect((await app.client.request('/readyz')).status).toBe(200);
  });
});

/** A connection to the service, as a client that speaks no HTTP at all would open it. */
async function opened(): Promise<Socket> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.on('error', () => undefined);
  return socket;
}

type HalfSent = {
  /** The whole request, to send it once more. */
  readonly request: string;
  /** Sends the other half, and this behind it. */
  readonly rest: (more: string) => void;
  /** What was answered until the connection was closed. */
  readonly answers: Promise<readonly string[]>;
};

/** A request by the first machine, of which half the body has come. */
async function halfSent(path: string, content: object): Promise<HalfSent> {
  const body = JSON.stringify(content);
  const bearer = machines[0]?.credential ?? '';
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket = await opened();
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.write(head + body.slice(0, 40), () => resolve()));
  // An answer on another connection shows that the service has read what was sent before.
  await app.client.request('/livez');
  return {
    request: head + body,
    rest: (more) => socket.write(body.slice(40) + more),
    answers: closed.then(() => received.split(/(?=HTTP\/1\.1 )/)),
  };
}
