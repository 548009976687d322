import { startApplication, type Application } from '../support/application';
import type { Enrolled } from '../support/client';
import { CHESHIRE_PRACTICE, LONDON_PRACTICE, NEIGHBOUR, PRACTICE } from '../support/practices';
import { BAD_FILE, GOOD_FILE, wireHeartbeat, wireMachine } from '../support/wire';

/** Lists of 260 machines, read page by page while machines report. */
let app: Application;
let relay: string;
let machines: readonly Enrolled[];

const PRACTICES = [PRACTICE, NEIGHBOUR, CHESHIRE_PRACTICE, LONDON_PRACTICE] as const;
const MACHINES = 260;
const FIRST_REPORT_MS = Date.parse('2024-07-19T06:00:00Z');
const MINUTE_MS = 60_000;
/** Machines that report in the same minute, so that their place is decided by more than the time. */
const TOGETHER = 13;

let round = 0;

beforeAll(async () => {
  app = await startApplication();
  relay = (await app.client.createRelay('ENGLAND')).credential;
  // Host names that many share, in both cases.
  const hostname = (i: number): string => `${i % 2 === 0 ? 'pc' : 'PC'}-${String(i % 90).padStart(2, '0')}`;
  machines = await app.client.enrolAll(
    Array.from({ length: MACHINES }, (_, i) =>
      wireMachine(PRACTICES[i % 4] as string, { hostname: hostname(i) }),
    ),
  );
  for (let i = 0; i < MACHINES; i += TOGETHER) {
    await app.client.setClock(new Date(FIRST_REPORT_MS + (i / TOGETHER) * MINUTE_MS).toISOString());
    // Reports out of the order of enrolment: every seventh of a ring that 260 and 7 have no divisor in common for.
    const group = Array.from({ length: TOGETHER }, (_, j) => machines[((i + j) * 7) % MACHINES] as Enrolled);
    await reportAll(group);
  }
});

afterAll(() => app.close());

/** One more report of each of these machines: holding the bad file, so that all of them stay unrecovered. */
async function reportAll(which: readonly Enrolled[], file = BAD_FILE): Promise<void> {
  round += 1;
  const uptimeSeconds = 40_000 + round;
  const heartbeats = which.map(({ id }) =>
    wireHeartbeat({ machineId: id, seq: round, uptimeSeconds, channelFileWrittenAt: file }),
  );
  const { body } = await app.client.report(relay, heartbeats);
  expect(new Set(body.results.map(({ outcome }) => outcome))).toEqual(new Set(['ACCEPTED']));
}

async function advanceMinutes(minutes: number): Promise<void> {
  const { body } = await app.client.request<{ now: string }>('/v1/simulation/clock', {
    bearer: app.adminToken,
  });
  await app.client.setClock(new Date(Date.parse(body.now) + minutes * MINUTE_MS).toISOString());
}

type Node = { id: string; hostname: string; since: string; contact: { lastHeardAt: string } };
type Page = {
  edges: { cursor: string; node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

async function page(list: string, variables: object): Promise<Page> {
  const query = `query ($orderBy: MachineOrder, $first: Int!, $after: String, $filter: MachineFilter) {
    ${list}(orderBy: $orderBy, first: $first, after: $after, filter: $filter) {
      edges { cursor node { id hostname since contact { lastHeardAt } } } pageInfo { hasNextPage endCursor } } }`;
  return (await app.client.query<Record<string, Page>>(query, variables))[list] as Page;
}

/** Reads the whole list, and does something after each page. */
async function readAll(
  list: string,
  variables: object,
  between: (nodes: readonly Node[]) => Promise<void>,
): Promise<Node[]> {
  const nodes: Node[] = [];
  let after: string | null = null;
  for (;;) {
    const { edges, pageInfo }: Page = await page(list, { ...variables, after });
    nodes.push(...edges.map(({ node }) => node));
    expect(pageInfo.endCursor).toBe(edges[edges.length - 1]?.cursor ?? null);
    if (!pageInfo.hasNextPage) return nodes;
    after = pageInfo.endCursor;
    await between(edges.map(({ node }) => node));
  }
}

/** What each order sorts by before the identity, which begins with the practice. */
const SORT_KEYS: Record<string, (node: Node) => string> = {
  PRACTICE: () => '',
  SINCE: ({ since }) => since,
  HOST_NAME: ({ hostname }) => hostname.toLowerCase(),
  LAST_HEARD: ({ contact }) => contact.lastHeardAt,
};

function isSorted(nodes: readonly Node[], keyOf: (node: Node) => string): boolean {
  const keys = nodes.map((node) => `${keyOf(node)} ${node.id}`);
  return keys.every((key, i) => i === 0 || (keys[i - 1] as string) < key);
}

function idsOf(nodes: readonly { readonly id: string }[]): string[] {
  return nodes.map(({ id }) => id).sort();
}

describe.each(['PRACTICE', 'SINCE', 'HOST_NAME'])('in the order %s', (orderBy) => {
  it.each([
    ['machines', 37],
    ['unrecoveredMachines', 100],
  ])('%s in pages of %d: none is skipped or repeated while all of them report', async (list, first) => {
    const nodes = await readAll(list, { orderBy, first }, () => reportAll(machines));
    expect(idsOf(nodes)).toEqual(idsOf(machines));
    expect(isSorted(nodes, SORT_KEYS[orderBy] as (node: Node) => string)).toBe(true);
  });
});

it('in the order PRIORITY none is skipped or repeated while all of them report, and scores only fall', async () => {
  const scores: number[] = [];
  const query = `query ($after: String) { machines(orderBy: PRIORITY, first: 37, after: $after) {
    edges { node { id priority { score parts { points } } } } pageInfo { hasNextPage endCursor } } }`;
  type Scored = { node: { id: string; priority: { score: number; parts: { points: number }[] } } };
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const answer: { machines: { edges: Scored[]; pageInfo: Page['pageInfo'] } } = await app.client.query(
      query,
      { after },
    );
    for (const { node } of answer.machines.edges) {
      ids.push(node.id);
      scores.push(node.priority.score);
      expect(node.priority.parts.reduce((sum, { points }) => sum + points, 0)).toBe(node.priority.score);
    }
    after = answer.machines.pageInfo.hasNextPage ? answer.machines.pageInfo.endCursor : null;
    await reportAll(machines);
  } while (after !== null);
  expect([...ids].sort()).toEqual(idsOf(machines));
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
});

describe('in the order LAST_HEARD', () => {
  it('pages neither skip nor repeat a machine while none reports', async () => {
    const nodes = await readAll('machines', { orderBy: 'LAST_HEARD', first: 60 }, () => Promise.resolve());
    expect(idsOf(nodes)).toEqual(idsOf(machines));
    expect(isSorted(nodes, SORT_KEYS['LAST_HEARD'] as (node: Node) => string)).toBe(true);
  });

  it('pages skip none while machines report, and repeat only those that have been heard again', async () => {
    const heardAgain = new Set<string>();
    const nodes = await readAll('machines', { orderBy: 'LAST_HEARD', first: 60 }, async (read) => {
      await advanceMinutes(1);
      if (heardAgain.size > 0) return;
      const reporters = [
        ...read.slice(0, 10),
        ...machines.filter(({ id }) => read.every((node) => node.id !== id)).slice(0, 10),
      ];
      await reportAll(reporters as readonly Enrolled[]);
      for (const { id } of reporters) heardAgain.add(id);
    });
    const times = new Map<string, number>();
    for (const { id } of nodes) times.set(id, (times.get(id) ?? 0) + 1);
    expect([...times.keys()].sort()).toEqual(idsOf(machines));
    expect([...times].filter(([id, count]) => count > 1 && !heardAgain.has(id))).toEqual([]);
  });
});

it('pages through a list that machines leave, without skipping those that stay', async () => {
  const recovered: string[] = [];
  const nodes = await readAll('unrecoveredMachines', { orderBy: 'SINCE', first: 40 }, async (read) => {
    await reportAll(read.slice(0, 20) as unknown as readonly Enrolled[], GOOD_FILE);
    recovered.push(...read.slice(0, 20).map(({ id }) => id));
  });
  expect(idsOf(nodes)).toEqual(idsOf(machines));
  const rest = await readAll('unrecoveredMachines', { orderBy: 'SINCE', first: 100 }, () =>
    Promise.resolve(),
  );
  expect(idsOf(rest)).toEqual(idsOf(machines).filter((id) => !recovered.includes(id)));
});

describe('a cursor', () => {
  const refusal = (variables: object): Promise<string | null> =>
    app.client.refusalOf(
      `query ($orderBy: MachineOrder, $first: Int!, $after: String, $filter: MachineFilter) {
        machines(orderBy: $orderBy, first: $first, after: $after, filter: $filter) { edges { cursor } } }`,
      variables,
    );

  it('is good for another size of page, and for the same filter written otherwise', async () => {
    const filter = { within: [PRACTICE] };
    const after = (await page('machines', { filter, first: 3 })).pageInfo.endCursor;
    expect(
      (await page('machines', { filter: { ...filter, hostname: null }, first: 100, after })).edges,
    ).toHaveLength(MACHINES / 4 - 3);
  });

  it('is refused under another filter or order', async () => {
    const after = (await page('machines', { first: 3, orderBy: 'SINCE', filter: { within: [PRACTICE] } }))
      .pageInfo.endCursor;
    for (const other of [
      { orderBy: 'SINCE' },
      { orderBy: 'HOST_NAME', filter: { within: [PRACTICE] } },
      { filter: { within: [PRACTICE] } },
      { orderBy: 'SINCE', filter: { within: [NEIGHBOUR] } },
      { orderBy: 'PRIORITY', filter: { within: [PRACTICE] } },
    ]) {
      expect(await refusal({ first: 3, after, ...other })).toBe('INVALID_CURSOR');
    }
  });

  it('is refused when it was made for something else, cut or altered', async () => {
    const ofTransition = await app.client.query<{
      machine: { transitions: { edges: { cursor: string }[] } };
    }>(`query ($id: ID!) { machine(id: $id) { transitions(first: 1) { edges { cursor } } } }`, {
      id: machines[0]?.id,
    });
    const { pageInfo } = await page('machines', { first: 1 });
    const cursor = pageInfo.endCursor ?? '';
    const wrong = [
      ofTransition.machine.transitions.edges[0]?.cursor,
      cursor.slice(0, -8),
      `${cursor}AAAA`,
      '%%%',
      Buffer.from('{}').toString('base64url'),
    ];
    for (const after of wrong) expect(await refusal({ first: 1, after })).toBe('INVALID_CURSOR');
  });

  it.each(['yesterday', 'now', '2024-13-45 00:00:00+00', '', 'x'])(
    'is refused when its moment has become %j',
    async (none) => {
      for (const orderBy of ['SINCE', 'LAST_HEARD', 'PRIORITY']) {
        const { pageInfo } = await page('machines', { first: 1, orderBy });
        const parts = JSON.parse(Buffer.from(pageInfo.endCursor ?? '', 'base64url').toString()) as unknown[];
        const altered = parts.map((part) =>
          typeof part === 'string' ? part.replace(/2024-07-\d\d \d\d:.*$/, none) : part,
        );
        expect(altered).not.toEqual(parts);
        expect(
          await refusal({
            first: 1,
            orderBy,
            after: Buffer.from(JSON.stringify(altered)).toString('base64url'),
          }),
        ).toBe('INVALID_CURSOR');
      }
    },
  );
});
