import { createHash } from 'node:crypto';
import { get } from 'node:http';
import {
  ADMIN_TOKEN,
  arrived,
  createApplicationDatabase,
  startApplication,
  until,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { PROGRESS_QUERY, type Answer, type GraphqlAnswer, type Progress } from '../support/client';
import { NEIGHBOUR, PRACTICE } from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Dashboards that poll: `GET /graphql` with the hash of a query. */
let database: ApplicationDatabase;
let app: Application;
let pc: Pc;

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
  pc = (await Pc.enrol(app.client, wireMachine(PRACTICE))).boot('2024-07-18T08:00:00Z', {
    channelFileWrittenAt: GOOD_FILE,
  });
  await pc.report('2024-07-19T08:00:00Z');
});

afterEach(() => app.close());

type Polled = Answer<GraphqlAnswer<{ recoveryProgress: Progress }>>;
type PollOptions = {
  readonly query?: string;
  readonly variables?: object;
  readonly bearer?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The address of a poll: with the hash of the query only, or with the query itself to register it. */
function addressOf(variables: object, query: string, registering: boolean): string {
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const parameters = new URLSearchParams({
    variables: JSON.stringify(variables),
    extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }),
    ...(registering ? { query } : {}),
  });
  return `/graphql?${parameters.toString()}`;
}

function poll({
  query = PROGRESS_QUERY,
  variables = {},
  bearer = ADMIN_TOKEN,
  headers,
}: PollOptions = {}): Promise<Polled> {
  return app.client.request(addressOf(variables, query, false), {
    bearer,
    headers: headers ?? PREFLIGHT,
  });
}

async function register(query = PROGRESS_QUERY, variables: object = {}): Promise<Polled> {
  return app.client.request(addressOf(variables, query, true), {
    bearer: ADMIN_TOKEN,
    headers: PREFLIGHT,
  });
}

/** Proves that no form of another site sent the request: such a header needs the browser's leave. */
const PREFLIGHT = { 'apollo-require-preflight': 'true' };
const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

it('answers PERSISTED_QUERY_NOT_FOUND to an unknown hash, and the hash alone once the query has been registered', async () => {
  const unknown = await poll();
  expect(unknown.body.errors?.map(({ extensions }) => extensions.code)).toEqual([
    'PERSISTED_QUERY_NOT_FOUND',
  ]);
  expect(unknown.headers['cache-control']).toMatch(/no-store/);
  const registered = await register();
  expect(registered.body.data?.recoveryProgress.total.fleet).toBe(1);
  const polled = await poll();
  expect([polled.status, polled.text]).toEqual([200, registered.text]);
  expect(polled.body.data?.recoveryProgress.asOf).toBe('2024-07-19T08:00:00.000Z');
});

it('gives every answer a strong ETag, tells caches to ask each time, and answers 304 as long as it holds', async () => {
  const first = await register();
  const etag = first.headers['etag'] ?? '';
  expect(etag).toMatch(/^"[^"]+"$/);
  for (const answer of [first, await poll()]) {
    expect(answer.headers).toMatchObject({
      etag,
      'cache-control': 'private, no-cache',
      vary: expect.stringMatching(/authorization/i) as unknown,
    });
  }
  // A proxy that packs the answer weakens its ETag; the comparison is a weak one (RFC 9110, 13.1.2).
  for (const shown of [etag, `"other", ${etag}`, '*', `W/${etag}`]) {
    const answer = await poll({ headers: { ...PREFLIGHT, 'if-none-match': shown } });
    expect([shown, answer.status, answer.text.length]).toEqual([shown, 304, 0]);
    expect(answer.headers).toMatchObject({
      etag,
      'cache-control': 'private, no-cache',
      vary: expect.stringMatching(/authorization/i) as unknown,
    });
  }
  const other = await poll({ headers: { ...PREFLIGHT, 'if-none-match': '"other"' } });
  expect([other.status, other.text]).toEqual([200, first.text]);
});

it('keeps the ETag over ordinary heartbeats, and changes it with a transition, at once', async () => {
  const etag = (await register()).headers['etag'];
  await pc.reportAt('2024-07-19T08:05:00Z', '2024-07-19T08:10:00Z');
  expect((await poll()).headers['etag']).toBe(etag);
  pc.boot('2024-07-19T08:12:00Z', { crashes: CRASHES });
  await pc.report('2024-07-19T08:13:00Z');
  const after = await poll({ headers: { ...PREFLIGHT, 'if-none-match': etag ?? '' } });
  expect(after.status).toBe(200);
  expect(after.headers['etag']).not.toBe(etag);
  expect(after.body.data?.recoveryProgress).toMatchObject({
    asOf: '2024-07-19T08:13:00.000Z',
    total: { everAffected: 1 },
  });
});

it('changes the ETag with an enrolment and with silence, too', async () => {
  const etags = [(await register()).headers['etag']];
  const silent = await Pc.enrol(app.client, wireMachine(PRACTICE));
  etags.push((await poll()).headers['etag']);
  await silent.boot('2024-07-19T08:10:00Z', { crashes: CRASHES }).report('2024-07-19T08:12:00Z');
  etags.push((await poll()).headers['etag']);
  await app.client.setClock('2024-07-19T10:00:00Z');
  const { headers, body } = await poll();
  etags.push(headers['etag']);
  expect(body.data?.recoveryProgress).toMatchObject({
    total: { unrecovered: 1 },
    asOf: '2024-07-19T10:00:00.000Z',
  });
  expect(new Set(etags).size).toBe(4);
});

it('gives answers to different questions under one hash their own ETags', async () => {
  const region = await register();
  const practice = await poll({ variables: { by: 'PRACTICE' } });
  const within = await poll({ variables: { by: 'PRACTICE', within: NEIGHBOUR } });
  expect(new Set([region, practice, within].map(({ headers }) => headers['etag'])).size).toBe(3);
  expect(within.body.data?.recoveryProgress.rows).toHaveLength(1);
});

it('answers 401 to a poll without the administrator’s token, and never with a kept answer', async () => {
  const etag = (await register()).headers['etag'] ?? '';
  await poll();
  for (const bearer of [null, 'stranger', pc.credential]) {
    for (const more of [{}, { 'if-none-match': etag }, { 'if-none-match': '*' }]) {
      const { status, body, text, headers } = await poll({
        bearer,
        headers: { ...PREFLIGHT, ...more },
      });
      expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
      expect([text.includes('fleet'), headers['cache-control'], status]).toEqual([false, 'no-store', 401]);
    }
  }
});

it('refuses a poll without a header that no form of another site can send, also when the answer is kept', async () => {
  await register();
  const empty = [{ 'apollo-require-preflight': '' }, { 'x-apollo-operation-name': '' }];
  for (const headers of [{}, { 'content-type': 'text/plain' }, ...empty]) {
    expect((await poll({ headers: { 'x-apollo-operation-name': 'Progress' } })).status).toBe(200);
    const { status, body } = await poll({ headers });
    const codes = body.errors?.map(({ extensions }) => extensions.code);
    expect({ headers, status, codes }).toEqual({ headers, status: 400, codes: ['BAD_REQUEST'] });
  }
});

it('lets a poll ask, but not change anything', async () => {
  const mutation = `mutation { createEnrolmentToken(input: { organisation: "${PRACTICE}" }) { token } }`;
  const { status, text } = await register(mutation);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).not.toContain('enrol_');
  const { rows } = await database.pool.query(
    `SELECT count(*)::int AS tokens FROM enrolment_token WHERE organisation_code = $1`,
    [PRACTICE],
  );
  expect(rows).toEqual([{ tokens: 0 }]);
});

it('refuses a query under the hash of another one', async () => {
  const sha256Hash = createHash('sha256').update('{ incident { id } }').digest('hex');
  const parameters = new URLSearchParams({
    query: '{ incident { name } }',
    extensions: JSON.stringify({ persistedQuery: { version: 1, sha256Hash } }),
  });
  const { status, body } = await app.client.request<GraphqlAnswer<object>>(
    `/graphql?${parameters.toString()}`,
    {
      bearer: ADMIN_TOKEN,
      headers: PREFLIGHT,
    },
  );
  expect([status, body.data, body.errors?.length]).toEqual([400, undefined, 1]);
});

it('keeps no list of machines: contact changes without progress', async () => {
  const query = `{ machines(first: 5) { edges { node { contact { lastHeardAt freshness } } } } }`;
  const lastHeard = async (): Promise<string> => (await poll({ query })).text;
  await register(query);
  const before = await lastHeard();
  await pc.report('2024-07-19T08:05:00Z');
  const after = await lastHeard();
  expect([before.includes('08:00:00'), after.includes('08:05:00')]).toEqual([true, true]);
});

/**
 * Counted in the database itself, without trusting a statistic's timing: the function that every progress question calls is
 * given one line more, that takes a number from a sequence. The same line waits for a lock that the test holds, so that the
 * first question is still open when the last dashboard polls.
 */
describe('however many dashboards poll at once', () => {
  const DASHBOARDS = 60;

  /** Questions about progress that wait for the gate. */
  async function questions(): Promise<number> {
    const { rows } = await database.pool.query<{ waiting: number }>(
      // Databases made from one template number their tables alike, and the view shows the locks of all.
      `SELECT count(*)::int AS waiting FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
       WHERE datname = current_database() AND relation = 'progress_count'::regclass AND NOT granted`,
    );
    return rows[0]?.waiting ?? 0;
  }

  it('asks the database once for all of them', async () => {
    await register();
    pc.boot('2024-07-19T08:12:00Z', { crashes: CRASHES });
    await pc.report('2024-07-19T08:13:00Z');
    const polls = await whileGateIsClosed(async () => {
      const all = await arrived(() => Array.from({ length: DASHBOARDS }, () => poll()));
      await until('somebody asks', async () => (await questions()) > 0);
      // Whoever came before this one has asked by now, if they ask at all.
      await app.client.query('{ incident { id } }');
      expect(await questions()).toBe(1);
      return all;
    });
    const answers = await Promise.all(polls);
    expect(
      new Set(answers.map(({ status, text, headers }) => `${status} ${headers['etag']} ${text}`)).size,
    ).toBe(1);
    expect(answers[0]?.body.data?.recoveryProgress.total.everAffected).toBe(1);
  });

  it('answers the others when the one that came first has gone away', async () => {
    await register();
    await Pc.enrol(app.client, wireMachine(PRACTICE));
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, ...PREFLIGHT };
    const polls = await whileGateIsClosed(async () => {
      const address = app.url + addressOf({}, PROGRESS_QUERY, false);
      const [first] = await arrived(() => [get(address, { headers }).on('error', () => undefined)]);
      const others = await arrived(() => Array.from({ length: 5 }, () => poll()));
      first?.destroy();
      return others;
    });
    const answers = await Promise.all(polls);
    expect(answers.map(({ status, body }) => [status, body.data?.recoveryProgress.total.fleet])).toEqual(
      Array(5).fill([200, 2]),
    );
  });

  /** Lets no question about progress be answered until the work is done. */
  async function whileGateIsClosed<T>(work: () => Promise<T>): Promise<T> {
    const gate = await database.pool.connect();
    try {
      await gate.query('BEGIN; LOCK TABLE progress_count IN ACCESS EXCLUSIVE MODE');
      return await work();
    } finally {
      await gate.query('COMMIT');
      gate.release();
    }
  }
});
