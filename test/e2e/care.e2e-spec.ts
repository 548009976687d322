import { startApplication, type Application } from '../support/application';
import { NEIGHBOUR, PRACTICE } from '../support/practices';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/** What people do for machines on the Monday after, over GraphQL, beside what the machines report. */
let app: Application;

const CRASHES = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];

beforeEach(async () => {
  app = await startApplication();
});
afterEach(() => app.close());

/** Crashed on Friday, silent since: DOWN on Monday. */
async function downPc(practice: string, hostname: string, more = {}): Promise<Pc> {
  const pc = await Pc.enrol(app.client, wireMachine(practice, { hostname, ...more }));
  await app.client.tell(pc, {
    ...pc.boot('2024-07-18T17:00:00Z', { channelFileWrittenAt: GOOD_FILE }).compose('2024-07-18T18:00:00Z'),
  });
  return pc;
}

async function crashOnFriday(...pcs: readonly Pc[]): Promise<void> {
  await app.client.setClock('2024-07-19T07:10:00Z');
  for (const pc of pcs) {
    await app.client.tell(
      pc,
      pc.boot('2024-07-19T07:05:00Z', { crashes: CRASHES }).compose('2024-07-19T07:10:00Z'),
    );
  }
  await app.client.setClock('2024-07-22T08:00:00Z');
}

const CARE = `version role tags location reviewOn claim { assignee until } attestation { at status } movedTo
  lastAttempt { kind actor note details }`;

type Care = {
  readonly version: number;
  readonly role: string | null;
  readonly tags: readonly string[];
  readonly claim: { readonly assignee: string; readonly until: string } | null;
  readonly attestation: { readonly status: string } | null;
  readonly movedTo: string | null;
  readonly lastAttempt: { readonly kind: string; readonly note: string | null } | null;
};
type UserError = { readonly code: string; readonly machineId: string | null };
type Answer = {
  readonly machine: { readonly id: string; readonly state: string; readonly care: Care } | null;
  readonly repeated: boolean;
  readonly userErrors: readonly UserError[];
};

let keys = 0;

async function care(pc: Pick<Pc, 'id'>, action: object, more: object = {}): Promise<Answer> {
  keys += 1;
  const mutation = `mutation ($input: CareForMachineInput!) { careForMachine(input: $input) {
    repeated userErrors { code message machineId } machine { id state care { ${CARE} } } } }`;
  const input = { machineId: pc.id, action, idempotencyKey: `test-key-${keys}`, ...more };
  return (await app.client.query<{ careForMachine: Answer }>(mutation, { input })).careForMachine;
}

type Entry = {
  readonly __typename: string;
  readonly kind?: string;
  readonly reason?: string;
  readonly note?: string | null;
};

async function timeline(pc: Pick<Pc, 'id'>, newestFirst = false): Promise<readonly Entry[]> {
  const query = `query ($id: ID!, $after: String, $newestFirst: Boolean!) { machine(id: $id) {
    timeline(first: 2, after: $after, newestFirst: $newestFirst) {
      pageInfo { hasNextPage endCursor }
      edges { node { __typename ... on Transition { reason } ... on CareEvent { kind note } } } } } }`;
  const entries: Entry[] = [];
  for (let after: string | null = null; ;) {
    const data: {
      machine: {
        timeline: { pageInfo: { hasNextPage: boolean; endCursor: string }; edges: { node: Entry }[] };
      };
    } = await app.client.query(query, { id: pc.id, after, newestFirst });
    const { pageInfo, edges } = data.machine.timeline;
    entries.push(...edges.map(({ node }) => node));
    if (!pageInfo.hasNextPage) return entries;
    after = pageInfo.endCursor;
  }
}

describe('a machine that somebody takes care of', () => {
  it('is claimed, visited, repaired, spoken for, and recovers by its own reports, all of it on one timeline', async () => {
    const pc = await downPc(PRACTICE, 'GP-FRONT-01');
    await crashOnFriday(pc);
    expect((await pc.seen()).state).toBe('DOWN');

    await app.client.setClock('2024-07-22T08:01:00Z');
    await care(pc, { claim: { minutes: 120 } });
    await app.client.setClock('2024-07-22T08:05:00Z');
    const visited = await care(pc, { checkIn: { note: 'at reception' } });
    expect(visited.machine).toMatchObject({
      state: 'IN_REPAIR',
      care: { version: 2, claim: { assignee: 'administrator', until: '2024-07-22T10:01:00.000Z' } },
    });
    await app.client.setClock('2024-07-22T08:15:00Z');
    await care(pc, {
      attempt: { route: 'SAFE_MODE_DELETE_FILE', outcome: 'WORKS', minutes: 12, note: 'key from escrow' },
    });
    await app.client.setClock('2024-07-22T08:20:00Z');
    const spokenFor = await care(pc, { attestRecovery: {} });
    expect(spokenFor.machine).toMatchObject({
      state: 'IN_REPAIR',
      care: {
        attestation: { status: 'UNCONFIRMED' },
        lastAttempt: { kind: 'ATTEMPT', note: 'key from escrow' },
      },
    });

    await pc
      .boot('2024-07-22T08:20:00Z')
      .reportAt('2024-07-22T08:25:00Z', '2024-07-22T08:50:00Z', '2024-07-22T09:20:00Z');
    await app.client.setClock('2024-07-22T09:21:00Z');
    const after = await care(pc, { release: {} });
    expect(after.machine).toMatchObject({
      state: 'RECOVERED',
      care: { claim: null, attestation: { status: 'CONFIRMED' } },
    });
    const said = [
      'CLAIM',
      'CHECK_IN',
      'CHECKED_IN',
      'ATTEMPT',
      'ATTEST_RECOVERY',
      'BOOTED_NORMALLY',
      'TESTS_PASSED',
      'RELEASE',
    ];
    const entries = await timeline(pc);
    expect(entries.map(({ kind, reason }) => kind ?? reason).slice(-said.length)).toEqual(said);
    expect([...(await timeline(pc, true))].reverse()).toEqual(entries);
    expect(entries.find(({ kind }) => kind === 'CHECK_IN')?.note).toBe('at reception');
  });

  it('tells expected failures as data, each with its code', async () => {
    const pc = await downPc(PRACTICE, 'GP-FRONT-01');
    await crashOnFriday(pc);
    const codes = async (action: object, more: object = {}): Promise<readonly string[]> =>
      (await care(pc, action, more)).userErrors.map(({ code }) => code);
    expect(await codes({ release: {} })).toEqual(['NOT_CLAIMED']);
    expect(await codes({ note: { text: 'first' } }, { expectedVersion: 0 })).toEqual([]);
    expect(await codes({ note: { text: 'second' } }, { expectedVersion: 0 })).toEqual(['VERSION_MISMATCH']);
    expect(await codes({ reopen: { reason: 'found' } })).toEqual(['NOT_IN_THIS_STATE']);
    expect(await codes({ note: { text: 'patient 943 476 5919' } })).toEqual(['FORBIDDEN_TEXT']);
    expect(await codes({ retire: { reason: 'scrapped', reviewOn: 'soon' } })).toEqual(['INVALID_VALUE']);
    expect(await codes({ move: { toPractice: 'X00000' } })).toEqual(['UNKNOWN_PRACTICE']);
    expect(await codes({ replace: { successorId: 'nobody' } })).toEqual(['UNKNOWN_SUCCESSOR']);
    expect(await codes({ claim: {} }, { idempotencyKey: 'one-and-the-same' })).toEqual([]);
    expect(await codes({ release: {} }, { idempotencyKey: 'one-and-the-same' })).toEqual([
      'KEY_USED_FOR_ANOTHER_REQUEST',
    ]);
    expect((await care(pc, { claim: {} }, { idempotencyKey: 'one-and-the-same' })).repeated).toBe(true);
    expect(
      (await care({ id: `${PRACTICE}.00000000-0000-4000-8000-000000000000` }, { claim: {} })).userErrors,
    ).toMatchObject([{ code: 'UNKNOWN_MACHINE' }]);
    expect((await care(pc, { note: { text: 'last' } })).machine?.care.version).toBe(3);
  });

  it('takes exactly one action at a time', async () => {
    const pc = await downPc(PRACTICE, 'GP-FRONT-01');
    const mutation = 'mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { repeated } }';
    const input = { machineId: pc.id, idempotencyKey: 'two-actions', action: { claim: {}, release: {} } };
    expect(await app.client.refusalOf(mutation, { input })).toBe('BAD_USER_INPUT');
    expect(await app.client.refusalOf(mutation, { input: { ...input, action: {} } })).toBe('BAD_USER_INPUT');
  });
});

describe('many machines at once', () => {
  const PREVIEW = `query ($filter: MachineFilter, $machineIds: [ID!], $action: CareActionInput!) {
    previewCare(filter: $filter, machineIds: $machineIds, action: $action) {
      machines wouldDo refused { code machines } userErrors { code } } }`;
  const BULK = `mutation ($input: CareForMachinesInput!) { careForManyMachines(input: $input) {
    machines done repeated refused { code machines } userErrors { code machineId } } }`;

  it('are found by a filter, previewed, and done', async () => {
    const pcs = [
      await downPc(PRACTICE, 'GP-A'),
      await downPc(PRACTICE, 'GP-B'),
      await downPc(NEIGHBOUR, 'GP-C'),
    ];
    await crashOnFriday(...pcs.slice(0, 2));
    const filter = { within: [PRACTICE] };
    const action = { setDormant: { reason: 'closed for building works', reviewOn: '2024-09-01' } };
    const { previewCare } = await app.client.query<{ previewCare: object }>(PREVIEW, { filter, action });
    expect(previewCare).toEqual({ machines: 2, wouldDo: 2, refused: [], userErrors: [] });
    const input = { filter, action, expectedMachines: 3, idempotencyKey: 'works-at-the-surgery' };
    const outdated = await app.client.query(BULK, { input });
    expect(outdated).toMatchObject({
      careForManyMachines: { done: 0, userErrors: [{ code: 'PREVIEW_OUT_OF_DATE' }] },
    });
    const sent = { input: { ...input, expectedMachines: 2 } };
    expect(await app.client.query(BULK, sent)).toEqual({
      careForManyMachines: { machines: 2, done: 2, repeated: false, refused: [], userErrors: [] },
    });
    expect(await app.client.query(BULK, sent)).toMatchObject({
      careForManyMachines: { done: 2, repeated: true },
    });
    const { total } = await app.client.progress({ by: 'PRACTICE', within: PRACTICE });
    expect([total.fleet, total.exempt]).toEqual([0, 2]);
    expect((await (pcs[2] as Pc).seen()).state).not.toBe('DORMANT');
  });

  it('may be named, and are done each by itself', async () => {
    const pcs = [await downPc(PRACTICE, 'GP-A'), await downPc(PRACTICE, 'GP-B')];
    const [first, second] = pcs as [Pc, Pc];
    await care(first, { tag: { add: ['van 2'] } });
    const input = {
      machineIds: [first.id, second.id, `${PRACTICE}.00000000-0000-4000-8000-000000000000`],
      action: { tag: { add: ['Van 2'] } },
      expectedMachines: 3,
      idempotencyKey: 'van-2-on-monday',
    };
    const answer = await app.client.query<{ careForManyMachines: { userErrors: readonly UserError[] } }>(
      BULK,
      { input },
    );
    expect(answer).toMatchObject({ careForManyMachines: { machines: 3, done: 1 } });
    expect(answer.careForManyMachines.userErrors).toEqual([
      { code: 'UNKNOWN_MACHINE', machineId: input.machineIds[2] },
      { code: 'ALREADY_SO', machineId: first.id },
    ]);
    expect(await app.client.refusalOf(BULK, { input: { ...input, filter: {} } })).toBe('BAD_USER_INPUT');
  });
});

describe('a machine that moves to another practice', () => {
  it('goes on there as what it was, and its agent learns of it by enrolling again', async () => {
    const pc = await downPc(PRACTICE, 'GP-FRONT-01');
    await crashOnFriday(pc);
    const { machine } = await care(pc, { move: { toPractice: NEIGHBOUR, note: 'merged' } });
    const movedTo = machine?.care.movedTo ?? '';
    expect([machine?.state, movedTo.split('.')[0]]).toEqual(['RETIRED', NEIGHBOUR]);
    expect(await app.client.machine(movedTo)).toMatchObject({
      state: 'DOWN',
      exposure: 'CRASHED',
      hostname: 'GP-FRONT-01',
    });
    const [, arrival] = [await timeline(pc), await timeline({ id: movedTo })];
    expect(arrival.map(({ kind, reason }) => kind ?? reason)).toEqual(['ARRIVE', 'MOVED_FROM_PRACTICE']);

    const old = await app.client.report(pc.credential, [pc.compose('2024-07-22T08:00:00Z')]);
    expect([old.status, old.body.code]).toEqual([401, 'CREDENTIAL_REVOKED']);
    const [enrolled] = await app.client.enrolAll([{ ...(await installationOf(pc)), practice: PRACTICE }]);
    expect(enrolled?.id).toBe(movedTo);
    const moved = new Pc(app.client, enrolled as NonNullable<typeof enrolled>);
    await moved
      .boot('2024-07-22T08:05:00Z', { crashes: CRASHES, channelFileWrittenAt: GOOD_FILE })
      .report('2024-07-22T08:10:00Z');
    expect((await app.client.machine(movedTo)).state).toBe('STABILISING');
    const { total } = await app.client.progress({ by: 'PRACTICE' });
    expect([total.fleet, total.exempt, total.everAffected]).toEqual([1, 1, 1]);
  });
});

/** The installation that a machine was enrolled as. */
async function installationOf(pc: Pc): Promise<{ installationId: string; hostname: string }> {
  const { rows } = await app.database.pool.query<{ installation_id: string }>(
    'SELECT installation_id FROM installation WHERE moved_from = $1',
    [pc.id.split('.')[0]],
  );
  return { installationId: rows[0]?.installation_id ?? '', hostname: 'GP-FRONT-01' };
}
