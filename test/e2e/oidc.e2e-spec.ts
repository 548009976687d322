import { decodeJwt, type JWTPayload } from 'jose';
import { createHmac, createPublicKey } from 'node:crypto';
import { startApplication, type Application } from '../support/application';
import {
  AUDIENCE,
  LocalIssuer,
  makeIssuerKey,
  ORGANISATIONS_CLAIM,
  ROLES_CLAIM,
  sign,
  type IssuerKey,
} from '../support/local-issuer';
import { CHESHIRE, CHESHIRE_PRACTICE, GREATER_MANCHESTER, PRACTICE } from '../support/practices';
import { wireMachine } from '../support/wire';

/** Access tokens of a real OpenID Connect provider: whom they let in, to what, and how its keys may change or be out of reach. */
let key: IssuerKey;
let nextKey: IssuerKey;
let issuer: LocalIssuer;
let app: Application;
const logs: string[] = [];

const PROGRESS = '{ recoveryProgress { asOf } }';
const MACHINES = '{ machines(first: 10) { totalCount } }';
const ME = '{ me { id name kind grants { role organisations } } }';

function startWith(of: LocalIssuer): Promise<Application> {
  const env = { OIDC_ISSUER: of.url, OIDC_AUDIENCE: AUDIENCE, OIDC_ROLES_CLAIM: ROLES_CLAIM };
  // The issuer lives in the present, so the service's clock starts there, too.
  return startApplication({
    env: { ...env, OIDC_ORGANISATIONS_CLAIM: ORGANISATIONS_CLAIM },
    now: new Date(Date.now()).toISOString(),
    logs,
  });
}

beforeAll(async () => {
  [key, nextKey] = await Promise.all([makeIssuerKey('key-1'), makeIssuerKey('key-2')]);
  issuer = await LocalIssuer.start([key]);
  app = await startWith(issuer);
  await app.client.enrolAll([wireMachine(PRACTICE), wireMachine(PRACTICE), wireMachine(CHESHIRE_PRACTICE)]);
});

afterAll(async () => {
  await app.close();
  await issuer.stop();
});

/** `200 ok`, or the status with the code of the first refusal. */
async function outcome(query: string, bearer: string, of: Application = app): Promise<string> {
  const { status, body } = await of.client.ask(query, {}, bearer);
  return `${status} ${body.errors?.[0]?.extensions.code ?? 'ok'}`;
}

const NOBODY = '401 UNAUTHENTICATED';
const OUT_OF_REACH = '503 UNAVAILABLE';
const regional = (): object => ({ access: { roles: [`IT:${GREATER_MANCHESTER}`] } });

/** Claims as the issuer writes them, to be bent and signed anew. */
async function issuedClaims(): Promise<JWTPayload> {
  return claimsOf(issuer);
}

function without(claims: JWTPayload, name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name));
}

it('lets in whoever the issuer says, with the roles and organisations of its claims', async () => {
  const token = await issuer.issue(regional());
  expect([await outcome(PROGRESS, token), await outcome(MACHINES, token)]).toEqual(['200 ok', '200 ok']);
  const { body } = await app.client.ask<{ machines: unknown; me: unknown }>(
    `{ ${MACHINES.slice(1, -1)} ${ME.slice(1, -1)} }`,
    {},
    token,
  );
  expect(body.data).toEqual({
    machines: { totalCount: 2 },
    me: {
      id: `oidc:${issuer.url}#regional-dashboard`,
      name: 'regional-dashboard',
      kind: 'OIDC',
      grants: [{ role: 'IT', organisations: [GREATER_MANCHESTER] }],
    },
  });
});

it('takes organisations from a claim of their own, and grants nothing where none is named', async () => {
  const counted = async (claims: object): Promise<unknown> => {
    const { body } = await app.client.ask<{ machines: object }>(MACHINES, {}, await issuer.issue(claims));
    return body.data?.machines ?? body.errors?.[0]?.extensions.code;
  };
  expect(await counted({ access: { roles: ['IT'] }, [ORGANISATIONS_CLAIM]: [CHESHIRE] })).toEqual({
    totalCount: 1,
  });
  expect(await counted({ access: { roles: ['IT'] } })).toBe('FORBIDDEN');
  expect(await counted({ access: { roles: ['VIEWER:ENGLAND', 'another-service'] } })).toBe('FORBIDDEN');
  expect(await counted({})).toBe('FORBIDDEN');
});

it('refuses tokens for others, of others, of other kinds, and without what a token needs', async () => {
  const claims = await issuedClaims();
  expect(await outcome(PROGRESS, await sign(key, claims))).toBe('200 ok');
  const wrong = [
    await issuer.issue(regional(), 'https://payroll.example'),
    await sign(key, { ...claims, aud: ['https://payroll.example'] }),
    await sign(key, { ...claims, iss: 'https://issuer.example' }),
    await sign(key, { ...claims, iss: `${issuer.url}/` }),
    await sign(key, claims, { typ: 'JWT' }),
    await sign(key, without(claims, 'exp')),
    await sign(key, without(claims, 'sub')),
    await sign(key, { ...claims, sub: 'x'.repeat(256) }),
    await sign(key, { ...claims, nbf: (claims.exp as number) + 3_600 }),
  ];
  for (const token of wrong) expect(await outcome(PROGRESS, token)).toBe(NOBODY);
});

it('refuses forged signatures: none, a shared secret made of the public key, a key nobody knows, changed claims', async () => {
  const claims = await issuedClaims();
  const stranger = { ...(await makeIssuerKey('key-1')), kid: key.kid };
  const publicHalf = { kty: key.kty, n: key.n, e: key.e };
  const pem = createPublicKey({ key: publicHalf as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = (alg: string): string => encode({ alg, typ: 'at+jwt', kid: key.kid });
  const hmacOf = (secret: string | Buffer): string => {
    const signed = `${header('HS256')}.${encode(claims)}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const genuine = await sign(key, claims);
  const greater = encode({ ...claims, access: { roles: ['ADMIN:ENGLAND'] } });
  const forged = [
    `${header('none')}.${encode(claims)}.`,
    `${header('None')}.${encode(claims)}.`,
    hmacOf(pem),
    hmacOf(Buffer.from(key.n as string, 'base64url')),
    await sign(stranger, claims),
    await sign({ ...stranger, kid: 'key-9' }, claims),
    // A key that the token brings along, in itself or by an address, is nobody's.
    await sign(stranger, claims, { jwk: publicHalf, kid: undefined }),
    await sign(stranger, claims, { jku: 'http://127.0.0.1:9/keys' }),
    genuine.replace(/\.[^.]+\./, `.${greater}.`),
    genuine.slice(0, -8),
    `${genuine}.x`,
    '..',
  ];
  for (const token of forged) expect(await outcome(PROGRESS, token)).toBe(NOBODY);
  expect(await outcome(PROGRESS, genuine)).toBe('200 ok');
});

it('forgives clocks half a minute, and no more', async () => {
  const token = await issuer.issue({ access: { roles: ['VIEWER:ENGLAND'] } });
  const endsMs = (decodeJwt(token).exp as number) * 1_000;
  await app.client.setClock(new Date(endsMs + 29_000).toISOString());
  expect(await outcome(PROGRESS, token)).toBe('200 ok');
  await app.client.setClock(new Date(endsMs + 30_000).toISOString());
  expect(await outcome(PROGRESS, token)).toBe(NOBODY);
});

describe('keys', () => {
  let claims: JWTPayload;
  let nowMs: number;
  const later = async (byMs: number): Promise<void> => {
    nowMs += byMs;
    await app.client.setClock(new Date(nowMs).toISOString());
  };

  beforeAll(async () => {
    const issued = await issuedClaims();
    nowMs = Date.now() + 3_600_000;
    claims = { ...issued, exp: Math.floor(nowMs / 1_000) + 7 * 86_400 };
    await later(0);
  });

  it('that have rotated are found while the service runs, however many tokens name them at once', async () => {
    issuer.useKeys([nextKey, key]);
    const before = issuer.reads;
    const tokens = await Promise.all(
      Array.from({ length: 8 }, (_, n) => sign(nextKey, { ...claims, jti: `rotated-${n}` })),
    );
    const outcomes = await Promise.all(tokens.map((token) => outcome(PROGRESS, token)));
    expect(outcomes).toEqual(Array(8).fill('200 ok'));
    expect(issuer.reads - before).toBe(1);
    expect(await outcome(PROGRESS, await sign(key, { ...claims, jti: 'former' }))).toBe('200 ok');
  });

  it('that are made up make us look again no more than once in ten seconds', async () => {
    await later(10_000);
    const before = issuer.reads;
    for (let n = 0; n < 5; n += 1) {
      const madeUp = await sign({ ...nextKey, kid: `made-up-${n}` }, claims);
      expect(await outcome(PROGRESS, madeUp)).toBe(NOBODY);
    }
    expect(issuer.reads - before).toBe(1);
  });

  it('that were withdrawn are good for ten minutes and the request that finds it out', async () => {
    issuer.useKeys([nextKey]);
    const before = issuer.reads;
    await later(600_000);
    expect(await outcome(PROGRESS, await sign(key, { ...claims, jti: 'finds out' }))).toBe('200 ok');
    await issuer.issue({});
    while (issuer.reads === before)
      await outcome(PROGRESS, await sign(nextKey, { ...claims, jti: 'meanwhile' }));
    expect(await outcome(PROGRESS, await sign(key, { ...claims, jti: 'withdrawn' }))).toBe(NOBODY);
  });

  it('go on for a day when the issuer does not answer, then nobody can be told from anybody', async () => {
    await issuer.stop();
    await later(23 * 3_600_000);
    expect(await outcome(PROGRESS, await sign(nextKey, { ...claims, jti: 'in the outage' }))).toBe('200 ok');
    await later(3_600_000);
    const token = await sign(nextKey, { ...claims, jti: 'a day later' });
    expect(await outcome(PROGRESS, token)).toBe(OUT_OF_REACH);
    const path = `/graphql?${new URLSearchParams({ query: PROGRESS }).toString()}`;
    const poll = await app.client.request(path, {
      bearer: token,
      headers: { 'apollo-require-preflight': '1' },
    });
    expect([poll.status, poll.headers['retry-after'], poll.headers['cache-control']]).toEqual([
      503,
      '5',
      'no-store',
    ]);
    const route = await app.client.post('/v1/simulation/clock', { now: '2030-01-01T00:00:00Z' }, token);
    expect([route.status, route.body.code, route.headers['retry-after']]).toEqual([
      503,
      'ISSUER_UNREACHABLE',
      '5',
    ]);
    expect(await outcome(PROGRESS, app.adminToken)).toBe('200 ok');
    expect(logs.filter((line) => line.includes('issuer_unreachable')).join()).toMatch(/ECONNREFUSED/);
    for (const line of logs) expect(line).not.toContain(token.slice(-40));
  });
});

it('an issuer that takes connections and never answers holds nobody for more than a few seconds', async () => {
  const silent = await LocalIssuer.start([key]);
  const bearer = await sign(key, { ...(await claimsOf(silent)) });
  silent.fallSilent();
  const waiting = await startWith(silent);
  try {
    const startedMs = performance.now();
    expect(await Promise.all([1, 2, 3].map(() => outcome(PROGRESS, bearer, waiting)))).toEqual(
      Array(3).fill(OUT_OF_REACH),
    );
    expect(performance.now() - startedMs).toBeLessThan(6_000);
    const againMs = performance.now();
    expect(await outcome(PROGRESS, bearer, waiting)).toBe(OUT_OF_REACH);
    expect(performance.now() - againMs).toBeLessThan(1_000);
    silent.useKeys([key]);
    await waiting.client.setClock(new Date(Date.now() + 6_000).toISOString());
    expect(await outcome(PROGRESS, bearer, waiting)).toBe('200 ok');
  } finally {
    await waiting.close();
    await silent.stop();
  }
});

async function claimsOf(of: LocalIssuer): Promise<JWTPayload> {
  return decodeJwt(await of.issue(regional()));
}
