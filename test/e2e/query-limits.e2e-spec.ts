import { startApplication, type Application } from '../support/application';
import type { Answer } from '../support/client';
import { PRACTICE } from '../support/practices';
import { Pc, wireMachine } from '../support/wire';

/** What a hostile dashboard can ask of `/graphql`, and what it is told. Nobody's role is exempt: all of it is the administrator. */
let app: Application;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T09:00:00Z' });
  await Pc.enrol(app.client, wireMachine(PRACTICE));
});

afterAll(() => app.close());

type Cost = {
  readonly requestedQueryCost: number;
  readonly actualQueryCost: number | null;
  readonly throttleStatus?: {
    readonly maximumAvailable: number;
    readonly currentlyAvailable: number;
    readonly restoreRate: number;
  };
};
type Body = {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly extensions: { readonly code: string; readonly retryAfterMs?: number };
  }[];
  readonly extensions?: { readonly cost: Cost };
};

function ask(
  query: string,
  application = app,
  bearer: string | null = app.adminToken,
): Promise<Answer<Body>> {
  return application.client.post<Body>('/graphql', { query }, bearer);
}

async function refusalOf(query: string): Promise<string> {
  const { status, body } = await ask(query);
  return `${status} ${body.errors?.[0]?.extensions.code}`;
}

const page = (first: number, inner: string): string =>
  `machines(first: ${first}) { edges { node { ${inner} } } }`;
const history = 'transitions(first: 100) { edges { node { at } } }';

it('answers with what was asked for, what it came to, and what is left', async () => {
  const { body, headers } = await ask(`{ ${page(50, 'id practice { name }')} }`);
  expect(body.extensions?.cost).toEqual({
    requestedQueryCost: 102,
    actualQueryCost: 4,
    throttleStatus: {
      maximumAvailable: 100_000,
      currentlyAvailable: expect.any(Number) as unknown,
      restoreRate: 5_000,
    },
  });
  expect(headers['ratelimit-policy']).toMatch(/^"questions";q=60000;w=300, "query-cost";q=100000;w=20$/);
  expect(headers['ratelimit']).toMatch(/^"questions";r=\d+;t=\d+, "query-cost";r=\d+;t=\d+$/);
});

it('takes a hundred machines with a hundred transitions each, and refuses twice that before it is run', async () => {
  const deep = page(100, history);
  expect((await ask(`{ ${deep} }`)).body.extensions?.cost.requestedQueryCost).toBe(10_302);
  const refused = await ask(`{ a: ${deep} b: ${deep} }`);
  expect([refused.status, refused.body.errors?.[0]?.extensions.code]).toEqual([400, 'MAX_COST_EXCEEDED']);
  expect(refused.body.data).toBeUndefined();
  expect(refused.body.extensions?.cost).toMatchObject({ requestedQueryCost: 20_604, actualQueryCost: null });
});

it('refuses what is too deep, and what hides its depth in fragments', async () => {
  const up = (levels: number): string => (levels === 0 ? 'name' : `parent { ${up(levels - 1)} }`);
  expect(await refusalOf(`{ organisation(odsCode: "${PRACTICE}") { ${up(10)} } }`)).toBe('200 undefined');
  expect(await refusalOf(`{ organisation(odsCode: "${PRACTICE}") { ${up(11)} } }`)).toBe(
    '400 QUERY_TOO_COMPLEX',
  );
  const hidden = `{ organisation(odsCode: "${PRACTICE}") { ...A } }
    fragment A on Organisation { ${up(5).replace('name', '...B')} }
    fragment B on Organisation { ${up(6)} }`;
  expect(await refusalOf(hidden)).toBe('400 QUERY_TOO_COMPLEX');
});

it('refuses too many aliases, too many fields at the top, and too many words', async () => {
  const named = (count: number): string => Array.from({ length: count }, (_, i) => `a${i}: name`).join(' ');
  expect(await refusalOf(`{ organisation(odsCode: "${PRACTICE}") { ${named(50)} } }`)).toBe('200 undefined');
  expect(await refusalOf(`{ organisation(odsCode: "${PRACTICE}") { ${named(51)} } }`)).toBe(
    '400 QUERY_TOO_COMPLEX',
  );
  const top = (count: number): string =>
    Array.from({ length: count }, (_, i) => `a${i}: incident { id }`).join(' ');
  expect(await refusalOf(`{ ${top(20)} }`)).toBe('200 undefined');
  expect(await refusalOf(`{ ${top(21)} }`)).toBe('400 QUERY_TOO_COMPLEX');
  expect(await refusalOf(`{ incident { ${'id '.repeat(3_000)} } }`)).toBe('400 GRAPHQL_PARSE_FAILED');
});

it('sees at once through fragments that spell out a thousand million fields', async () => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `fragment F${i} on Organisation { a: parent { ...F${i + 1} } b: parent { ...F${i + 1} } }`,
  );
  const query = `{ organisation(odsCode: "${PRACTICE}") { ...F0 } } ${levels.join(' ')} fragment F30 on Organisation { name }`;
  const startedAt = performance.now();
  expect(await refusalOf(query)).toBe('400 QUERY_TOO_COMPLEX');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

it('refuses fragments that use themselves, several operations in one request, and an operation that is not named', async () => {
  const circle = '{ ...A } fragment A on Query { incident { id } ...B } fragment B on Query { ...A }';
  expect(await refusalOf(circle)).toBe('400 GRAPHQL_VALIDATION_FAILED');
  const batch = await app.client.post<Body>('/graphql', [{ query: '{ incident { id } }' }], app.adminToken);
  expect(batch.status).toBe(400);
  expect(await refusalOf('query A { incident { id } } query B { incident { id } }')).toBe(
    '400 OPERATION_RESOLUTION_FAILURE',
  );
});

it('counts strangers, too, by their address, before anything is looked up', async () => {
  const { status, body } = await ask(
    `{ a: ${page(100, history)} b: ${page(100, history)} }`,
    app,
    'stranger',
  );
  expect([status, body.errors?.[0]?.extensions.code]).toEqual([400, 'MAX_COST_EXCEEDED']);
});

describe('a credential that spends more than it is given', () => {
  let small: Application;

  beforeAll(async () => {
    small = await startApplication({
      database: app.database,
      now: '2024-07-19T09:00:00Z',
      env: { QUERY_COST_MAX: '1000', QUERY_COST_PER_SECOND: '1', QUESTIONS_PER_MINUTE: '100' },
    });
  });

  afterAll(() => small.stop());

  it('is given back at once what it did not use', async () => {
    for (let i = 0; i < 10; i += 1) {
      const { status, body } = await ask(
        `{ ${page(100, 'transitions(first: 6) { edges { node { at } } }')} }`,
        small,
      );
      expect([status, body.extensions?.cost.requestedQueryCost]).toEqual([200, 902]);
      expect(body.extensions?.cost.throttleStatus).toMatchObject({ maximumAvailable: 5_000, restoreRate: 1 });
      expect(body.extensions?.cost.throttleStatus?.currentlyAvailable).toBeGreaterThan(4_900);
    }
  });

  it('is throttled with 429 and the seconds after which it is heard again', async () => {
    // Mutations cost what they are priced at; nothing of it comes back.
    const revoke = `mutation { ${Array.from({ length: 20 }, (_, i) => `a${i}: revokeEnrolmentToken(id: "${i}")`).join(' ')} }`;
    let answer = await ask(revoke, small);
    for (let i = 0; i < 30 && answer.status === 200; i += 1) answer = await ask(revoke, small);
    const { status, headers, body } = answer;
    expect([status, body.errors?.[0]?.extensions.code, body.data]).toEqual([429, 'THROTTLED', undefined]);
    const retryAfterSeconds = Number(headers['retry-after']);
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(body.errors?.[0]?.extensions.retryAfterMs).toBe(retryAfterSeconds * 1_000);
    expect(body.extensions?.cost.throttleStatus?.currentlyAvailable).toBeLessThan(200);
    const later = new Date(Date.parse('2024-07-19T09:00:00Z') + retryAfterSeconds * 1_000).toISOString();
    await small.client.setClock(later);
    expect((await ask(revoke, small)).status).toBe(200);
  });

  it('is refused before it is parsed when it asks too often', async () => {
    await small.client.setClock('2024-07-20T09:00:00Z');
    const answers = await Promise.all(Array.from({ length: 520 }, () => ask('{ incident { id } }', small)));
    const limited = answers.filter(({ status }) => status === 429);
    // Some are given back while the others are asked, the more the slower the machine.
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]?.body.errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    expect(limited[0]?.headers['ratelimit-policy']).toBe('"questions";q=500;w=300');
    expect(limited[0]?.headers['ratelimit']).toMatch(/^"questions";r=0;t=/);
    expect(Number(limited[0]?.headers['retry-after'])).toBeGreaterThan(0);
    await small.client.setClock('2024-07-20T09:00:10Z');
    expect((await ask('{ incident { id } }', small)).status).toBe(200);
  });
});
