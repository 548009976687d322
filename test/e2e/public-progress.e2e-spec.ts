import { createHash } from 'node:crypto';
import { PUBLIC_OPERATIONS } from '../../apps/api/src/graphql/public-operations';
import { startApplication, type Application } from '../support/application';
import type { Answer, GraphqlAnswer } from '../support/client';
import { narrow, type Known } from '../support/interval-attack';
import { makeToken } from '../support/people';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';
import { PAGE_FAULT, wireHeartbeat, wireMachine, type WireHeartbeat } from '../support/wire';

/** What anybody may know, and that nobody without a token gets anything else. */
type Range = { readonly atLeast: number; readonly atMost: number };
type Row = {
  readonly odsCode: string;
  readonly affected: Range;
  readonly recovered: Range;
  readonly notRecovered: Range;
  readonly unknown: Range;
  readonly recoveredShare: Range | null;
};
type PublicAnswer = {
  readonly publicProgress: { readonly asOf: string; readonly rows: readonly Row[]; readonly total: Row };
};
type Polled = Answer<GraphqlAnswer<PublicAnswer>>;

const [OPERATION] = PUBLIC_OPERATIONS;
const HASH = OPERATION?.sha256Hash ?? '';
const TEXT = OPERATION?.query ?? '';
const NOBODY = '401 UNAUTHENTICATED';

let app: Application;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-22T08:00:00Z', env: { PUBLIC_PROGRESS: 'true' } });
});

afterAll(() => app.close());

const persisted = (sha256Hash: string): object => ({ persistedQuery: { version: 1, sha256Hash } });

/** Asks as anybody would, by the address alone. */
async function poll(parameters: Record<string, unknown>, etag?: string, of = app): Promise<Polled> {
  const texts = Object.entries(parameters).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const path = `/graphql?${new URLSearchParams(texts).toString()}`;
  const headers = {
    'apollo-require-preflight': '1',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  };
  return of.client.request(path, { headers });
}

async function published(by: 'REGION' | 'ICB'): Promise<PublicAnswer['publicProgress']> {
  const { body, text } = await poll({ extensions: persisted(HASH), variables: { by } });
  if (body.data == null) throw new Error(text);
  return body.data.publicProgress;
}

/** `200 ok`, or the status with the code of the first refusal. */
function outcomeOf({ status, body }: Answer<GraphqlAnswer<unknown> | undefined>): string {
  return `${status} ${body?.errors?.[0]?.extensions.code ?? 'ok'}`;
}

const range = (atLeast: number, atMost: number): Range => ({ atLeast, atMost });
const FEW = range(0, 9);

/** Machines of the incident that the relay of the nation reports for; recovered once they have been up for an hour. */
async function machinesAt(practice: string, count: number): Promise<readonly string[]> {
  const machines = Array.from({ length: count }, () => wireMachine(practice));
  return (await app.client.enrolAll(machines)).map(({ id }) => id);
}

let relay: Promise<{ credential: string }> | null = null;

async function tellOf(ids: readonly string[], of: Partial<WireHeartbeat>): Promise<void> {
  relay ??= app.client.createRelay('ENGLAND');
  const crashes = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
  const heartbeats = ids.map((machineId) => wireHeartbeat({ machineId, crashes, ...of }));
  const { body, text } = await app.client.report((await relay).credential, heartbeats);
  if (body.results.some(({ outcome }) => outcome === 'REJECTED')) throw new Error(text);
}

const upForAnHour = async (ids: readonly string[]): Promise<void> => {
  for (const seq of [3, 4]) await tellOf(ids, { seq, uptimeSeconds: 3_600 + seq, bootId: 'boot-2' });
};

describe('without a token', () => {
  it('registered operations are answered by their hash, by either method, with 304 while nothing has changed', async () => {
    const first = await poll({ extensions: persisted(HASH) });
    expect(outcomeOf(first)).toBe('200 ok');
    expect((await poll({ extensions: persisted(HASH) }, first.headers['etag'])).status).toBe(304);
    const posted = await app.client.post(
      '/graphql',
      { extensions: persisted(HASH), variables: { by: 'ICB' } },
      null,
    );
    expect(outcomeOf(posted as Answer<GraphqlAnswer<unknown>>)).toBe('200 ok');
  });

  it('nothing else is, whatever it is', async () => {
    const others = '{ recoveryProgress { asOf } }';
    const othersHash = createHash('sha256').update(others).digest('hex');
    const extensions = persisted(othersHash);
    expect(
      outcomeOf((await app.client.post('/graphql', { query: others, extensions }, app.adminToken)) as never),
    ).toBe('200 ok');
    const asked = [
      { query: TEXT },
      { query: TEXT, extensions: persisted(HASH) },
      { query: others },
      { query: others, extensions },
      { query: others, extensions: persisted(HASH) },
      { extensions },
      { extensions: persisted(HASH.toUpperCase()) },
      { extensions: { persistedQuery: { version: 1, sha256Hash: [HASH] } } },
      { extensions: { persistedQuery: null } },
      { query: '{ __typename }' },
      { query: '{ __schema { types { name } } }' },
      { query: '{ publicProgress { asOf } }' },
      { query: '' },
      {},
    ];
    for (const one of asked) {
      const post = await app.client.post('/graphql', one, null);
      expect([one, outcomeOf(post as never)]).toEqual([one, NOBODY]);
      if (Object.keys(one).length > 0) expect([one, outcomeOf(await poll(one))]).toEqual([one, NOBODY]);
    }
    const batch = await app.client.post('/graphql', [{ extensions: persisted(HASH) }], null);
    expect(outcomeOf(batch as never)).toBe(NOBODY);
    const texts = await poll({ extensions: '{not json' });
    expect(outcomeOf(texts)).toBe(NOBODY);
    // A hash that anybody may use lends nobody a level that only some may see.
    expect(
      (await poll({ extensions: persisted(HASH), variables: { by: 'PRACTICE' } })).body.data,
    ).toBeUndefined();
  });

  it('nothing at all, unless it is so set; a viewer is answered either way, and a wrong token never', async () => {
    const { token } = await makeToken(app.client, { role: 'VIEWER', organisations: [CHESHIRE] });
    const closed = await startApplication({ database: app.database, now: '2024-07-22T08:00:00Z' });
    try {
      const ask = async (bearer: string | null, of: Application): Promise<string> =>
        outcomeOf((await of.client.post('/graphql', { extensions: persisted(HASH) }, bearer)) as never);
      expect([await ask(null, closed), await ask(null, app)]).toEqual([NOBODY, '200 ok']);
      expect([await ask(token, closed), await ask(token, app)]).toEqual(['200 ok', '200 ok']);
      expect([await ask('x', closed), await ask('x', app)]).toEqual([NOBODY, NOBODY]);
      expect(outcomeOf(await poll({ extensions: persisted(HASH) }, undefined, closed))).toBe(NOBODY);
    } finally {
      await closed.close();
    }
  });
});

describe('what is told', () => {
  let repaired: readonly string[];

  beforeAll(async () => {
    await upForAnHour(await machinesAt(PRACTICE, 13));
    await tellOf(await machinesAt(NEIGHBOUR, 12), {});
    await machinesAt(PRACTICE, 1);
    await upForAnHour(await machinesAt(CHESHIRE_PRACTICE, 3));
    repaired = await machinesAt(CHESHIRE_PRACTICE, 2);
    await tellOf(repaired, {});
    await machinesAt(LONDON_PRACTICE, 11);
  });

  it('is as of the last full hour, and every count within its band', async () => {
    await app.client.setClock('2024-07-22T09:04:59Z');
    const before = await published('ICB');
    expect([before.asOf, before.rows.map(({ affected }) => affected.atLeast)]).toEqual([
      '2024-07-22T08:00:00.000Z',
      [0, 0, 0],
    ]);
    await app.client.setClock('2024-07-22T09:05:00Z');
    const { asOf, rows, total } = await published('ICB');
    expect(asOf).toBe('2024-07-22T09:00:00.000Z');
    expect(rows.map((row) => [row.odsCode, row.recovered, row.notRecovered, row.unknown])).toEqual([
      ['QMJ', FEW, FEW, range(10, 14)],
      [GREATER_MANCHESTER, range(10, 14), range(10, 14), FEW],
      [CHESHIRE, FEW, FEW, FEW],
    ]);
    expect(rows[1]).toMatchObject({ affected: range(20, 28), recoveredShare: range(0.4166, 0.5834) });
    expect(total).toMatchObject({ odsCode: 'ENGLAND', recovered: range(10, 32), unknown: range(10, 32) });
    const regions = await published('REGION');
    expect(regions.total).toEqual(total);
    expect(regions.rows.map((row) => [row.odsCode, row.recovered])).toEqual([
      [LONDON, FEW],
      [NORTH_WEST, range(10, 23)],
    ]);
  });

  it('does not give away a small count to whoever lays all of it side by side', async () => {
    const icbs = await published('ICB');
    const regions = await published('REGION');
    const members = new Map<string, readonly string[]>([
      ...icbs.rows.map(({ odsCode }) => [odsCode, [odsCode]] as const),
      [LONDON, ['QMJ']] as const,
      [NORTH_WEST, [GREATER_MANCHESTER, CHESHIRE]] as const,
      ['ENGLAND', icbs.rows.map(({ odsCode }) => odsCode)] as const,
    ]);
    const learnt = [...icbs.rows, ...regions.rows, icbs.total].flatMap((row): Known[] => {
      const sumOf = (...cells: string[]): Known['terms'] =>
        (members.get(row.odsCode) ?? []).flatMap((code) =>
          cells.map((cell) => [`${cell} ${code}`, 1] as const),
        );
      return [
        { terms: sumOf('affected'), ...row.affected },
        { terms: sumOf('recovered', 'notRecovered'), ...row.affected },
        { terms: sumOf('recovered'), ...row.recovered },
        { terms: sumOf('notRecovered'), ...row.notRecovered },
        { terms: sumOf('unknown'), ...row.unknown },
      ];
    });
    const found = narrow(learnt);
    for (const cell of ['recovered', 'notRecovered', 'unknown'])
      expect(found.get(`${cell} ${CHESHIRE}`)).toEqual(FEW);
    expect(found.get(`unknown ${GREATER_MANCHESTER}`)).toEqual(FEW);
  });

  it('is the same to the byte an hour later, when two machines of few have recovered meanwhile', async () => {
    const before = [await published('ICB'), await published('REGION')];
    await upForAnHour(repaired);
    const exact = await app.client.progress({ by: 'ICB', within: CHESHIRE });
    expect(exact.rows.map(({ recovered, everAffected }) => [recovered, everAffected])).toEqual([[5, 5]]);
    await app.client.setClock('2024-07-22T10:05:00Z');
    const after = [await published('ICB'), await published('REGION')];
    expect(after.map(({ asOf }) => asOf)).toEqual(Array(2).fill('2024-07-22T10:00:00.000Z'));
    expect(after.map(({ rows, total }) => [rows, total])).toEqual(
      before.map(({ rows, total }) => [rows, total]),
    );
  });
});
