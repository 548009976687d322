import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import type { ProgressRow } from '../support/client';
import { makeToken } from '../support/people';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  CLOSED_PRACTICE,
  LONDON,
  LONDON_PRACTICE,
  NEIGHBOUR,
  PRACTICE,
} from '../support/practices';
import { GOOD_FILE, Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** The asset list of an IT team beside what enrolled, over HTTP and GraphQL. */
let database: ApplicationDatabase;
let app: Application;

const BOARD = '03d40274-0435-05f6-9306-1a0700080009';

beforeAll(async () => {
  database = await createApplicationDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  app = await startApplication({ database });
});
afterEach(() => app.close());

type Diff = {
  readonly added: number;
  readonly changed: number;
  readonly restored: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly expected: number;
  readonly brokenRows: readonly { readonly line: number; readonly problem: string }[];
  readonly changes: readonly { readonly change: string; readonly asset: string }[];
  readonly fingerprint: string;
};
type Imported = {
  readonly outcome: string;
  readonly code: string | null;
  readonly importId: string | null;
  readonly diff: Diff | null;
};

const HEADER = 'Practice code,Device name,Serial number,Asset tag,Role';
const listOf = (...rows: readonly string[]): string => [HEADER, ...rows].join('\r\n');

async function send(list: string, query: object = {}, bearer: string | null = ADMIN_TOKEN) {
  const path = `/v1/register/imports?${new URLSearchParams(query as Record<string, string>).toString()}`;
  const headers = { 'content-type': 'text/csv' };
  return app.client.request<Imported>(path, { method: 'POST', bearer, headers, body: list });
}

async function take(list: string, query: object = {}): Promise<Imported> {
  const { status, body, text } = await send(list, { apply: 'true', ...query });
  if (status !== 200) throw new Error(`the list was not taken: ${text}`);
  return body;
}

async function fleet(): Promise<ProgressRow> {
  return (await app.client.progress({ by: 'NATIONAL' })).total;
}

const FINDINGS = `query ($finding: RegisterFinding!, $within: ID, $first: Int!, $after: String) {
  registerFindings(finding: $finding, within: $within, first: $first, after: $after) {
    edges { node { machineId hostname practice { odsCode } state shared otherIds } }
    pageInfo { hasNextPage endCursor } } }`;
type Found = {
  readonly machineId: string;
  readonly hostname: string;
  readonly shared: string | null;
  readonly otherIds: readonly string[];
};
type Page = {
  readonly edges: readonly { readonly node: Found }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

async function pageOf(asked: object, bearer: string): Promise<Page> {
  const { body, text } = await app.client.ask<{ registerFindings: Page }>(FINDINGS, asked, bearer);
  if (body.data == null) throw new Error(text);
  return body.data.registerFindings;
}

/** All machines of a finding, one to a page. */
async function found(finding: string, within?: string, bearer = ADMIN_TOKEN): Promise<readonly Found[]> {
  const machines: Found[] = [];
  for (let after: string | null = null; ;) {
    const page: Page = await pageOf({ finding, within, first: 1, after }, bearer);
    machines.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) return machines;
    after = page.pageInfo.endCursor;
  }
}

async function counts(within?: string, bearer = ADMIN_TOKEN): Promise<Record<string, number>> {
  type Summary = {
    readonly practices: number;
    readonly practicesListed: number;
    readonly entries: number;
    readonly findings: readonly { readonly finding: string; readonly machines: number }[];
  };
  const query = `query ($within: ID) { registerSummary(within: $within) {
    practices practicesListed entries findings { finding machines } } }`;
  const { body, text } = await app.client.ask<{ registerSummary: Summary }>(query, { within }, bearer);
  const summary = body.data?.registerSummary;
  if (summary === undefined) throw new Error(text);
  const { practices, practicesListed, entries, findings } = summary;
  const machines = Object.fromEntries(findings.map((one) => [one.finding, one.machines]));
  return { practices, practicesListed, entries, ...machines };
}

/** The books, recounted: every machine once, wherever it came from. */
async function driftsOf(machines: number): Promise<void> {
  const { reconcile } = await app.client.query<{ reconcile: object }>(
    'mutation { reconcile(repair: false) { machines drifts { kind practice detail } } }',
  );
  expect(reconcile).toEqual({ machines, drifts: [] });
}

describe('a list', () => {
  const list = listOf(
    `${PRACTICE},FRONT-01,S1,A1,Reception`,
    `${PRACTICE},ROOM-01,S2,A2,Consulting room`,
    `${NEIGHBOUR},BACK-01,S3,A3,Server`,
  );

  it('is shown as a difference first, taken as it was shown, and changes nothing when it comes again', async () => {
    const pc = await Pc.enrol(
      app.client,
      wireMachine(PRACTICE, { hostname: 'front-01', serialNumber: 's1' }),
    );
    const preview = (await send(list)).body;
    expect(preview).toMatchObject({ outcome: 'PREVIEW', diff: { added: 3, expected: 2, unchanged: 0 } });
    expect((await fleet()).fleet).toBe(1);
    const fingerprint = preview.diff?.fingerprint;
    expect(await take(list, { fingerprint })).toMatchObject({ outcome: 'APPLIED', diff: { added: 3 } });
    expect(await fleet()).toMatchObject({ fleet: 3, unknown: 3 });
    expect(await take(list)).toMatchObject({ outcome: 'NOTHING_CHANGED', diff: { unchanged: 3, added: 0 } });
    expect(await take(list, { mode: 'REPLACE' })).toMatchObject({ outcome: 'NOTHING_CHANGED' });
    const query = `{ auditEntries(first: 2, filter: { action: [REGISTER_IMPORTED], outcome: [DONE] }) { edges { node {
      actor { kind } details } } } }`;
    expect(JSON.stringify(await app.client.query(query))).toMatch(/ADMIN_TOKEN.*NOTHING_CHANGED/);
    expect(await fleet()).toMatchObject({ fleet: 3, unknown: 3 });
    const { machine } = await app.client.query<{ machine: object }>(
      'query ($id: ID!) { machine(id: $id) { hostname care { role assetTag } } }',
      { id: pc.id },
    );
    expect(machine).toEqual({ hostname: 'front-01', care: { role: 'RECEPTION', assetTag: 'A1' } });
    await driftsOf(3);
  });

  it('is not taken when it would change something else than was shown', async () => {
    const fingerprint = (await send(list)).body.diff?.fingerprint;
    await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'ROOM-01' }));
    expect(await take(list, { fingerprint })).toMatchObject({ outcome: 'REFUSED', code: 'DIFF_OUT_OF_DATE' });
    expect(await fleet()).toMatchObject({ fleet: 1 });
  });

  it('that has broken rows is taken without them, where that is asked for, or not at all', async () => {
    const broken = listOf(
      `${PRACTICE},FRONT-01,S1,A1,Reception`,
      `${PRACTICE},,,,Reception`,
      `X99999,ROOM-01,S2,A2,`,
      `${CLOSED_PRACTICE},ROOM-02,S4,A4,`,
      `${PRACTICE},FRONT-09,s1,,`,
      `,ROOM-03,S5,A5,`,
      `${PRACTICE},"ROOM-04,S6,A6,`,
    );
    const brokenRows = [
      { line: 3, problem: 'NO_IDENTITY' },
      { line: 4, problem: 'UNKNOWN_PRACTICE' },
      { line: 5, problem: 'PRACTICE_CLOSED' },
      { line: 6, problem: 'SAME_ASSET_AS_ABOVE' },
      { line: 7, problem: 'NO_PRACTICE' },
      { line: 8, problem: 'STRAY_QUOTE' },
    ];
    expect(await take(broken)).toMatchObject({
      outcome: 'REFUSED',
      code: 'BROKEN_ROWS',
      diff: { brokenRows },
    });
    expect(await fleet()).toMatchObject({ fleet: 0 });
    expect(await take(broken, { skipBroken: 'true' })).toMatchObject({
      outcome: 'APPLIED',
      diff: { added: 1 },
    });
    expect(await fleet()).toMatchObject({ fleet: 1, unknown: 1 });
    await driftsOf(1);
  });

  it('that is all there is lets go what was never enrolled, keeps what was, and takes back what returns', async () => {
    await take(list);
    await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'FRONT-01' }));
    const shorter = listOf(`${PRACTICE},NEW-01,S9,A9,`);
    expect(await take(shorter, { mode: 'REPLACE' })).toMatchObject({ diff: { added: 1, removed: 2 } });
    expect(await fleet()).toMatchObject({ fleet: 3, exempt: 1, unknown: 3 });
    expect((await found('NOT_IN_REGISTER')).map(({ hostname }) => hostname)).toEqual(['FRONT-01']);
    expect(await take(list)).toMatchObject({ diff: { restored: 2, unchanged: 1, expected: 1 } });
    expect(await fleet()).toMatchObject({ fleet: 4, exempt: 0, unknown: 4 });
    expect(await counts()).toMatchObject({ entries: 4, practicesListed: 2, NOT_IN_REGISTER: 0 });
    await driftsOf(4);
  });

  it('that names its columns in its own words is read by a mapping', async () => {
    const own = 'Standort;Rechner;SN\nP99001;KASSE-1;S1';
    expect((await send(own)).body).toMatchObject({ outcome: 'REFUSED', code: 'NO_HEADER', diff: null });
    const mapping = JSON.stringify({ practice: 'Standort', hostname: 'Rechner', serialNumber: 'SN' });
    expect(await take(own, { mapping })).toMatchObject({ outcome: 'APPLIED', diff: { added: 1 } });
    expect((await send(own, { mapping: '{"wheels":"4"}' })).status).toBe(400);
    expect((await send(own, { mapping: 'no' })).status).toBe(400);
    const missing = JSON.stringify({ hostname: 'Rechner', assetTag: 'Nummer' });
    expect((await send(own, { mapping: missing })).body.code).toBe('UNKNOWN_COLUMN');
  });

  it.each([
    ['nobody', null, 401],
    ['a stranger', 'no-token', 401],
  ])('is not taken from %s', async (_who, bearer, status) => {
    expect((await send(list, {}, bearer)).status).toBe(status);
  });

  it('has to be a list, and its question a known one', async () => {
    const json = await app.client.post('/v1/register/imports', { list: 1 }, ADMIN_TOKEN);
    expect(json.status).toBe(415);
    expect((await send('PK\u0003\u0004…')).body).toMatchObject({ outcome: 'REFUSED', code: 'NOT_TEXT' });
    expect((await send(list, { apply: 'yes' })).status).toBe(400);
    expect((await send(list, { dryRun: 'true' })).status).toBe(400);
  });
});

describe('a machine that the register expects', () => {
  it('is one machine when it enrols, counted once, with what both say of it', async () => {
    await take(listOf(`${PRACTICE},FRONT-01,S1,A1,Reception`, `${PRACTICE},ROOM-01,,A2,`));
    expect((await found('NEVER_ENROLLED')).map(({ hostname }) => hostname).sort()).toEqual([
      'FRONT-01',
      'ROOM-01',
    ]);
    await app.client.setClock('2024-07-19T09:00:00Z');
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'RENAMED', serialNumber: 's1' }));
    const tagged = await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'OTHER', assetTag: 'a2' }));
    expect(await fleet()).toMatchObject({ fleet: 2, unknown: 2 });
    expect(await counts()).toMatchObject({ entries: 2, NEVER_ENROLLED: 0, NOT_IN_REGISTER: 0 });
    const { machine } = await app.client.query<{ machine: object }>(
      'query ($id: ID!) { machine(id: $id) { hostname reason contact { freshness } care { role assetTag enrolledAt } } }',
      { id: pc.id },
    );
    const care = { role: 'RECEPTION', assetTag: 'A1', enrolledAt: '2024-07-19T09:00:00.000Z' };
    expect(machine).toEqual({
      hostname: 'RENAMED',
      reason: 'ENROLLED',
      contact: { freshness: 'NEVER' },
      care,
    });
    await app.client.tell(tagged, wireHeartbeat());
    expect(await fleet()).toMatchObject({ fleet: 2, unknown: 1 });
    const again = await app.client.enrolAll([wireMachine(PRACTICE, { hostname: 'RENAMED' })]);
    expect(again[0]?.id).not.toBe(pc.id);
    await driftsOf(3);
  });

  it('that another practice gets is counted there, and not twice', async () => {
    await take(listOf(`${PRACTICE},FRONT-01,S1,A1,Reception`));
    const [expected] = await found('NEVER_ENROLLED');
    const mutation = `mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { userErrors { code } } }`;
    const action = { move: { toPractice: NEIGHBOUR } };
    const input = { machineId: expected?.machineId, action, idempotencyKey: 'moves-away' };
    expect(await app.client.query(mutation, { input })).toEqual({ careForMachine: { userErrors: [] } });
    expect(await fleet()).toMatchObject({ fleet: 1, exempt: 1, unknown: 1 });
    await driftsOf(2);
  });
});

describe('findings', () => {
  it('tell what was installed anew, and its entry goes on standing for it', async () => {
    await take(listOf(`${PRACTICE},FRONT-01,S1,A1,Reception`));
    const hardware = { serialNumber: 'S1', smbiosUuid: BOARD };
    const old = await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'FRONT-01', ...hardware }));
    const anew = await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'FRONT-01-NEW', ...hardware }));
    expect(await counts()).toMatchObject({ RE_IMAGED: 0, REPLACEMENT_OPEN: 1, IDENTITY_TWICE: 2 });
    expect(await found('REPLACEMENT_OPEN')).toMatchObject([{ machineId: old.id, otherIds: [anew.id] }]);
    // Nothing was ever heard of the old one: a working day of silence and the proof of the new one decide.
    anew.boot('2024-07-22T07:00:00Z', { channelFileWrittenAt: GOOD_FILE });
    await anew.reportAt('2024-07-22T07:05:00Z', '2024-07-22T07:30:00Z', '2024-07-22T08:05:00Z');
    await app.client.setClock('2024-07-22T17:00:00Z');
    const none = { NOT_IN_REGISTER: 0, REPLACEMENT_OPEN: 0, IDENTITY_TWICE: 0, NEVER_ENROLLED: 0 };
    expect(await counts()).toMatchObject({ RE_IMAGED: 1, ...none });
    expect(await found('RE_IMAGED')).toMatchObject([
      { machineId: anew.id, otherIds: [old.id], shared: null },
    ]);
    await driftsOf(2);
  });

  it('tell two machines that share an identity, and one that was heard twice at once', async () => {
    const here = await Pc.enrol(app.client, wireMachine(PRACTICE, { serialNumber: 'S1' }));
    const there = await Pc.enrol(app.client, wireMachine(LONDON_PRACTICE, { serialNumber: 's1' }));
    const clone = await Pc.enrol(app.client, wireMachine(NEIGHBOUR));
    await app.client.setClock('2024-07-19T09:00:00Z');
    await app.client.tell(clone, wireHeartbeat({ bootId: 'one', seq: 2, uptimeSeconds: 900 }));
    await app.client.tell(clone, wireHeartbeat({ bootId: 'two', seq: 1, uptimeSeconds: 60 }));
    await app.client.setClock('2024-07-19T09:05:00Z');
    await app.client.tell(clone, wireHeartbeat({ bootId: 'one', seq: 3, uptimeSeconds: 1_200 }));
    expect(await counts()).toMatchObject({ IDENTITY_TWICE: 3, NOT_IN_REGISTER: 0 });
    expect(await found('IDENTITY_TWICE')).toMatchObject([
      { machineId: there.id, shared: 'SERIAL_NUMBER', otherIds: [here.id] },
      { machineId: here.id, shared: 'SERIAL_NUMBER', otherIds: [there.id] },
      { machineId: clone.id, shared: 'HEARD_TWICE', otherIds: [] },
    ]);
    expect(await found('IDENTITY_TWICE', LONDON)).toHaveLength(1);
    expect(await counts(LONDON)).toMatchObject({ practices: 1, IDENTITY_TWICE: 1 });
  });

  it('stay within the scope of whoever asks, as what they bring does', async () => {
    const rows = [PRACTICE, CHESHIRE_PRACTICE].map((code) => `${code},PC-${code},SAME,,`);
    const it_ = (await makeToken(app.client, { role: 'IT', organisations: [CHESHIRE] })).token;
    const viewer = (await makeToken(app.client, { role: 'VIEWER', organisations: [CHESHIRE] })).token;
    expect((await send(listOf(...rows), {}, viewer)).status).toBe(403);
    const theirs = (await send(listOf(...rows), { apply: 'true', skipBroken: 'true' }, it_)).body;
    expect(theirs).toMatchObject({
      outcome: 'APPLIED',
      diff: { added: 1, brokenRows: [{ line: 2, problem: 'OUT_OF_SCOPE' }] },
    });
    await take(listOf(...rows));
    expect((await found('NEVER_ENROLLED')).length).toBe(2);
    expect((await found('NEVER_ENROLLED', undefined, it_)).map(({ hostname }) => hostname)).toEqual([
      `PC-${CHESHIRE_PRACTICE}`,
    ]);
    expect(await counts(undefined, it_)).toMatchObject({ practices: 1, entries: 1, IDENTITY_TWICE: 0 });
    expect(await counts()).toMatchObject({ entries: 2, IDENTITY_TWICE: 2 });
    const outside = { finding: 'NEVER_ENROLLED', within: LONDON, first: 10 };
    const nowhere = { ...outside, within: 'X99' };
    for (const asked of [outside, nowhere]) {
      const { body } = await app.client.ask(FINDINGS, asked, it_);
      expect(body.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
    const refused = await app.client.ask(FINDINGS, { ...outside, within: CHESHIRE }, viewer);
    expect(refused.body.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});
