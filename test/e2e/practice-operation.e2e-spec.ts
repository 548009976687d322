import { startApplication, type Application } from '../support/application';
import {
  CHESHIRE_PRACTICE,
  CLOSED_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  NEIGHBOUR,
  NORTH_WEST,
  PRACTICE,
} from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/**
 * Four practices on the Monday after. The Surgery has lost the machines of its consulting rooms, its neighbour its clinical system,
 * Mill Lane works, and nobody has heard from Camden Road.
 */
let app: Application;
let keys = 0;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T07:00:00Z' });
  await app.database.pool.query(
    `UPDATE practice SET supplier = CASE code WHEN $1 THEN 'TPP' ELSE 'EMIS' END`,
    [CHESHIRE_PRACTICE],
  );
  const rooms = [await pc(PRACTICE, 'ROOM-1'), await pc(PRACTICE, 'ROOM-2')];
  const desks = [
    await pc(PRACTICE, 'DESK'),
    await pc(NEIGHBOUR, 'DESK'),
    await pc(CHESHIRE_PRACTICE, 'DESK'),
  ];
  for (const room of rooms) await describeAs(room, 'CONSULTING_ROOM');
  for (const desk of desks) await describeAs(desk, 'RECEPTION');
  for (const room of rooms)
    await room.boot('2024-07-19T07:00:00Z', { crashes: CRASHES }).report('2024-07-19T07:10:00Z');
  for (const desk of desks) await desk.boot('2024-07-19T06:30:00Z').report('2024-07-19T07:20:00Z');
  await app.client.setClock('2024-07-22T08:00:00Z');
});

afterAll(() => app.close());

async function pc(practice: string, hostname: string): Promise<Pc> {
  const one = await Pc.enrol(app.client, wireMachine(practice, { hostname }));
  return one.now({ channelFileWrittenAt: GOOD_FILE });
}

async function describeAs(machine: Pc, role: string): Promise<void> {
  keys += 1;
  const input = { machineId: machine.id, idempotencyKey: `describe-${keys}`, action: { describe: { role } } };
  await app.client.query(
    'mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { userErrors { code } } }',
    { input },
  );
}

type Reported = {
  readonly practices: readonly {
    readonly mode: string;
    readonly usability: string;
    readonly trouble: string;
  }[];
  readonly userErrors: readonly { readonly code: string; readonly practice: string | null }[];
};

async function report(practices: readonly string[], said: object): Promise<Reported> {
  keys += 1;
  const input = { practices, idempotencyKey: `report-${keys}`, ...said };
  const mutation = `mutation ($input: ReportPracticeModeInput!) { reportPracticeMode(input: $input) {
    practices { mode usability trouble report { saidBy validUntil } } userErrors { code practice } } }`;
  return (await app.client.query<{ reportPracticeMode: Reported }>(mutation, { input })).reportPracticeMode;
}

const COUNTS = `practices modes { mode practices } usabilities { usability practices } causes { cause practices }`;
type Counts = {
  readonly practices: number;
  readonly modes: readonly { readonly mode: string; readonly practices: number }[];
  readonly usabilities: readonly { readonly usability: string; readonly practices: number }[];
  readonly causes: readonly { readonly cause: string; readonly practices: number }[];
};
type Row = Counts & {
  readonly organisation: { readonly odsCode: string };
  readonly suppliers: readonly (Counts & { readonly supplier: string | null })[];
  readonly backlog: { readonly practices: number; readonly longestDays: number | null };
};

async function progress(question: object = {}): Promise<{ asOf: string; rows: readonly Row[]; total: Row }> {
  const row = `organisation { odsCode } ${COUNTS} suppliers { supplier ${COUNTS} } backlog { practices longestDays medianDays }`;
  const query = `query ($by: OrganisationLevel! = REGION, $within: ID, $asOf: DateTime, $knownAt: DateTime) {
    operationProgress(by: $by, within: $within, asOf: $asOf, knownAt: $knownAt) { asOf rows { ${row} } total { ${row} } } }`;
  return (
    await app.client.query<{ operationProgress: Awaited<ReturnType<typeof progress>> }>(query, question)
  ).operationProgress;
}

/** What is not zero, as words. */
function said(counts: Counts): readonly string[] {
  return [
    ...counts.modes.map(({ mode, practices }) => [mode, practices] as const),
    ...counts.usabilities.map(({ usability, practices }) => [usability, practices] as const),
    ...counts.causes.map(({ cause, practices }) => [cause, practices] as const),
  ].flatMap(([word, practices]) => (practices === 0 ? [] : [`${word} ${String(practices)}`]));
}

async function operation(practice: string, asOf?: string): Promise<Record<string, unknown> | null> {
  const query = `query ($code: ID!, $asOf: DateTime) { practice(odsCode: $code) { operation(asOf: $asOf) {
    mode supplier usability trouble roles { role working maybe notWorking } report { mode backlogDays } } } }`;
  const data = await app.client.query<{ practice: { operation: Record<string, unknown> | null } }>(query, {
    code: practice,
    asOf,
  });
  return data.practice.operation;
}

it('nobody has said anything: every practice is unreported, and none is taken to be normal', async () => {
  const { total, rows } = await progress();
  expect(said(total)).toEqual(['UNREPORTED 4', 'NOT_USABLE 1', 'UNKNOWN 3', 'UNREPORTED 4']);
  expect(rows.map(({ organisation, practices }) => [organisation.odsCode, practices])).toEqual([
    [LONDON, 1],
    [NORTH_WEST, 3],
  ]);
  expect(await operation(PRACTICE)).toMatchObject({
    mode: 'UNREPORTED',
    usability: 'NOT_USABLE',
    roles: expect.arrayContaining([
      { role: 'CONSULTING_ROOM', working: 0, maybe: 0, notWorking: 2 },
      { role: 'RECEPTION', working: 1, maybe: 0, notWorking: 0 },
    ]) as unknown,
  });
});

it('practices say how they work; whether machines or the clinical system explain it follows', async () => {
  expect(
    await report([PRACTICE], { mode: 'DEGRADED', clinicalAccess: 'FULL', backlogDays: 2 }),
  ).toMatchObject({
    practices: [{ mode: 'DEGRADED', usability: 'NOT_USABLE', trouble: 'MACHINES' }],
    userErrors: [],
  });
  expect(
    await report([NEIGHBOUR], {
      mode: 'PAPER',
      clinicalAccess: 'NONE',
      backlogDays: 3.5,
      prescribing: 'PAPER',
      saidBy: 'manager',
    }),
  ).toMatchObject({
    practices: [
      {
        ...{ mode: 'PAPER', usability: 'NOT_USABLE', trouble: 'CLINICAL_SYSTEM' },
        report: { saidBy: 'manager', validUntil: '2024-07-22T12:00:00.000Z' },
      },
    ],
  });
  await report([CHESHIRE_PRACTICE], { mode: 'NORMAL', clinicalAccess: 'FULL' });
  const { total, rows } = await progress();
  expect(said(total)).toEqual([
    ...['NORMAL 1', 'DEGRADED 1', 'PAPER 1', 'UNREPORTED 1'],
    ...['USABLE 1', 'NOT_USABLE 2', 'UNKNOWN 1'],
    ...['NO_TROUBLE 1', 'MACHINES 1', 'CLINICAL_SYSTEM 1', 'UNREPORTED 1'],
  ]);
  expect(total.suppliers.map((one) => [one.supplier, one.practices, said(one)[0]])).toEqual([
    ['EMIS', 3, 'DEGRADED 1'],
    ['TPP', 1, 'NORMAL 1'],
  ]);
  expect(total.backlog).toEqual({ practices: 2, longestDays: 3.5, medianDays: 2 });
  expect(rows.reduce((sum, row) => sum + row.practices, 0)).toBe(total.practices);
  const within = await progress({ by: 'PRACTICE', within: GREATER_MANCHESTER });
  expect(within.rows.map(({ organisation }) => organisation.odsCode)).toEqual([PRACTICE, NEIGHBOUR]);
});

it('practices are listed by how they work, the longest backlog first, page by page', async () => {
  const query = `query ($filter: PracticeFilter, $after: String) { practices(filter: $filter, orderBy: BACKLOG, first: 1, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { practice { odsCode } mode } } } }`;
  type Page = {
    practices: {
      totalCount: number;
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
      edges: readonly { node: { practice: { odsCode: string } } }[];
    };
  };
  const list = async (filter: object | null): Promise<readonly string[]> => {
    const codes: string[] = [];
    for (let after: string | null = null; ;) {
      const { practices }: Page = await app.client.query<Page>(query, { filter, after });
      codes.push(...practices.edges.map(({ node }) => node.practice.odsCode));
      if (!practices.pageInfo.hasNextPage) return [...codes, String(practices.totalCount)];
      after = practices.pageInfo.endCursor;
    }
  };
  expect(await list(null)).toEqual([NEIGHBOUR, PRACTICE, LONDON_PRACTICE, CHESHIRE_PRACTICE, '4']);
  expect(await list({ mode: ['PAPER', 'DEGRADED'], supplier: ['emis'] })).toEqual([NEIGHBOUR, PRACTICE, '2']);
  expect(await list({ usability: ['USABLE'] })).toEqual([CHESHIRE_PRACTICE, '1']);
  expect(await list({ trouble: ['MACHINES'], within: [NORTH_WEST] })).toEqual([PRACTICE, '1']);
  expect(await list({ within: [LONDON], mode: ['NORMAL'] })).toEqual(['0']);
  expect(await app.client.refusalOf(query, { after: 'x' })).toBe('INVALID_CURSOR');
});

it('what was said lapses, and the past stays as it was', async () => {
  await app.client.setClock('2024-07-22T12:00:00Z');
  expect(await operation(NEIGHBOUR)).toMatchObject({
    mode: 'UNREPORTED',
    usability: 'UNKNOWN',
    trouble: 'UNREPORTED',
    report: { mode: 'PAPER', backlogDays: 3.5 },
  });
  expect(await operation(NEIGHBOUR, '2024-07-22T11:59:59Z')).toMatchObject({
    mode: 'PAPER',
    trouble: 'CLINICAL_SYSTEM',
  });
  expect(await operation(NEIGHBOUR, '2024-07-22T07:59:59Z')).toMatchObject({
    mode: 'UNREPORTED',
    report: null,
  });
  const before = await progress({ asOf: '2024-07-22T09:00:00Z' });
  expect([before.asOf, said(before.total)[2]]).toEqual(['2024-07-22T09:00:00.000Z', 'PAPER 1']);
});

it('of the past, machines are what they were', async () => {
  const friday = await operation(PRACTICE, '2024-07-19T07:15:00Z');
  expect(friday).toMatchObject({
    roles: expect.arrayContaining([
      { role: 'CONSULTING_ROOM', working: 0, maybe: 2, notWorking: 0 },
    ]) as unknown,
  });
  expect(await operation(PRACTICE, '2024-07-19T06:00:00Z')).toMatchObject({ roles: [] });
});

it('a report that comes late holds from its own moment on, and is not known before it was written', async () => {
  await report([NEIGHBOUR], {
    mode: 'URGENT_ONLY',
    clinicalAccess: 'NONE',
    reportedAt: '2024-07-19T09:00:00+01:00',
    validUntil: '2024-07-19T18:30:00+01:00',
  });
  expect(await operation(NEIGHBOUR, '2024-07-19T12:00:00Z')).toMatchObject({ mode: 'URGENT_ONLY' });
  const known = await progress({ asOf: '2024-07-19T12:00:00Z', knownAt: '2024-07-22T11:00:00Z' });
  expect(said(known.total)[0]).toBe('UNREPORTED 4');
  const query = `query ($code: ID!, $after: String) { practice(odsCode: $code) { practiceReports(first: 1, after: $after) {
    pageInfo { hasNextPage endCursor } edges { node { mode } } } } }`;
  type Page = {
    practice: {
      practiceReports: { pageInfo: { endCursor: string }; edges: readonly { node: { mode: string } }[] };
    };
  };
  const first = await app.client.query<Page>(query, { code: NEIGHBOUR });
  const after = first.practice.practiceReports.pageInfo.endCursor;
  const second = await app.client.query<Page>(query, { code: NEIGHBOUR, after });
  expect([first, second].map((page) => page.practice.practiceReports.edges[0]?.node.mode)).toEqual([
    'PAPER',
    'URGENT_ONLY',
  ]);
});

it('what is wrong is told as data, for each practice; the same report sent again is the same', async () => {
  const codes = async (practices: readonly string[], more: object): Promise<readonly unknown[]> =>
    (await report(practices, { mode: 'NORMAL', ...more })).userErrors.map(({ code, practice }) => [
      code,
      practice,
    ]);
  expect(await codes([CLOSED_PRACTICE, LONDON_PRACTICE, 'X00000'], { idempotencyKey: 'said-once' })).toEqual([
    ['UNKNOWN_PRACTICE', CLOSED_PRACTICE],
    ['UNKNOWN_PRACTICE', 'X00000'],
  ]);
  await report([LONDON_PRACTICE], { mode: 'PAPER', idempotencyKey: 'said-once' });
  expect(await operation(LONDON_PRACTICE)).toMatchObject({ mode: 'NORMAL' });
  expect(await codes([PRACTICE], { backlogDays: -1 })).toEqual([['INVALID_VALUE', null]]);
  expect(await codes([PRACTICE], { reportedAt: '2024-07-22T13:00:00Z' })).toEqual([['INVALID_VALUE', null]]);
  expect(await codes([PRACTICE], { validUntil: '2024-07-22T12:00:00Z' })).toEqual([['INVALID_VALUE', null]]);
  expect(await codes([], {})).toEqual([['INVALID_VALUE', null]]);
  expect(await codes([PRACTICE], { note: 'for 943 476 5919' })).toEqual([['FORBIDDEN_TEXT', null]]);
});
