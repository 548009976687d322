import { connect } from 'node:net';
import { ROUTE_POLICIES } from '../../apps/api/src/http/route-policies';
import { startApplication, type Application } from '../support/application';
import { makeToken } from '../support/people';

/** Requests as they stand on the wire: whatever the spelling of a target, it is judged as its route or not at all. */
const QUOTA = 10;
const ASKED = 12;
const TEXT = JSON.stringify({ query: '{ publicProgress(by: ICB) { asOf } __typename }' });
const ROUTES = [...Object.keys(ROUTE_POLICIES).filter((route) => route !== '*'), '/v1/heartbeats'];

/** Spellings that a lenient router could take for the route. */
function spellingsOf(route: string): readonly string[] {
  const last = route.charCodeAt(route.length - 1).toString(16);
  return [
    ...[
      `/%${route.charCodeAt(1).toString(16)}${route.slice(2)}`,
      `${route.slice(0, -1)}%${last}`,
      `/${route}`,
    ],
    ...[
      `${route}/`,
      `${route}//`,
      `/.${route}`,
      `/..${route}`,
      `/x/..${route}`,
      `${route}/.`,
      `${route};a=b`,
    ],
    ...[
      `${route}%00`,
      `${route}%2f`,
      `${route}#a`,
      `${route}\\`,
      route.replaceAll('/', '\\'),
      `http://x/${route}`,
    ],
    ...[`http://x/%${route.charCodeAt(1).toString(16)}${route.slice(2)}`, `ftp://x${route}`, route.slice(1)],
  ];
}

type Raw = {
  readonly method?: string;
  readonly bearer?: string;
  readonly body?: string;
  readonly from?: string;
};

/** @returns the status; 0 when the connection was closed without one */
function send(
  app: Application,
  target: string,
  { method = 'POST', bearer, body = '', from }: Raw,
): Promise<number> {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/json',
    'Apollo-Require-Preflight: 1',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(bearer === undefined ? [] : [`Authorization: Bearer ${bearer}`]),
    ...(from === undefined ? [] : [`X-Forwarded-For: ${from}`]),
  ];
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)));
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  });
}

/** All at once, so that nothing is given back meanwhile; in order of the status. */
async function statuses(app: Application, target: string, raw: Raw): Promise<readonly number[]> {
  const all = await Promise.all(Array.from({ length: ASKED }, () => send(app, target, raw)));
  return all.sort((a, b) => a - b);
}

/** What a quota of ten does to twelve requests. */
const charged = (status: number): readonly number[] => [
  ...Array<number>(QUOTA).fill(status),
  ...Array<number>(ASKED - QUOTA).fill(429),
];

describe.each(['true', 'false'])('with PUBLIC_PROGRESS=%s', (publicProgress) => {
  let app: Application;
  let nowMs = Date.parse('2024-07-22T08:00:00Z');

  beforeAll(async () => {
    app = await startApplication({
      now: new Date(nowMs).toISOString(),
      env: {
        PUBLIC_PROGRESS: publicProgress,
        TRUSTED_PROXIES: '127.0.0.1',
        QUESTIONS_PER_MINUTE: '2',
        STRANGER_REQUESTS_PER_MINUTE: '2',
      },
    });
  });
  afterAll(() => app.close());
  /** Everything that was taken has been given back. */
  beforeEach(async () => {
    nowMs += 3_600_000;
    await app.client.setClock(new Date(nowMs).toISOString());
  });

  it.each(ROUTES)('refuses every other spelling of %s', async (route) => {
    for (const method of ['POST', 'GET']) {
      for (const target of spellingsOf(route))
        expect([target, await send(app, target, { method, body: method === 'POST' ? TEXT : '' })]).toEqual([
          target,
          400,
        ]);
    }
  });

  it('refuses targets that name no path', async () => {
    expect(await send(app, '*', { method: 'OPTIONS' })).toBe(400);
    expect(await send(app, 'localhost:443', { method: 'GET' })).toBe(400);
  });

  it.each(['/graphql', 'http://x/graphql', '/graphql?a', 'HTTPS://x:1/graphql'])(
    'answers nobody’s text at %s',
    async (target) => {
      const status = await send(app, target, { body: TEXT, from: '203.0.113.1' });
      expect([400, 401]).toContain(status);
    },
  );

  it.each(['/graphql', 'http://x/graphql', '/v1/exports/machines', 'http://x/v1/exports/machines'])(
    'charges questions at %s to their token',
    async (target) => {
      const { token: bearer } = await makeToken(app.client, { role: 'IT', organisations: ['ENGLAND'] });
      // A token is counted by itself once it has been found good.
      await send(app, '/v1/exports/machines', { bearer, body: '{"filter":{"nothing":1}}' });
      nowMs += 3_000_000;
      await app.client.setClock(new Date(nowMs).toISOString());
      // Files that are asked for at once are refused for other reasons, so none is made here.
      const [body, status]: readonly [string, number] = target.includes('graphql')
        ? ['{"query":"{ __typename }"}', 200]
        : ['{"filter":{"nothing":1}}', 400];
      expect(await statuses(app, target, { bearer, body })).toEqual(charged(status));
    },
  );

  it.each(['/metrics', '/metrics?1', 'http://x/metrics', '/readyz?', 'http://x/readyz?a=/livez'])(
    'charges %s to its address',
    async (target) => {
      const probe: Raw = { method: 'GET', from: '203.0.113.2' };
      await statuses(app, target, probe);
      expect(await send(app, target, probe)).toBe(429);
    },
  );
});

describe('addresses that proxies hand on', () => {
  let app: Application;

  beforeAll(async () => {
    app = await startApplication({
      now: '2024-07-22T08:00:00Z',
      env: { TRUSTED_PROXIES: '127.0.0.1', QUESTIONS_PER_MINUTE: '2', STRANGER_REQUESTS_PER_MINUTE: '2' },
    });
  });
  afterAll(() => app.close());

  it.each<[string, (n: number) => string]>([
    ['ports', (n) => `203.0.113.3:${5_000 + n}`],
    ['brackets and ports', (n) => `[2001:db8:3::1]:${5_000 + n}`],
    ['one /64', (n) => `2001:db8:4:0:${n}::1`],
    ['IPv4 within IPv6', (n) => (n % 2 === 0 ? '203.0.113.5' : '::ffff:203.0.113.5')],
    ['words that are no address', (n) => `garbage-${n}`],
  ])('counts %s as one', async (_kind, from) => {
    const probes = Array.from({ length: ASKED }, (_one, n) =>
      send(app, '/v1/enrolments', { body: '{}', from: from(n) }),
    );
    await Promise.all(probes);
    expect(await send(app, '/v1/enrolments', { body: '{}', from: from(ASKED) })).toBe(429);
  });

  it('outlives senders that are gone before they are refused', async () => {
    const port = Number(new URL(app.url).port);
    const body = '{"heartbeats":[]}';
    const head = [
      'POST /v1/heartbeats HTTP/1.1',
      'Host: localhost',
      'Authorization: Bearer junk',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ].join('\r\n');
    const rejections: unknown[] = [];
    const note = (reason: unknown): number => rejections.push(reason);
    process.on('unhandledRejection', note);
    await Promise.all(
      Array.from({ length: 100 }, (_one, n) => resetAfter(port, `${head}\r\n\r\n${body}`, n % 2 === 0)),
    );
    expect(await send(app, '/livez', { method: 'GET' })).toBe(200);
    process.off('unhandledRejection', note);
    // One of them ends the process of a service.
    expect(rejections).toEqual([]);
  });
});

/** Sends, and resets the connection at once or a moment later. */
function resetAfter(port: number, text: string, atOnce: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text, () => {
        if (atOnce) socket.resetAndDestroy();
        else setImmediate(() => socket.resetAndDestroy());
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}
