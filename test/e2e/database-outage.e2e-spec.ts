import {
  createApplicationDatabase,
  startApplication,
  until,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { databaseUrl, runStatement } from '../support/database';
import { PRACTICE } from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** A database that is taken away for two hours of a Friday morning, and given back. Opening hours are 07:00 to 17:30Z. */
let database: ApplicationDatabase;
let app: Application;
let name: string;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database, now: '2024-07-19T07:00:00Z' });
  name = new URL(database.url).pathname.slice(1);
});

afterEach(async () => {
  await app.stop();
  await app.close();
});

async function onServer(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await runStatement(databaseUrl(database.url, 'postgres'), statement);
}

function endConnections(database: string): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`;
}

type Outage = { readonly begin: () => Promise<void>; readonly end: () => Promise<void> };

/** Ways in which a database goes, each as it happens in practice: maintenance, a restore under another name, a failover. */
const OUTAGES: Record<string, Outage> = {
  'lets nobody in': {
    begin: () => onServer(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`, endConnections(name)),
    end: () => onServer(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`),
  },
  'is not there': {
    begin: () =>
      onServer(
        `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`,
        endConnections(name),
        `ALTER DATABASE ${name} RENAME TO ${name}_away`,
      ),
    end: () =>
      onServer(
        `ALTER DATABASE ${name}_away RENAME TO ${name}`,
        `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`,
      ),
  },
  'can only be read': {
    begin: () =>
      onServer(`ALTER DATABASE ${name} SET default_transaction_read_only = on`, endConnections(name)),
    end: () => onServer(`ALTER DATABASE ${name} RESET default_transaction_read_only`, endConnections(name)),
  },
};

const SECONDS = expect.stringMatching(/^[1-9]\d*$/) as unknown;
const REFUSED = { code: 'DATABASE', retryAfter: SECONDS, status: 503 };

async function crashedPc(): Promise<Pc> {
  const pc = (await Pc.enrol(app.client, wireMachine(PRACTICE))).boot('2024-07-19T07:50:00Z', {
    channelFileWrittenAt: GOOD_FILE,
    crashes: CRASHES,
  });
  await pc.report('2024-07-19T08:00:00Z');
  return pc;
}

async function refusalOf(path: string, content: unknown, bearer: string | null): Promise<object> {
  const { status, headers, body } = await app.client.post(path, content, bearer);
  return { status, retryAfter: headers['retry-after'], code: body.code };
}

describe.each(Object.keys(OUTAGES))('while the database %s', (kind) => {
  const outage = OUTAGES[kind] as Outage;

  it('reports, enrolments and relays are refused with 503 and Retry-After, and nothing is acknowledged', async () => {
    const pc = await crashedPc();
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const relay = await app.client.createRelay(PRACTICE);
    await outage.begin();
    try {
      const heartbeats = [
        wireHeartbeat({ bootId: 'during', seq: 1 }),
        wireHeartbeat({ bootId: 'during', seq: 2 }),
      ];
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await refusalOf('/v1/heartbeats', { heartbeats }, pc.credential)).toEqual(REFUSED);
      }
      const throughRelay = {
        heartbeats: heartbeats.map((heartbeat) => ({ ...heartbeat, machineId: pc.id })),
      };
      expect(await refusalOf('/v1/heartbeats', throughRelay, relay.credential)).toEqual(REFUSED);
      expect(
        await refusalOf('/v1/enrolments', { enrolmentToken: token, machines: [wireMachine(PRACTICE)] }, null),
      ).toEqual(REFUSED);
      const { body } = await app.client.ask(
        `mutation ($input: ReportHeartbeatsInput!) { reportHeartbeats(input: $input) { serverTime } }`,
        { input: { heartbeats } },
        pc.credential,
      );
      expect(body.errors?.[0]?.extensions).toEqual({
        code: 'UNAVAILABLE',
        retryAfterMs: expect.any(Number) as unknown,
      });
    } finally {
      await outage.end();
    }
    await app.client.setClock('2024-07-19T08:01:00Z');
    const again = await app.client.report(pc.credential, [wireHeartbeat({ bootId: 'during', seq: 1 })]);
    expect(again.body.results).toEqual([expect.objectContaining({ outcome: 'ACCEPTED' })]);
    expect((await app.client.progress()).total.fleet).toBe(1);
  });

  it('time passes for nobody’s silence, and counts again afterwards', async () => {
    const [silent, back] = [await crashedPc(), await crashedPc()];
    await outage.begin();
    try {
      expect(
        await refusalOf(
          '/v1/heartbeats',
          { heartbeats: [back.compose('2024-07-19T08:00:00Z')] },
          back.credential,
        ),
      ).toEqual(REFUSED);
      expect(
        await refusalOf('/v1/simulation/clock', { now: '2024-07-19T10:00:00Z' }, app.adminToken),
      ).toEqual(REFUSED);
    } finally {
      await outage.end();
    }
    await app.client.setClock('2024-07-19T10:00:00Z');
    expect(await silent.seen()).toMatchObject({ state: 'STABILISING' });
    await back.report('2024-07-19T10:30:00Z');
    await app.client.setClock('2024-07-19T10:59:59Z');
    expect(await silent.seen()).toMatchObject({ state: 'STABILISING' });
    await app.client.setClock('2024-07-19T11:00:00Z');
    expect(await silent.seen()).toMatchObject({ state: 'DOWN', since: '2024-07-19T11:00:00.000Z' });
    expect(await back.seen()).toMatchObject({ state: 'RECOVERED' });
    const { rows } = await database.pool.query(`SELECT cause, started_at, ended_at FROM blindness`);
    expect(rows).toEqual([
      {
        cause: 'DATABASE',
        started_at: new Date('2024-07-19T08:00:00Z'),
        ended_at: new Date('2024-07-19T10:00:00Z'),
      },
    ]);
  });
});

describe('while the database is away', () => {
  it('the process lives but is not ready, says so in its metrics, and questions are answered UNAVAILABLE', async () => {
    const outage = OUTAGES['lets nobody in'] as Outage;
    const pc = await crashedPc();
    await outage.begin();
    try {
      await app.client.report(pc.credential, [wireHeartbeat()]);
      expect(await app.client.request('/livez')).toMatchObject({ status: 200 });
      expect(await app.client.request('/readyz')).toMatchObject({
        status: 503,
        body: { missing: expect.arrayContaining(['DATABASE']) as unknown },
      });
      const { status, text } = await app.client.request('/metrics');
      expect([status, text]).toEqual([200, expect.stringMatching(/^recovery_blind 1$/m)]);
      expect(text).toMatch(/^recovery_status_hot_ratio Nan$/im);
      for (const question of [
        '{ recoveryProgress { asOf } }',
        '{ machines(first: 1) { edges { cursor } } }',
      ]) {
        const { body } = await app.client.ask(question);
        expect(body.errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
      }
    } finally {
      await outage.end();
    }
    await app.client.setClock('2024-07-19T08:30:00Z');
    expect(await app.client.request('/readyz')).toMatchObject({ status: 200 });
    expect((await app.client.request('/metrics')).text).toMatch(/^recovery_blind 0$/m);
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING' });
  });

  it('a batch whose connection is cut before its COMMIT is refused, and counted once when it comes again', async () => {
    const relay = await app.client.createRelay(PRACTICE);
    const machines = await app.client.enrolAll(Array.from({ length: 30 }, () => wireMachine(PRACTICE)));
    const heartbeats = machines.map(({ id }) => wireHeartbeat({ machineId: id, crashes: CRASHES }));
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE progress_ledger IN ACCESS EXCLUSIVE MODE');
      const report = app.client.report(relay.credential, heartbeats);
      const waiting = `SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'progress_ledger'::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      await until('the batch waits', async () => (await holder.query(waiting)).rows.length === 1);
      await holder.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS writer`);
      const { status, headers, body } = await report;
      expect([status, body.code, headers['retry-after']]).toEqual([503, 'DATABASE', SECONDS]);
    } finally {
      await holder.query('COMMIT');
      holder.release();
    }
    const again = await app.client.report(relay.credential, heartbeats);
    expect(new Set(again.body.results.map(({ outcome }) => outcome))).toEqual(new Set(['ACCEPTED']));
    expect((await app.client.progress()).total).toMatchObject({
      fleet: 30,
      everAffected: 30,
      unrecovered: 30,
    });
  });
});
