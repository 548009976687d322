import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
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
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Practices that go dark on the Monday after the incident, as people see it. They are open from 07:00 to 17:30Z. */
let database: ApplicationDatabase;
let app: Application;

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
});

afterEach(() => app.close());

/** Machines that crashed in the window, came back on Monday and were last heard at `lastHeard`. */
async function machinesAt(practice: string, count: number, lastHeard: string): Promise<readonly Pc[]> {
  const pcs: Pc[] = [];
  for (let i = 0; i < count; i += 1) {
    const pc = await Pc.enrol(app.client, wireMachine(practice));
    const crashes = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
    pcs.push(pc.boot('2024-07-22T09:50:00Z', { crashes, channelFileWrittenAt: GOOD_FILE }));
    await pc.report(lastHeard);
  }
  return pcs;
}

type Site = { silentSince: string; noticedAt: string; machines: number; holdsUntil: string };
type SitePage = {
  edges: { node: Site & { practice: { odsCode: string } } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

async function silentSites(args: string): Promise<SitePage> {
  const query = `{ silentSites(${args}) { edges { cursor node { silentSince noticedAt machines holdsUntil practice { odsCode } } }
    pageInfo { hasNextPage endCursor } } }`;
  return (await app.client.query<{ silentSites: SitePage }>(query)).silentSites;
}

async function silentPractices(args = 'first: 100'): Promise<readonly string[]> {
  return (await silentSites(args)).edges.map(({ node }) => node.practice.odsCode);
}

async function siteOf(odsCode: string): Promise<Site | null> {
  const query = `query ($code: ID!) { organisation(odsCode: $code) { site { silentSince noticedAt machines holdsUntil } } }`;
  return (await app.client.query<{ organisation: { site: Site | null } }>(query, { code: odsCode }))
    .organisation.site;
}

type Held = { siteSilentSince: string; siteSpokeAgainAt: string | null; heldUntil: string };

/** What every machine of a practice says: its state, and whether its silence is held. */
async function machinesOf(practice: string): Promise<readonly { state: string; silenceHeld: Held | null }[]> {
  const query = `query ($within: [ID!]) { machines(first: 100, filter: { within: $within }) { edges { node { state silenceHeld { siteSilentSince siteSpokeAgainAt heldUntil } } } } }`;
  const data = await app.client.query<{
    machines: { edges: { node: { state: string; silenceHeld: Held | null } }[] };
  }>(query, { within: [practice] });
  return data.machines.edges.map(({ node }) => node);
}

it('a practice that goes dark is a site and not four crashes: its machines wait, and it is said so', async () => {
  await machinesAt(PRACTICE, 4, '2024-07-22T10:00:00Z');
  await machinesAt(NEIGHBOUR, 2, '2024-07-22T10:00:00Z');
  await app.client.setClock('2024-07-22T11:05:00Z');
  const held = {
    siteSilentSince: '2024-07-22T10:00:00.000Z',
    siteSpokeAgainAt: null,
    heldUntil: '2024-07-23T10:00:00.000Z',
  };
  expect(await machinesOf(PRACTICE)).toEqual(Array(4).fill({ state: 'STABILISING', silenceHeld: held }));
  expect(await machinesOf(NEIGHBOUR)).toEqual(Array(2).fill({ state: 'DOWN', silenceHeld: null }));
  const site = {
    silentSince: '2024-07-22T10:00:00.000Z',
    noticedAt: '2024-07-22T11:05:00.000Z',
    machines: 4,
    holdsUntil: '2024-07-23T10:00:00.000Z',
  };
  expect(await siteOf(PRACTICE)).toEqual(site);
  expect([await siteOf(NEIGHBOUR), await siteOf(GREATER_MANCHESTER)]).toEqual([null, null]);
  expect((await silentSites('first: 10')).edges.map(({ node }) => node)).toEqual([
    { ...site, practice: { odsCode: PRACTICE } },
  ]);
  const metrics = (await app.client.request('/metrics')).text;
  expect(metrics).toMatch(/^recovery_silent_sites 1$/m);
  expect(metrics).toMatch(/^recovery_sweep_held_total 4$/m);
});

it('when it speaks again each machine has an hour to be heard, and moves at its own deadline if it is not', async () => {
  const pcs = await machinesAt(PRACTICE, 4, '2024-07-22T10:00:00Z');
  await app.client.setClock('2024-07-22T11:05:00Z');
  await pcs[0]?.report('2024-07-22T12:00:00Z');
  await app.client.setClock('2024-07-22T12:00:10Z');
  expect([await siteOf(PRACTICE), await silentPractices()]).toEqual([null, []]);
  expect((await pcs[0]?.seen())?.state).toBe('STABILISING');
  expect((await machinesOf(PRACTICE)).filter(({ silenceHeld }) => silenceHeld !== null)).toEqual(
    Array(3).fill({
      state: 'STABILISING',
      silenceHeld: {
        siteSilentSince: '2024-07-22T10:00:00.000Z',
        siteSpokeAgainAt: '2024-07-22T12:00:10.000Z',
        heldUntil: '2024-07-22T13:00:10.000Z',
      },
    }),
  );
  await pcs[1]?.report('2024-07-22T12:30:00Z');
  await pcs[0]?.report('2024-07-22T12:55:00Z');
  await app.client.setClock('2024-07-22T13:00:09Z');
  expect((await pcs[2]?.seen())?.state).toBe('STABILISING');
  await app.client.setClock('2024-07-22T13:00:10Z');
  expect((await pcs[1]?.seen())?.state).toBe('STABILISING');
  const { state, since, transitions } = (await pcs[2]?.seen()) ?? {};
  expect([state, since]).toEqual(['DOWN', '2024-07-22T11:00:00.000Z']);
  expect(transitions?.edges.at(-1)?.node).toMatchObject({
    reason: 'SILENT_IN_OPENING_HOURS',
    at: '2024-07-22T11:00:00.000Z',
    recordedAt: '2024-07-22T13:00:10.000Z',
  });
});

it('mass silence that began in the window is the evidence, and nobody waits for it', async () => {
  for (let i = 0; i < 5; i += 1) {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await pc.boot('2024-07-19T03:30:00Z').report('2024-07-19T04:20:00Z');
  }
  await app.client.setClock('2024-07-19T09:00:00Z');
  expect(await machinesOf(PRACTICE)).toEqual(Array(5).fill({ state: 'DOWN', silenceHeld: null }));
  expect(await silentPractices()).toEqual([]);
});

it('silent practices are listed longest silent first, by organisation, page by page', async () => {
  const silentSince = [
    [LONDON_PRACTICE, '2024-07-22T09:55:00Z'],
    [PRACTICE, '2024-07-22T09:58:00Z'],
    [NEIGHBOUR, '2024-07-22T10:00:00Z'],
    [CHESHIRE_PRACTICE, '2024-07-22T10:00:00Z'],
  ] as const;
  for (const [practice, lastHeard] of silentSince) await machinesAt(practice, 3, lastHeard);
  await app.client.setClock('2024-07-22T11:30:00Z');
  const all = [LONDON_PRACTICE, PRACTICE, CHESHIRE_PRACTICE, NEIGHBOUR];
  expect(await silentPractices()).toEqual(all);
  expect(await silentPractices('first: 9, within: "ENGLAND"')).toEqual(all);
  expect(await silentPractices(`first: 9, within: "${NORTH_WEST}"`)).toEqual(all.slice(1));
  expect(await silentPractices(`first: 9, within: "${CHESHIRE}"`)).toEqual([CHESHIRE_PRACTICE]);
  expect(await silentPractices(`first: 9, within: "${LONDON_PRACTICE}"`)).toEqual([LONDON_PRACTICE]);
  const seen: string[] = [];
  for (let after = ''; ;) {
    const page = await silentSites(`first: 3${after}`);
    seen.push(...page.edges.map(({ node }) => node.practice.odsCode));
    if (!page.pageInfo.hasNextPage) break;
    after = `, after: "${page.pageInfo.endCursor}"`;
    expect(
      await app.client.refusalOf(
        `{ silentSites(first: 3, within: "${LONDON}"${after}) { pageInfo { hasNextPage } } }`,
      ),
    ).toBe('INVALID_CURSOR');
  }
  expect(seen).toEqual(all);
  const refusal = (args: string): Promise<string | null> =>
    app.client.refusalOf(`{ silentSites(${args}) { pageInfo { hasNextPage } } }`);
  expect(await refusal('first: 0')).toBe('BAD_USER_INPUT');
  expect(await refusal('first: 1, within: "Q99"')).toBe('NOT_FOUND');
  expect(await refusal('first: 1, after: "bm90aGluZw"')).toBe('INVALID_CURSOR');
});
