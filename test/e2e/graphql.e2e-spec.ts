import { GRAPHQL_ERROR_CODES } from '../../apps/api/src/graphql/error.format';
import type { GraphqlAnswer } from '../support/client';
import { ADMIN_TOKEN, startApplication, type Application } from '../support/application';
import {
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';
import { BAD_FILE, GOOD_FILE, OLD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Questions over GraphQL, asked about six machines at four practices on the Friday of the incident. */
let app: Application;
let pcs: Record<'silent' | 'harmless' | 'crashed' | 'recovered' | 'london' | 'neverHeard', Pc>;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  app = await startApplication();
  const enrol = (practice: string, hostname: string, more = {}): Promise<Pc> =>
    Pc.enrol(app.client, wireMachine(practice, { hostname, ...more }));
  pcs = {
    silent: await enrol(PRACTICE, 'GP-Front-01', { serialNumber: 'PF3AAAAA' }),
    harmless: await enrol(PRACTICE, 'gp-front-02'),
    crashed: await enrol(NEIGHBOUR, 'GP_BACK_01'),
    recovered: await enrol(CHESHIRE_PRACTICE, 'GPXBACK-02'),
    london: await enrol(LONDON_PRACTICE, 'LON%01'),
    neverHeard: await enrol(LONDON_PRACTICE, 'LON-02'),
  };
  await pcs.silent
    .boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: BAD_FILE })
    .report('2024-07-19T05:00:00Z');
  await pcs.harmless
    .boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: OLD_FILE })
    .report('2024-07-19T07:30:00Z');
  pcs.recovered.boot('2024-07-19T07:10:00Z', { channelFileWrittenAt: GOOD_FILE, crashes: CRASHES });
  await pcs.recovered.reportAt('2024-07-19T07:40:00Z', '2024-07-19T08:00:00Z', '2024-07-19T08:20:00Z');
  await pcs.crashed
    .boot('2024-07-19T08:40:00Z', { channelFileWrittenAt: GOOD_FILE, crashes: CRASHES })
    .report('2024-07-19T08:50:00Z');
  await pcs.london
    .boot('2024-07-19T08:40:00Z', { sensorVersion: null, sensorRunning: false })
    .report('2024-07-19T08:55:00Z');
});

afterAll(() => app.close());

type Names = Record<string, { edges: { node: { id: string } }[] }>;

/** Which of the machines a list holds, by their names here. */
async function listed(
  list: 'machines' | 'unrecoveredMachines',
  filter: object | null,
): Promise<readonly string[]> {
  const query = `query ($filter: MachineFilter) { ${list}(filter: $filter, first: 100) { edges { node { id } } } }`;
  const { edges = [] } = (await app.client.query<Names>(query, { filter }))[list] ?? {};
  const ids = edges.map(({ node }) => node.id);
  return Object.entries(pcs)
    .filter(([, pc]) => ids.includes(pc.id))
    .map(([name]) => name);
}

describe('lists of machines', () => {
  it.each<[object | null, readonly string[]]>([
    [null, ['silent', 'harmless', 'crashed', 'recovered', 'london', 'neverHeard']],
    [{}, ['silent', 'harmless', 'crashed', 'recovered', 'london', 'neverHeard']],
    [{ within: ['ENGLAND'] }, ['silent', 'harmless', 'crashed', 'recovered', 'london', 'neverHeard']],
    [{ within: [NORTH_WEST] }, ['silent', 'harmless', 'crashed', 'recovered']],
    [{ within: [GREATER_MANCHESTER] }, ['silent', 'harmless', 'crashed']],
    [{ within: [PRACTICE, LONDON] }, ['silent', 'harmless', 'london', 'neverHeard']],
    [{ within: [] }, []],
    [{ state: ['STABILISING', 'RECOVERED'] }, ['crashed', 'recovered']],
    [{ state: [] }, []],
    [{ group: ['FINE', 'UNKNOWN'] }, ['harmless', 'london', 'neverHeard']],
    [{ group: ['FINE'], state: ['RECOVERED'] }, []],
    [{ exposure: ['CRASHED', 'OUT_OF_SCOPE'] }, ['crashed', 'recovered', 'london']],
    [{ hostname: 'gp' }, ['silent', 'harmless', 'crashed', 'recovered']],
    [{ hostname: 'GP-' }, ['silent', 'harmless']],
    [{ hostname: 'gp_' }, ['crashed']],
    [{ hostname: 'LON%' }, ['london']],
    [{ hostname: "x' OR '1'='1" }, []],
    [{ serialNumber: 'PF3AAAAA' }, ['silent']],
    [{ lastHeardBefore: '2024-07-19T07:30:00Z' }, ['silent']],
    [
      { lastHeardAfter: '2024-07-19T07:30:00Z', lastHeardBefore: '2024-07-19T08:55:00Z' },
      ['harmless', 'crashed', 'recovered'],
    ],
    [{ lastHeardAfter: '2024-07-19T09:55:00+01:00' }, ['london']],
    [{ inStateBefore: '2024-07-19T07:30:01Z' }, ['harmless', 'neverHeard']],
    [{ identityConflict: true }, []],
    [{ identityConflict: false, within: [LONDON] }, ['london', 'neverHeard']],
    [{ reason: ['SILENT_IN_OPENING_HOURS', 'ENROLLED'] }, ['silent', 'neverHeard']],
    [{ hostnameIs: 'gp-front-01', serialNumberPrefix: 'pf3' }, ['silent']],
    [{ serialNumber: 'pf3aaaaa' }, ['silent']],
    [{ freshness: ['FRESH', 'NEVER'] }, ['crashed', 'london', 'neverHeard']],
    [{ inStateAfter: '2024-07-19T08:50:00Z', stateAgeUnderMinutes: 5 }, ['london']],
    [{ stateAgeAtLeastMinutes: 60 }, ['harmless', 'neverHeard']],
    [{ sensor: ['STOPPED', 'UNKNOWN'] }, ['london', 'neverHeard']],
    [{ sensorVersionPrefix: '7.16.' }, ['silent', 'harmless', 'crashed', 'recovered']],
    [{ bitlocker: ['UNKNOWN'] }, ['neverHeard']],
    [{ bootMode: ['NORMAL'], fileVerdict: ['BAD', 'PRE_INCIDENT'] }, ['silent', 'harmless']],
    [{ safeBootFlag: false, osBuildPrefix: '22631' }, []],
    [
      { or: [{ within: [LONDON], not: { sensor: ['UNKNOWN'] } }, { state: ['STABILISING'] }] },
      ['crashed', 'london'],
    ],
    [{ and: [{ within: [NORTH_WEST] }, { not: { within: [GREATER_MANCHESTER] } }] }, ['recovered']],
    [{ not: {} }, []],
    [{ or: [] }, []],
  ])('filtered by %j', async (filter, names) => {
    expect(await listed('machines', filter)).toEqual(names);
  });

  it('unrecovered machines are those of that group only, whatever the filter says', async () => {
    expect(await listed('unrecoveredMachines', null)).toEqual(['silent', 'crashed']);
    expect(await listed('unrecoveredMachines', { within: [PRACTICE] })).toEqual(['silent']);
    expect(await listed('unrecoveredMachines', { state: ['RECOVERED'] })).toEqual([]);
    expect(await listed('unrecoveredMachines', { or: [{ hostname: 'gp' }, { group: ['UNKNOWN'] }] })).toEqual(
      ['silent', 'crashed'],
    );
    expect(await listed('unrecoveredMachines', { group: ['FINE'] })).toEqual([]);
    expect(await listed('unrecoveredMachines', { group: ['FINE', 'UNRECOVERED'] })).toEqual([
      'silent',
      'crashed',
    ]);
  });
});

it('counts the whole list beside any of its pages', async () => {
  const query = `query ($filter: MachineFilter) {
    all: machines(filter: $filter, first: 1) { totalCount edges { node { id } } }
    broken: unrecoveredMachines(filter: $filter, first: 1) { totalCount } }`;
  expect(await app.client.query(query, { filter: { within: [NORTH_WEST] } })).toEqual({
    all: { totalCount: 4, edges: [{ node: { id: expect.any(String) as unknown } }] },
    broken: { totalCount: 2 },
  });
});

describe('one machine', () => {
  it('tells its place, its state with the reason and the failing tests, its contact and its facts', async () => {
    expect(await pcs.crashed.seen()).toMatchObject({
      id: pcs.crashed.id,
      hostname: 'GP_BACK_01',
      practice: { odsCode: NEIGHBOUR },
      exposure: 'CRASHED',
      state: 'STABILISING',
      group: 'UNRECOVERED',
      reason: 'BOOTED_NORMALLY',
      failingTests: ['UPTIME_60_MIN', 'THREE_HEARTBEATS'],
      identityConflict: false,
      contact: { lastHeardAt: '2024-07-19T08:50:00.000Z', freshness: 'FRESH' },
      since: '2024-07-19T08:50:00.000Z',
      facts: { fileVerdict: 'GOOD', bootMode: 'NORMAL' },
    });
    expect(await pcs.harmless.seen()).toMatchObject({ failingTests: [], contact: { freshness: 'SILENT' } });
    expect(await pcs.neverHeard.seen()).toMatchObject({ contact: { lastHeardAt: null, freshness: 'NEVER' } });
  });

  it('pages through its transitions, each with when it was true, when it was recorded, and by which rules', async () => {
    const query = `query ($id: ID!, $after: String) { machine(id: $id) { transitions(first: 1, after: $after) {
      edges { cursor node { at recordedAt fromState toState fromExposure toExposure reason ruleVersion } } pageInfo { hasNextPage endCursor } } } }`;
    type Page = {
      machine: {
        transitions: {
          edges: { cursor: string; node: object }[];
          pageInfo: { hasNextPage: boolean; endCursor: string };
        };
      };
    };
    const first = (await app.client.query<Page>(query, { id: pcs.recovered.id })).machine.transitions;
    const second = (
      await app.client.query<Page>(query, { id: pcs.recovered.id, after: first.pageInfo.endCursor })
    ).machine.transitions;
    const seen = (await pcs.recovered.seen()).transitions.edges.map(({ node }) => node);
    expect([...first.edges, ...second.edges].map(({ node }) => node)).toEqual(seen);
    expect(seen).toMatchObject([
      {
        fromState: 'UNVERIFIED',
        toState: 'STABILISING',
        fromExposure: 'UNKNOWN',
        toExposure: 'CRASHED',
        ruleVersion: expect.stringMatching(/\S/) as unknown,
      },
      {
        fromState: 'STABILISING',
        toState: 'RECOVERED',
        at: '2024-07-19T08:20:00.000Z',
        recordedAt: '2024-07-19T08:20:00.000Z',
        reason: 'TESTS_PASSED',
      },
    ]);
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
  });

  it('is null when there is none, and so is an organisation', async () => {
    const id = `${PRACTICE}.00000000-0000-4000-8000-000000000000`;
    const query = `query ($id: ID!) { machine(id: $id) { id } practice(odsCode: "X00000") { name } icb: practice(odsCode: "${GREATER_MANCHESTER}") { name } organisation(odsCode: "X00000") { name } }`;
    const nothing = { machine: null, practice: null, icb: null, organisation: null };
    for (const none of [id, 'x', '', `${PRACTICE}.${'0'.repeat(5_000)}`, 'P99001.\u0000'])
      expect(await app.client.query(query, { id: none })).toEqual(nothing);
  });
});

it('tells organisations with their parents, and the incident as data', async () => {
  const data = await app.client.query(`{
    practice(odsCode: "${PRACTICE}") { odsCode name level parent { odsCode level parent { odsCode level parent { odsCode level parent { odsCode } } } } }
    incident { id windowStart windowEnd filePattern goodFrom minimumSensorVersion stopCodes } }`);
  expect(data).toEqual({
    practice: {
      ...{ odsCode: PRACTICE, name: 'The Surgery', level: 'PRACTICE' },
      parent: {
        ...{ odsCode: GREATER_MANCHESTER, level: 'ICB' },
        parent: {
          odsCode: NORTH_WEST,
          level: 'REGION',
          parent: { odsCode: 'ENGLAND', level: 'NATIONAL', parent: null },
        },
      },
    },
    incident: {
      ...{
        id: 'channel-file-291',
        windowStart: '2024-07-19T04:09:00.000Z',
        windowEnd: '2024-07-19T05:27:00.000Z',
      },
      ...{
        filePattern: 'C-00000291*.sys',
        goodFrom: '2024-07-19T05:27:00.000Z',
        minimumSensorVersion: '7.11',
        stopCodes: [80, 126],
      },
    },
  });
});

describe('refusals', () => {
  const TOKEN = `mutation ($input: CreateEnrolmentTokenInput!) { createEnrolmentToken(input: $input) { id token expiresAt } }`;
  const LIST = `query ($first: Int!, $after: String, $filter: MachineFilter) { machines(first: $first, after: $after, filter: $filter) { edges { cursor } } }`;

  it.each<[string, object, string]>([
    [LIST, { first: 0 }, 'BAD_USER_INPUT'],
    [LIST, { first: -1 }, 'BAD_USER_INPUT'],
    [LIST, { first: 101 }, 'BAD_USER_INPUT'],
    [LIST, { first: 2 ** 31 }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, after: 'x' }, 'INVALID_CURSOR'],
    [LIST, { first: 1, after: '' }, 'INVALID_CURSOR'],
    [LIST, { first: 1, filter: { lastHeardBefore: '2024-07-19T09:00:00' } }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: { state: ['BROKEN'] } }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: { hostname: 'x'.repeat(256) } }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: { hostname: 'A\u0000' } }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: { within: Array(501).fill(PRACTICE) } }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: nestedFilter(6) }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: { and: Array(61).fill({ hostname: 'x' }) } }, 'BAD_USER_INPUT'],
    [LIST, { first: 1, filter: { not: { state: ['BROKEN'] } } }, 'BAD_USER_INPUT'],
    [`{ machines { edges { cursor } } }`, {}, 'GRAPHQL_VALIDATION_FAILED'],
    [`{ machines(first: 1) { edges { secrets } } }`, {}, 'GRAPHQL_VALIDATION_FAILED'],
    [`{ machines(first: 1`, {}, 'GRAPHQL_PARSE_FAILED'],
    [`{ ${'incident { id } '.repeat(1_000)} }`, {}, 'GRAPHQL_PARSE_FAILED'],
    [`{ machines(first: 1, filter: { within: ["X00000"] }) { totalCount } }`, {}, 'NOT_FOUND'],
    [TOKEN, { input: { organisation: 'X00000' } }, 'NOT_FOUND'],
    [TOKEN, { input: { organisation: 'A\u0000' } }, 'NOT_FOUND'],
    [TOKEN, { input: { organisation: PRACTICE, maxUses: 0 } }, 'BAD_USER_INPUT'],
    [TOKEN, { input: { organisation: PRACTICE, maxUses: 2 ** 31 } }, 'BAD_USER_INPUT'],
    [TOKEN, { input: { organisation: PRACTICE, expiresAt: '2024-07-19T08:55:00Z' } }, 'BAD_USER_INPUT'],
    [`mutation { createRelayCredential(input: { organisation: "X00000" }) { id } }`, {}, 'NOT_FOUND'],
  ])('%s %j is answered with %s', async (query, variables, code) => {
    const { status, body } = await app.client.ask(query, variables);
    expect(status).toBeLessThan(500);
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(GRAPHQL_ERROR_CODES).toContain(code);
    expect(Object.keys(body.errors?.[0]?.extensions ?? {})).toEqual(['code']);
  });

  it('refuses a filter that is nested deeper than anything can follow', async () => {
    for (const depth of [100, 3_000, 100_000]) {
      const filter = `${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`;
      const body = `{"query":${JSON.stringify(LIST)},"variables":{"first":1,"filter":${filter}}}`;
      const { status, body: answer } = await app.client.post<GraphqlAnswer<object>>(
        '/graphql',
        body,
        ADMIN_TOKEN,
      );
      expect([depth, status]).toEqual([depth, expect.any(Number)]);
      expect([depth, answer.errors?.[0]?.extensions.code]).toEqual([depth, 'BAD_USER_INPUT']);
      expect(status).toBeLessThan(500);
    }
  });

  it('lets only the administrator ask, and tells strangers nothing', async () => {
    const questions = [
      '{ machines(first: 1) { edges { cursor } } }',
      '{ recoveryProgress { asOf } }',
      `{ machine(id: "${pcs.silent.id}") { id } }`,
      `{ practice(odsCode: "${PRACTICE}") { name } }`,
      '{ incident { id } }',
      `mutation { createEnrolmentToken(input: { organisation: "ENGLAND" }) { token } }`,
      'mutation { revokeRelayCredential(id: "x") }',
    ];
    for (const question of questions) {
      for (const bearer of [null, 'stranger', pcs.silent.credential, ADMIN_TOKEN.slice(0, -1)]) {
        const { status, body } = await app.client.ask(question, {}, bearer);
        expect([status, body.errors?.map(({ extensions }) => extensions)]).toEqual([
          401,
          [{ code: 'UNAUTHENTICATED' }],
        ]);
        expect(Object.values(body.data ?? {}).filter((value) => value !== null)).toEqual([]);
      }
    }
  });
});

it('never shows a token or a credential a second time', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 5 }, () => app.client.createEnrolmentToken(PRACTICE)),
  );
  const relays = await Promise.all(Array.from({ length: 5 }, () => app.client.createRelay(PRACTICE)));
  expect(new Set([...tokens, ...relays.flatMap(({ id, credential }) => [id, credential])]).size).toBe(15);
  const created = await app.client.ask(
    `mutation { createEnrolmentToken(input: { organisation: "${PRACTICE}", maxUses: 1, expiresAt: "2024-07-20T00:00:00Z" }) { expiresAt token } }`,
  );
  expect(created.headers['cache-control']).toBe('no-store');
  expect(created.body.data).toMatchObject({
    createEnrolmentToken: { expiresAt: '2024-07-20T00:00:00.000Z' },
  });
});

/** A filter within a filter within a filter. */
function nestedFilter(depth: number): object {
  let filter: object = { hostname: 'x' };
  for (let i = 1; i < depth; i += 1) filter = { not: filter };
  return filter;
}
