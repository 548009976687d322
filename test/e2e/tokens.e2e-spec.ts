import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { makeToken } from '../support/people';
import { CHESHIRE, GREATER_MANCHESTER, NORTH_WEST, PRACTICE } from '../support/practices';
import { Pc, wireMachine } from '../support/wire';

/** Tokens of people and services: who they let in, to what, and until when. A wrong one lets nobody in. */
let database: ApplicationDatabase;
let app: Application;

beforeAll(async () => {
  database = await createApplicationDatabase();
  app = await startApplication({ database, now: '2024-07-22T08:00:00Z' });
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

const PROGRESS = '{ recoveryProgress { asOf } }';
const MACHINES = '{ machines(first: 1) { totalCount } }';
const TOKENS = '{ apiTokens(first: 1) { edges { node { id } } } }';

/** `ok`, or the code of the first refusal, with the status. */
async function outcome(query: string, bearer: string | null, of: Application = app): Promise<string> {
  const { status, body } = await of.client.ask(query, {}, bearer);
  return `${status} ${body.errors?.[0]?.extensions.code ?? 'ok'}`;
}

it.each([
  ['VIEWER', '200 ok', '200 FORBIDDEN', '200 FORBIDDEN'],
  ['IT', '200 ok', '200 ok', '200 FORBIDDEN'],
  ['ADMIN', '200 ok', '200 ok', '200 ok'],
] as const)('%s: progress %s, machines %s, tokens %s', async (role, progress, machines, tokens) => {
  const { token } = await makeToken(app.client, { role, organisations: [GREATER_MANCHESTER] });
  const outcomes = [PROGRESS, MACHINES, TOKENS].map((query) => outcome(query, token));
  expect(await Promise.all(outcomes)).toEqual([progress, machines, tokens]);
});

it('lets nobody in with a wrong token, and answers all of them alike', async () => {
  const { token } = await makeToken(app.client, { role: 'VIEWER', organisations: ['ENGLAND'] });
  const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
  const flipped = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA');
  const relay = await app.client.createRelay(PRACTICE);
  const enrolmentToken = await app.client.createEnrolmentToken(PRACTICE);
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"roles":["ADMIN:ENGLAND"]}').toString('base64url')}.`;
  const wrong = [null, '', 'x', flipped, `${token}x`, token.toUpperCase(), pc.credential, relay.credential];
  const answers = new Set<string>();
  for (const bearer of [...wrong, enrolmentToken, unsigned, `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(1)]) {
    const { status, text } = await app.client.ask(PROGRESS, {}, bearer);
    answers.add(`${status} ${text}`);
  }
  expect(answers.size).toBe(1);
  expect([...answers][0]).toMatch(/^401 .*"UNAUTHENTICATED"/);
});

it('shows a secret once, and keeps its hash only', async () => {
  const { id, token } = await makeToken(app.client, {
    role: 'IT',
    organisations: [PRACTICE],
    name: 'Pilot’s board',
  });
  const fields = 'id name role organisations createdBy createdAt expiresAt revokedAt lastUsedAt';
  const { text } = await app.client.ask(`{ apiTokens(first: 100) { edges { node { ${fields} } } } }`);
  expect(text).not.toContain(token.slice(5));
  const shown = JSON.parse(text) as { data: { apiTokens: { edges: { node: { id: string } }[] } } };
  expect(shown.data.apiTokens.edges.find(({ node }) => node.id === id)?.node).toEqual({
    id,
    name: 'Pilot’s board',
    role: 'IT',
    organisations: [PRACTICE],
    createdBy: 'admin-token',
    createdAt: '2024-07-22T08:00:00.000Z',
    expiresAt: '2024-10-20T08:00:00.000Z',
    revokedAt: null,
    lastUsedAt: null,
  });
  const { rows } = await database.pool.query(`SELECT api_token::text AS row FROM api_token`);
  expect(JSON.stringify(rows)).not.toContain(token.slice(5));
});

it('tells whoever asks who they are, and nobody else’s name, however many poll the same', async () => {
  const organisations = [NORTH_WEST];
  const path = `/graphql?${new URLSearchParams({ query: '{ me { name kind grants { role organisations } } }' }).toString()}`;
  const headers = { 'apollo-require-preflight': '1' };
  const names = ['one', 'two', 'three'];
  const tokens = await Promise.all(
    names.map((name) => makeToken(app.client, { role: 'VIEWER', organisations, name })),
  );
  const answers = await Promise.all(
    tokens.map(({ token }) => app.client.request<{ data: { me: object } }>(path, { bearer: token, headers })),
  );
  expect(answers.map(({ body }) => body.data.me)).toEqual(
    names.map((name) => ({ name, kind: 'API_TOKEN', grants: [{ role: 'VIEWER', organisations }] })),
  );
});

it('notes the last use, to the minute', async () => {
  const { id, token } = await makeToken(app.client, { role: 'VIEWER', organisations: [PRACTICE] });
  const lastUse = async (): Promise<string | null | undefined> => {
    const query = '{ apiTokens(first: 100) { edges { node { id lastUsedAt } } } }';
    type Shown = { apiTokens: { edges: { node: { id: string; lastUsedAt: string | null } }[] } };
    const { apiTokens } = await app.client.query<Shown>(query);
    return apiTokens.edges.find(({ node }) => node.id === id)?.node.lastUsedAt;
  };
  expect(await lastUse()).toBeNull();
  await app.client.setClock('2024-07-22T08:30:00Z');
  await outcome(PROGRESS, token);
  expect(await lastUse()).toBe('2024-07-22T08:30:00.000Z');
});

it('ends a token at the moment it expires', async () => {
  const expiresAt = '2024-07-22T09:00:00Z';
  const { token } = await makeToken(app.client, { role: 'VIEWER', organisations: [PRACTICE], expiresAt });
  await app.client.setClock('2024-07-22T08:59:59Z');
  expect(await outcome(PROGRESS, token)).toBe('200 ok');
  await app.client.setClock(expiresAt);
  expect(await outcome(PROGRESS, token)).toBe('401 UNAUTHENTICATED');
});

it('ends a revoked token at once where it is revoked, also for polls that were answered before', async () => {
  const { id, token } = await makeToken(app.client, { role: 'VIEWER', organisations: [PRACTICE] });
  const path = `/graphql?${new URLSearchParams({ query: PROGRESS }).toString()}`;
  const poll = () =>
    app.client.request(path, { bearer: token, headers: { 'apollo-require-preflight': '1' } });
  expect([(await poll()).status, (await poll()).status]).toEqual([200, 200]);
  const revoke = `mutation { revokeApiToken(id: "${id}") }`;
  expect(await app.client.query(revoke)).toEqual({ revokeApiToken: true });
  expect((await poll()).status).toBe(401);
  expect(await outcome(PROGRESS, token)).toBe('401 UNAUTHENTICATED');
});

it('makes no token beyond what its maker may do, and none without an end', async () => {
  const organisations = [GREATER_MANCHESTER];
  const { token: admin } = await makeToken(app.client, { role: 'ADMIN', organisations });
  const { token: it_ } = await makeToken(app.client, { role: 'IT', organisations });
  const create = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { id } }`;
  const refusal = async (input: object, bearer: string): Promise<string | undefined> =>
    (await app.client.ask(create, { input: { name: 'x', role: 'IT', organisations, ...input } }, bearer)).body
      .errors?.[0]?.extensions.code;
  expect(await refusal({}, it_)).toBe('FORBIDDEN');
  expect(await refusal({ organisations: [NORTH_WEST] }, admin)).toBe('NOT_FOUND');
  expect(await refusal({ organisations: [PRACTICE, CHESHIRE] }, admin)).toBe('NOT_FOUND');
  expect(await refusal({ organisations: ['ENGLAND'] }, admin)).toBe('NOT_FOUND');
  expect(await refusal({ organisations: [] }, admin)).toBe('BAD_USER_INPUT');
  expect(await refusal({ organisations: Array(51).fill(PRACTICE) }, admin)).toBe('BAD_USER_INPUT');
  expect(await refusal({ name: ' ' }, admin)).toBe('BAD_USER_INPUT');
  expect(await refusal({ name: 'x\u0007' }, admin)).toBe('BAD_USER_INPUT');
  expect(await refusal({ expiresAt: '2024-07-22T08:00:00Z' }, admin)).toBe('BAD_USER_INPUT');
  expect(await refusal({ expiresAt: '2026-01-01T00:00:00Z' }, admin)).toBe('BAD_USER_INPUT');
  expect(await refusal({ organisations: [PRACTICE], role: 'ADMIN' }, admin)).toBeUndefined();
});

it('pages through tokens, newest first', async () => {
  type Page = {
    apiTokens: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
  };
  const page = async (first: number, after: string | null): Promise<Page['apiTokens']> => {
    const query = `query ($first: Int!, $after: String) { apiTokens(first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`;
    return (await app.client.query<Page>(query, { first, after })).apiTokens;
  };
  const whole = (await page(100, null)).edges.map(({ node }) => node.id);
  const found: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { edges, pageInfo } = await page(2, after);
    found.push(...edges.map(({ node }) => node.id));
    [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
  }
  expect(found).toEqual(whole);
  expect(await app.client.refusalOf(`{ apiTokens(first: 1, after: "x") { pageInfo { hasNextPage } } }`)).toBe(
    'INVALID_CURSOR',
  );
});

it('lets only an administrator of the whole nation set the clock', async () => {
  const set = async (bearer: string | null): Promise<string> => {
    const { status, body } = await app.client.post(
      '/v1/simulation/clock',
      { now: '2024-07-23T00:00:00Z' },
      bearer,
    );
    return `${status} ${body.code}`;
  };
  const { token: regional } = await makeToken(app.client, { role: 'ADMIN', organisations: [NORTH_WEST] });
  const { token: it_ } = await makeToken(app.client, { role: 'IT', organisations: ['ENGLAND'] });
  const { token: national } = await makeToken(app.client, { role: 'ADMIN', organisations: ['ENGLAND'] });
  expect([await set(null), await set('x')]).toEqual(['401 CREDENTIAL_MISSING', '401 UNAUTHENTICATED']);
  expect([await set(regional), await set(it_)]).toEqual(['403 FORBIDDEN', '403 FORBIDDEN']);
  expect(await set(national)).toBe('200 undefined');
});
