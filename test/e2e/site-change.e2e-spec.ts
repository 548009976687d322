import { startApplication, type Application } from '../support/application';
import { makeToken } from '../support/people';
import { CHESHIRE, CHESHIRE_PRACTICE, GREATER_MANCHESTER, NEIGHBOUR, PRACTICE } from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** Monday morning: what came back together, and which of it fell over again. Practices are open from 07:00Z. */
let app: Application;
const SINCE = '2024-07-22T07:00:00Z';
const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

/** Machines that were up when it came, and were not heard again. */
async function silentAt(practice: string, count: number): Promise<readonly Pc[]> {
  const pcs: Pc[] = [];
  for (let i = 0; i < count; i += 1)
    pcs.push(await Pc.enrol(app.client, wireMachine(practice, { hostname: `${practice}-${i}` })));
  return pcs;
}

beforeAll(async () => {
  app = await startApplication();
  const theirs = await silentAt(PRACTICE, 4);
  const others = await silentAt(CHESHIRE_PRACTICE, 3);
  const alone = await silentAt(NEIGHBOUR, 1);
  for (const pc of [...theirs, ...others, ...alone])
    await pc.boot('2024-07-19T03:30:00Z').report('2024-07-19T04:20:00Z');
  // Friday: they are down. Monday, 08:00: three come back together, and one 40 minutes later; another practice likewise.
  await app.client.setClock('2024-07-22T07:55:00Z');
  const facts = { channelFileWrittenAt: GOOD_FILE, crashes: CRASHES };
  for (const pc of [...theirs.slice(0, 3), ...others, ...alone])
    await pc.boot('2024-07-22T07:56:00Z', facts).report('2024-07-22T08:00:00Z');
  // One of them crashes again, and again; the last one comes back on its own.
  const again = [
    ...CRASHES,
    { at: '2024-07-22T08:21:00Z', stopCode: PAGE_FAULT },
    { at: '2024-07-22T08:26:00Z', stopCode: PAGE_FAULT },
  ];
  await theirs[0]?.boot('2024-07-22T08:28:00Z', { crashes: again }).report('2024-07-22T08:30:00Z');
  await theirs[3]?.boot('2024-07-22T08:36:00Z', facts).report('2024-07-22T08:40:00Z');
});

afterAll(() => app.close());

type Together = {
  from: string;
  until: string;
  machines: number;
  named: { hostname: string; state: string }[];
};
type Site = {
  practice: { odsCode: string };
  silences: { silentSince: string; spokeAgainAt: string | null; machines: number }[];
  wentSilent: Together[];
  cameBack: Together[];
  fellAgain: { machine: { hostname: string; state: string }; cameBackAt: string; fellAt: string }[];
  fallen: number;
};
type Page = { edges: { node: Site }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

const QUERY = (args: string): string => `{ siteChanges(${args}) {
  edges { cursor node { practice { odsCode } fallen
    silences { silentSince spokeAgainAt machines }
    wentSilent { from until machines named { hostname state } }
    cameBack { from until machines named { hostname state } }
    fellAgain { cameBackAt fellAt machine { hostname state } } } }
  pageInfo { hasNextPage endCursor } } }`;

async function changes(args: string, bearer?: string): Promise<Page> {
  const { body, text } = await app.client.ask<{ siteChanges: Page }>(QUERY(args), {}, bearer);
  if (body.data == null) throw new Error(text);
  return body.data.siteChanges;
}
const codes = ({ edges }: Page): readonly string[] => edges.map(({ node }) => node.practice.odsCode);

it('tells which machines came back together, and which of them fell over again', async () => {
  const page = await changes(`since: "${SINCE}", first: 10, within: "${GREATER_MANCHESTER}"`);
  expect(page.edges.map(({ node }) => node)).toEqual([
    {
      practice: { odsCode: PRACTICE },
      silences: [],
      wentSilent: [],
      cameBack: [
        {
          from: '2024-07-22T08:00:00.000Z',
          until: '2024-07-22T08:00:00.000Z',
          machines: 3,
          named: expect.arrayContaining([{ hostname: `${PRACTICE}-0`, state: 'CRASH_LOOPING' }]) as unknown,
        },
      ],
      fellAgain: [
        {
          machine: { hostname: `${PRACTICE}-0`, state: 'CRASH_LOOPING' },
          cameBackAt: '2024-07-22T08:00:00.000Z',
          fellAt: '2024-07-22T08:30:00.000Z',
        },
      ],
      fallen: 1,
    },
  ]);
});

it('tells which went silent together, by when they were last heard', async () => {
  const page = await changes('since: "2024-07-19T04:00:00Z", first: 10');
  expect(
    page.edges.map(({ node }) => [
      node.practice.odsCode,
      node.wentSilent.map((one) => [one.from, one.machines]),
    ]),
  ).toEqual([
    [CHESHIRE_PRACTICE, [['2024-07-19T04:20:00.000Z', 3]]],
    [PRACTICE, [['2024-07-19T04:20:00.000Z', 4]]],
  ]);
});

it('goes page by page, and only on behind its own cursors', async () => {
  const first = await changes(`since: "${SINCE}", first: 1`);
  expect([codes(first), first.pageInfo.hasNextPage]).toEqual([[CHESHIRE_PRACTICE], true]);
  const after = `after: "${first.pageInfo.endCursor}"`;
  const second = await changes(`since: "${SINCE}", first: 1, ${after}`);
  expect([codes(second), second.pageInfo.hasNextPage]).toEqual([[PRACTICE], false]);
  const refusal = (args: string): Promise<string | null> => app.client.refusalOf(QUERY(args));
  expect(await refusal(`since: "2024-07-22T07:30:00Z", first: 1, ${after}`)).toBe('INVALID_CURSOR');
  expect(await refusal(`since: "${SINCE}", first: 0`)).toBe('BAD_USER_INPUT');
  expect(await refusal('since: "2024-06-01T07:30:00Z", first: 1')).toBe('BAD_USER_INPUT');
  expect(await refusal('since: "2024-07-23T07:30:00Z", first: 1')).toBe('BAD_USER_INPUT');
  expect(await refusal(`since: "${SINCE}", first: 1, within: "Q99"`)).toBe('NOT_FOUND');
});

it('shows nobody what is not theirs', async () => {
  const theirs = (await makeToken(app.client, { role: 'IT', organisations: [CHESHIRE] })).token;
  expect(codes(await changes(`since: "${SINCE}", first: 10`, theirs))).toEqual([CHESHIRE_PRACTICE]);
  expect(codes(await changes(`since: "${SINCE}", first: 10, within: "Y62"`, theirs))).toEqual([
    CHESHIRE_PRACTICE,
  ]);
  const { body } = await app.client.ask(
    QUERY(`since: "${SINCE}", first: 10, within: "${PRACTICE}"`),
    {},
    theirs,
  );
  expect(body.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
});

it('tells of a whole practice that was dark', async () => {
  await app.client.setClock('2024-07-22T11:00:00Z');
  const [site] = (await changes(`since: "2024-07-22T08:10:00Z", first: 10, within: "${CHESHIRE_PRACTICE}"`))
    .edges;
  expect(site?.node.silences).toEqual([
    { silentSince: '2024-07-22T08:00:00.000Z', spokeAgainAt: null, machines: 3 },
  ]);
});
