import { startApplication, type Application } from '../support/application';
import type { Answer, GraphqlAnswer } from '../support/client';
import { makeToken } from '../support/people';
import { GREATER_MANCHESTER, PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/**
 * A dashboard that was given a token to look at progress, and wants more: machines, the whole database, all of our time; or a page of
 * another site in the browser of somebody who has such a token. Others go on being answered.
 */
const DASHBOARD = 'https://dashboard.example';
const EVIL = 'https://evil.example';
let app: Application;
let pc: Pc;
let hostile: string;
let hostileId: string;
let honest: string;

beforeAll(async () => {
  app = await startApplication({
    now: '2024-07-22T08:00:00Z',
    env: { QUESTIONS_PER_MINUTE: '60', CORS_ORIGINS: DASHBOARD },
  });
  pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
  const organisations = [GREATER_MANCHESTER];
  ({ id: hostileId, token: hostile } = await makeToken(app.client, { role: 'VIEWER', organisations }));
  honest = (await makeToken(app.client, { role: 'VIEWER', organisations })).token;
});

afterAll(() => app.close());

const PROGRESS = '{ recoveryProgress { asOf total { fleet } } }';

async function told(query: string, bearer = hostile): Promise<string> {
  const { status, body } = await app.client.ask(query, {}, bearer);
  return `${status} ${body.errors?.[0]?.extensions.code ?? 'ok'}`;
}

describe('a dashboard with a token for progress', () => {
  it('sees counts, and no machine, practice’s trouble, token or record by any name or way round', async () => {
    expect(await told(PROGRESS)).toBe('200 ok');
    const { state } = await app.client.machine(pc.id);
    for (const [asked, expected] of [
      ['{ machines(first: 1) { totalCount } }', '200 FORBIDDEN'],
      ['{ a: incident { id } machines(first: 1) { edges { node { id } } } }', '200 FORBIDDEN'],
      [
        'query ($no: Boolean = true) { machines(first: 1) @include(if: $no) { totalCount } }',
        '200 FORBIDDEN',
      ],
      ['{ ...A } fragment A on Query { unrecoveredMachines(first: 1) { totalCount } }', '200 FORBIDDEN'],
      [`{ machine(id: "${pc.id}") { id } }`, '200 FORBIDDEN'],
      ['{ practices(first: 1) { totalCount } }', '200 FORBIDDEN'],
      ['{ silentSites(first: 1) { edges { cursor } } }', '200 FORBIDDEN'],
      ['{ apiTokens(first: 1) { edges { cursor } } }', '200 FORBIDDEN'],
      ['{ enrolmentTokens(first: 1) { edges { cursor } } }', '200 FORBIDDEN'],
      ['{ auditEntries(first: 1) { edges { cursor } } }', '200 FORBIDDEN'],
      [`mutation { revokeMachineCredential(machineId: "${pc.id}") }`, '200 FORBIDDEN'],
    ] as const) {
      const { status, body, text } = await app.client.ask(asked, {}, hostile);
      expect([asked, `${status} ${body.errors?.[0]?.extensions.code}`]).toEqual([asked, expected]);
      expect(text).not.toContain(pc.id.split('.')[1]);
      expect(text).not.toContain(state);
    }
    expect((await app.client.report(pc.credential, [wireHeartbeat()])).status).toBe(200);
  });

  it('is refused what is too deep, too wide or too dear, before anything of it is run', async () => {
    const up = (levels: number): string => (levels === 0 ? 'name' : `parent { ${up(levels - 1)} }`);
    const many = (count: number, field: string): string =>
      Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
    for (const asked of [
      `{ organisation(odsCode: "${PRACTICE}") { ${up(20)} } }`,
      `{ ${many(21, 'recoveryProgress { asOf }')} }`,
      `{ organisation(odsCode: "${PRACTICE}") { ${many(51, 'name')} } }`,
    ])
      expect(await told(asked)).toBe('400 QUERY_TOO_COMPLEX');
    const pages = many(
      3,
      'machines(first: 100) { edges { node { transitions(first: 100) { edges { node { at } } } } } }',
    );
    expect(await told(`{ ${pages} }`)).toBe('400 MAX_COST_EXCEEDED');
    expect(await told(`{ incident { ${'id '.repeat(3_000)} } }`)).toBe('400 GRAPHQL_PARSE_FAILED');
  });

  it('floods us, is told when to come again, and keeps neither another dashboard nor a machine from us', async () => {
    const flood = await Promise.all(Array.from({ length: 330 }, () => app.client.ask(PROGRESS, {}, hostile)));
    const refused = flood.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(30);
    expect(refused[0]?.body.errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await told(PROGRESS, honest)).toBe('200 ok');
    const { body } = await app.client.report(pc.credential, [wireHeartbeat({ seq: 2 })]);
    expect(body.results[0]?.outcome).toBe('ACCEPTED');
    // The administrator takes its token away: it is nobody from the next question on.
    await app.client.query('mutation ($id: ID!) { revokeApiToken(id: $id) }', { id: hostileId });
    await app.client.setClock('2024-07-22T09:00:00Z');
    expect(await told(PROGRESS, hostile)).toBe('401 UNAUTHENTICATED');
    expect(await told(PROGRESS, honest)).toBe('200 ok');
  });
});

describe('a page of another site', () => {
  const poll = `/graphql?${new URLSearchParams({ query: PROGRESS }).toString()}`;

  it('cannot ask with the browser’s own means, nor read what somebody else’s program was answered', async () => {
    type Asked = Answer<GraphqlAnswer<unknown>>;
    const simple: Asked = await app.client.request(poll, {
      bearer: app.adminToken,
      headers: { origin: EVIL },
    });
    expect([simple.status, simple.body.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST']);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const { status } = await app.client.request('/graphql', {
        method: 'POST',
        bearer: app.adminToken,
        headers: { 'content-type': type, origin: EVIL },
        body: JSON.stringify({ query: PROGRESS }),
      });
      expect([type, [400, 415].includes(status)]).toEqual([type, true]);
    }
    const preflight = await app.client.request('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: EVIL,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    const asked = await app.client.request(poll, {
      bearer: app.adminToken,
      headers: { origin: EVIL, 'apollo-require-preflight': '1' },
    });
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
    expect(asked.headers['set-cookie']).toBeUndefined();
  });

  it('gets no answer without the token, whatever cookies its browser sends along', async () => {
    const { status, text } = await app.client.request(poll, {
      headers: { 'apollo-require-preflight': '1', cookie: `authorization=Bearer ${app.adminToken}` },
    });
    expect(status).toBe(401);
    expect(text).not.toContain('fleet"');
  });
});
