import { ADMIN_TOKEN, startApplication, type Application } from '../support/application';
import { PROGRESS_QUERY, type GraphqlAnswer, type Progress, type ProgressQuestion } from '../support/client';
import { makeToken } from '../support/people';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  movePractice,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/**
 * A curious neighbouring ICB: the IT team of Cheshire and Merseyside, who asks about everybody else's machines in every way there is.
 * Whatever is not theirs answers like what does not exist.
 */
let app: Application;
let it_: string;
let viewer: string;
let admin: string;
let own: Pc;
let foreign: Pc;

const NOBODYS = `${PRACTICE}.00000000-0000-4000-8000-000000000000`;

beforeAll(async () => {
  app = await startApplication();
  const enrol = (practice: string, hostname: string): Promise<Pc> =>
    Pc.enrol(app.client, wireMachine(practice, { hostname, serialNumber: `SN-${hostname}` }));
  own = await enrol(CHESHIRE_PRACTICE, 'OWN-01');
  foreign = await enrol(PRACTICE, 'FOREIGN-01');
  await enrol(NEIGHBOUR, 'FOREIGN-02');
  await enrol(LONDON_PRACTICE, 'FOREIGN-03');
  const crashes = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
  for (const pc of [own, foreign])
    await pc
      .boot('2024-07-19T08:40:00Z', { channelFileWrittenAt: GOOD_FILE, crashes })
      .report('2024-07-19T08:50:00Z');
  const organisations = [CHESHIRE];
  it_ = (await makeToken(app.client, { role: 'IT', organisations })).token;
  viewer = (await makeToken(app.client, { role: 'VIEWER', organisations })).token;
  admin = (await makeToken(app.client, { role: 'ADMIN', organisations })).token;
});

afterAll(() => app.close());

type Listed = {
  machines: { totalCount: number; edges: { cursor: string; node: { hostname: string } }[]; pageInfo: object };
};

/** What a list holds for whoever shows `bearer`. */
async function listed(variables: object, bearer = it_): Promise<Listed['machines'] | undefined> {
  const query = `query ($filter: MachineFilter, $orderBy: MachineOrder, $after: String, $first: Int = 10) {
    machines(filter: $filter, orderBy: $orderBy, after: $after, first: $first) {
      totalCount edges { cursor node { hostname } } pageInfo { hasNextPage endCursor } } }`;
  return (await app.client.ask<Listed>(query, variables, bearer)).body.data?.machines;
}

/** What is answered, with whatever was asked for taken out, so that two questions can be compared. */
async function answerAbout(query: string, about: string, bearer: string): Promise<string> {
  const { status, text } = await app.client.ask(query, { about }, bearer);
  return `${status} ${text.replaceAll(about, '…').replace(/"currentlyAvailable":\d+/, STANDING)}`;
}

/** What an asker has left grows with every moment, whatever was asked. */
const STANDING = '"currentlyAvailable":0';

describe('lists', () => {
  it('hold their own machines, whatever is asked for', async () => {
    const filters = [
      null,
      {},
      { within: ['ENGLAND'] },
      { within: [NORTH_WEST] },
      { hostname: '' },
      { not: { within: [CHESHIRE] } },
      { not: { hostname: 'OWN' } },
      { or: [{ hostname: 'F' }, { serialNumber: 'SN-FOREIGN-01' }] },
    ];
    const found = await Promise.all(filters.map((filter) => listed({ filter })));
    expect(found.map((one) => [one?.totalCount, one?.edges.map(({ node }) => node.hostname)])).toEqual([
      ...Array<unknown>(5).fill([1, ['OWN-01']]),
      ...Array<unknown>(3).fill([0, []]),
    ]);
    expect(found[0]?.pageInfo).toMatchObject({ hasNextPage: false });
  });

  it('go on behind a cursor of somebody who sees everything with their own machines only', async () => {
    for (const orderBy of ['PRACTICE', 'SINCE', 'HOST_NAME', 'LAST_HEARD', 'PRIORITY']) {
      const all = (await listed({ orderBy }, ADMIN_TOKEN))?.edges ?? [];
      expect(all).toHaveLength(4);
      for (const { cursor } of all) {
        const behind = (await listed({ orderBy, after: cursor }))?.edges ?? [];
        expect(behind.filter(({ node }) => node.hostname !== 'OWN-01')).toEqual([]);
      }
    }
  });
});

describe('what is somebody else’s answers to the byte like what does not exist', () => {
  it.each([
    ['a machine', `query ($about: ID!) { machine(id: $about) { id hostname } }`, NOBODYS, () => foreign.id],
    ['a practice', `query ($about: ID!) { practice(odsCode: $about) { name } }`, 'X99999', () => PRACTICE],
    [
      'an ICB',
      `query ($about: ID!) { organisation(odsCode: $about) { name } }`,
      'X99',
      () => GREATER_MANCHESTER,
    ],
    ['progress', `query ($about: ID!) { recoveryProgress(within: $about) { asOf } }`, 'X99', () => LONDON],
    [
      'progress of the past',
      `query ($about: ID!) { recoveryProgress(within: $about, asOf: "2024-07-19T08:00:00Z") { asOf } }`,
      'X99',
      () => PRACTICE,
    ],
    [
      'an organisation to make a token for',
      `mutation ($about: ID!) { createEnrolmentToken(input: { organisation: $about }) { token } }`,
      'X99',
      () => GREATER_MANCHESTER,
    ],
    [
      'an organisation above one’s own to make a token for',
      `mutation ($about: ID!) { createApiToken(input: { name: "x", role: VIEWER, organisations: [$about] }) { token } }`,
      'X99',
      () => NORTH_WEST,
    ],
    [
      'a machine to revoke the credential of',
      `mutation ($about: ID!) { revokeMachineCredential(machineId: $about) }`,
      NOBODYS,
      () => foreign.id,
    ],
  ])('%s', async (_name, query, nobodys, theirs) => {
    const bearer = query.startsWith('mutation') ? admin : it_;
    expect(await answerAbout(query, theirs(), bearer)).toBe(await answerAbout(query, nobodys, bearer));
  });

  it('a relay, an enrolment token and an API token, which all work on as before', async () => {
    const relay = await app.client.createRelay(GREATER_MANCHESTER);
    const token = await makeToken(app.client, { role: 'IT', organisations: [CHESHIRE, GREATER_MANCHESTER] });
    const nobodys = '00000000-0000-4000-8000-000000000000';
    for (const [mutation, theirs] of [
      ['revokeRelayCredential', relay.id],
      ['revokeApiToken', token.id],
    ] as const) {
      const query = `mutation ($about: ID!) { ${mutation}(id: $about) }`;
      expect(await answerAbout(query, theirs, admin)).toBe(await answerAbout(query, nobodys, admin));
      expect((await app.client.ask(query, { about: theirs }, admin)).body.data).toEqual({
        [mutation]: false,
      });
    }
    expect((await listed({}, token.token))?.totalCount).toBe(3);
    expect(
      (await app.client.report(foreign.credential, [foreign.compose('2024-07-19T08:55:00Z')])).status,
    ).toBe(200);
    const shown = await app.client.ask<{ apiTokens: { edges: { node: { organisations: string[] } }[] } }>(
      '{ apiTokens(first: 100) { edges { node { organisations } } } }',
      {},
      admin,
    );
    const all = shown.body.data?.apiTokens.edges.map(({ node }) => node.organisations) ?? [];
    expect(all).toEqual([[CHESHIRE], [CHESHIRE], [CHESHIRE]]);
  });
});

describe('progress', () => {
  async function progressFor(
    question: ProgressQuestion,
    bearer = viewer,
  ): Promise<GraphqlAnswer<{ recoveryProgress: Progress }>> {
    const query = PROGRESS_QUERY.replace('organisation {', 'partial organisation {').replace(
      'total {',
      'total { partial ',
    );
    return (await app.client.ask<{ recoveryProgress: Progress }>(query, question, bearer)).body;
  }
  const figures = ({ data }: GraphqlAnswer<{ recoveryProgress: Progress }>): readonly unknown[] =>
    (data?.recoveryProgress.rows ?? []).map((row) => [
      row.organisation.odsCode,
      row.fleet,
      row.everAffected,
      (row as unknown as { partial: boolean }).partial,
    ]);

  it('counts what is theirs under every name, and says where there is more', async () => {
    for (const more of [{}, { asOf: '2024-07-19T08:55:00Z' }]) {
      await app.client.setClock('2024-07-19T09:30:00Z');
      expect(figures(await progressFor({ by: 'NATIONAL', ...more }))).toEqual([['ENGLAND', 1, 1, true]]);
      expect(figures(await progressFor({ by: 'REGION', ...more }))).toEqual([[NORTH_WEST, 1, 1, true]]);
      expect(figures(await progressFor({ by: 'ICB', ...more }))).toEqual([[CHESHIRE, 1, 1, false]]);
      expect(figures(await progressFor({ by: 'PRACTICE', ...more }))).toEqual([
        [CHESHIRE_PRACTICE, 1, 1, false],
      ]);
      const within = await progressFor({ by: 'ICB', within: NORTH_WEST, ...more });
      expect(figures(within)).toEqual([[CHESHIRE, 1, 1, false]]);
      expect(within.data?.recoveryProgress.total).toMatchObject({ fleet: 1, partial: true });
    }
    expect(figures(await progressFor({ by: 'NATIONAL' }, ADMIN_TOKEN))).toEqual([['ENGLAND', 4, 2, false]]);
  });

  it('is dated by their own changes: nobody else’s can be told from it', async () => {
    const before = await progressFor({ by: 'NATIONAL' });
    await foreign.boot('2024-07-19T09:35:00Z').report('2024-07-19T09:40:00Z');
    await Pc.enrol(app.client, wireMachine(PRACTICE));
    expect(await progressFor({ by: 'NATIONAL' })).toEqual(before);
  });
});

it('polls are shared with those who may see the same, and with nobody else', async () => {
  const query = '{ recoveryProgress(by: NATIONAL) { total { fleet } } }';
  const path = `/graphql?${new URLSearchParams({ query }).toString()}`;
  const headers = { 'apollo-require-preflight': '1' };
  const poll = async (bearer: string, etag = ''): Promise<readonly unknown[]> => {
    type Polled = GraphqlAnswer<{ recoveryProgress: { total: { fleet: number } } }> | undefined;
    const shown = { ...headers, 'if-none-match': etag };
    const answer = await app.client.request<Polled>(path, { bearer, headers: shown });
    return [answer.status, answer.body?.data?.recoveryProgress.total.fleet, answer.headers['etag']];
  };
  const same = (await makeToken(app.client, { role: 'VIEWER', organisations: [CHESHIRE] })).token;
  const [, everything, nationalEtag] = await poll(ADMIN_TOKEN);
  const [, theirs, etag] = await poll(viewer);
  expect([everything, theirs]).toEqual([5, 1]);
  expect(await poll(viewer, nationalEtag as string)).toEqual([200, 1, etag]);
  expect(await poll(same, etag as string)).toEqual([304, undefined, etag]);
  expect(await poll(ADMIN_TOKEN, etag as string)).toEqual([200, 5, nationalEtag]);
});

it('and when a practice moves to them, its machines are theirs with all their past, and no longer their former ICB’s', async () => {
  const manchester = (await makeToken(app.client, { role: 'IT', organisations: [GREATER_MANCHESTER] })).token;
  expect((await listed({}, manchester))?.totalCount).toBe(3);
  await movePractice(app.database.pool, NEIGHBOUR, CHESHIRE, '2024-07-20T00:00:00Z');
  await app.client.setClock('2024-07-20T08:00:00Z');
  expect((await listed({}))?.edges.map(({ node }) => node.hostname)).toEqual(['OWN-01', 'FOREIGN-02']);
  expect((await listed({}, manchester))?.totalCount).toBe(2);
  const { body } = await app.client.ask<{ recoveryProgress: Progress }>(
    PROGRESS_QUERY,
    { by: 'ICB', asOf: '2024-07-19T09:00:00Z' },
    it_,
  );
  expect(body.data?.recoveryProgress.rows.map((row) => [row.organisation.odsCode, row.fleet])).toEqual([
    [GREATER_MANCHESTER, 1],
    [CHESHIRE, 1],
  ]);
});
