import {
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { PRACTICE } from '../support/practices';
import { BAD_FILE, GOOD_FILE, PAGE_FAULT, Pc, wireMachine, type WireMachine } from '../support/wire';
import { brokenInvariants, NOTHING_BROKEN } from '../support/write-path';

/** Machines that take the places of others, and such that only say so. Opening hours are 07:00 to 17:30Z. */
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

afterEach(async () => {
  expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
  await app.close();
});

type Party = { readonly machineId: string; readonly hostname: string; readonly state: string };
type Claim = {
  readonly id: string;
  readonly status: string;
  readonly waitsFor: readonly string[];
  readonly predecessor: Party;
  readonly successor: Party;
};

const CLAIM =
  'id status waitsFor word predecessor { machineId hostname state } successor { machineId hostname state }';

async function claimOn(pc: Pc): Promise<Claim | null> {
  const query = `query ($id: ID!) { machine(id: $id) { replacement { ${CLAIM} } } }`;
  return (await app.client.query<{ machine: { replacement: Claim | null } }>(query, { id: pc.id })).machine
    .replacement;
}

async function statusOf(pc: Pc): Promise<string> {
  const claim = await claimOn(pc);
  return claim === null ? 'none' : [claim.status, ...claim.waitsFor].join(' ');
}

async function claims(status = 'WAITING_FOR_APPROVAL, CONFLICT', first = 5): Promise<readonly Claim[]> {
  const found: Claim[] = [];
  for (let after: string | null = null, more = true; more;) {
    const query = `query ($after: String) { replacements(status: [${status}], first: ${first}, after: $after) {
      edges { node { ${CLAIM} } } pageInfo { hasNextPage endCursor } } }`;
    type Page = {
      readonly edges: readonly { readonly node: Claim }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
    const { replacements: page }: { replacements: Page } = await app.client.query(query, { after });
    expect(page.edges.length).toBeLessThanOrEqual(first);
    found.push(...page.edges.map(({ node }) => node));
    more = page.pageInfo.hasNextPage;
    after = page.pageInfo.endCursor;
  }
  return found;
}

async function decide(ids: readonly string[], word: 'APPROVED' | 'REFUSED'): Promise<number> {
  const mutation = 'mutation ($input: DecideReplacementsInput!) { decideReplacements(input: $input) }';
  return (await app.client.query<{ decideReplacements: number }>(mutation, { input: { ids, word } }))
    .decideReplacements;
}

async function open(): Promise<number> {
  const query = '{ registerSummary { findings { finding machines } } }';
  const { registerSummary } = await app.client.query<{
    registerSummary: { findings: readonly { finding: string; machines: number }[] };
  }>(query);
  return registerSummary.findings.find(({ finding }) => finding === 'REPLACEMENT_OPEN')?.machines ?? -1;
}

const hardwareOf = (n: number): Pick<WireMachine, 'serialNumber' | 'smbiosUuid'> => ({
  serialNumber: `PF3GHOST${n}`,
  smbiosUuid: `4c4c4544-0042-3510-8052-b4c04f4a4e${String(10 + n)}`,
});

const minutesAfter = (at: string, minutes: number): string =>
  new Date(Date.parse(at) + minutes * 60_000).toISOString();

/** A session of an hour with enough reports in it to pass every test. */
async function soak(pc: Pc, from: string): Promise<void> {
  pc.boot(from, { channelFileWrittenAt: GOOD_FILE });
  await pc.reportAt(...[5, 30, 65].map((minutes) => minutesAfter(from, minutes)));
}

const CRASHED = {
  channelFileWrittenAt: BAD_FILE,
  crashes: [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }],
};

describe('ghosts', () => {
  it('recover no machine by its serial number, whatever they report; a person sees them, and so does their victim’s next report', async () => {
    const victims = await Promise.all(
      Array.from({ length: 12 }, (_, n) => Pc.enrol(app.client, wireMachine(PRACTICE, hardwareOf(n)))),
    );
    for (const victim of victims) victim.boot('2024-07-18T08:00:00Z', { channelFileWrittenAt: BAD_FILE });
    for (const victim of victims) await victim.report('2024-07-19T05:00:00Z');
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const machines = Array.from({ length: 10 }, (_, n) => wireMachine(PRACTICE, hardwareOf(n)));
    await app.client.setClock('2024-07-19T08:00:00Z');
    const { body } = await app.client.enrol(token, machines);
    const ghosts = body.results.map(
      ({ machineId, credential }) =>
        new Pc(app.client, { id: machineId ?? '', credential: credential ?? '' }),
    );
    const recovered = async (): Promise<unknown> => {
      const { everAffected, recovered: all, recoveredRatio } = (await app.client.progress()).total;
      return [all, everAffected, recoveredRatio.value];
    };
    expect(await recovered()).toEqual([0, 12, 0]);
    for (const ghost of ghosts) ghost.boot('2024-07-19T08:00:00Z', { channelFileWrittenAt: GOOD_FILE });
    for (const minutes of [5, 30, 65])
      for (const ghost of ghosts) await ghost.report(minutesAfter('2024-07-19T08:00:00Z', minutes));
    // Days later, the victims are silent: they are off.
    await app.client.setClock('2024-07-26T12:00:00Z');
    expect(await recovered()).toEqual([0, 12, 0]);
    expect((await app.client.progress()).total.unrecovered).toBe(12);
    expect(await claims()).toHaveLength(10);
    expect(await open()).toBe(10);

    const [victim] = victims as [Pc];
    victim.boot('2024-07-26T12:03:00Z', CRASHED);
    await victim.report('2024-07-26T12:05:00Z');
    expect(await victim.seen()).toMatchObject({ exposure: 'CRASHED', identityConflict: true });
    expect(await statusOf(victim)).toBe('CONFLICT APPROVAL');
    expect((await claims('CONFLICT')).map(({ predecessor }) => predecessor.machineId)).toEqual([victim.id]);

    const ids = (await claims()).map(({ id }) => id);
    expect(await decide(ids, 'REFUSED')).toBe(10);
    expect(await decide(ids, 'REFUSED')).toBe(0);
    expect((await victim.seen()).identityConflict).toBe(false);
    expect(await open()).toBe(0);
    await soak(victim, '2024-07-26T13:00:00Z');
    expect(await recovered()).toEqual([1, 12, 0.0833]);
  });
});

describe('a machine that is installed anew', () => {
  const REIMAGED_AT = '2024-07-19T10:00:00Z';

  async function reimaged(
    from: 'CRASHED' | 'RECOVERED' = 'CRASHED',
    enrolAt = REIMAGED_AT,
  ): Promise<[Pc, Pc]> {
    const old = await Pc.enrol(app.client, wireMachine(PRACTICE, hardwareOf(1)));
    old.boot('2024-07-19T08:00:00Z', {
      ...CRASHED,
      ...(from === 'RECOVERED' && { channelFileWrittenAt: GOOD_FILE }),
    });
    await old.report('2024-07-19T08:05:00Z');
    if (from === 'RECOVERED') await old.reportAt('2024-07-19T08:30:00Z', '2024-07-19T09:05:00Z');
    await app.client.setClock(enrolAt);
    const successor = await Pc.enrol(app.client, wireMachine(PRACTICE, hardwareOf(1)));
    return [old, successor];
  }

  it('waits for a person where it was not recovered, and counts as recovered by the evidence of its successor', async () => {
    const [old, successor] = await reimaged();
    expect(await statusOf(old)).toBe('WAITING_FOR_APPROVAL APPROVAL SUCCESSOR_EVIDENCE PREDECESSOR_SILENCE');
    expect((await app.client.progress()).total).toMatchObject({ fleet: 2, everAffected: 1, recovered: 0 });
    const [claim] = await claims();
    expect(await decide([claim?.id ?? ''], 'APPROVED')).toBe(1);
    expect(await statusOf(old)).toBe('TENTATIVE SUCCESSOR_EVIDENCE');
    expect((await old.seen()).group).toBe('UNRECOVERED');
    await soak(successor, '2024-07-19T10:10:00Z');
    await app.client.setClock('2024-07-19T11:20:00Z');
    expect(await old.seen()).toMatchObject({
      state: 'REPLACED',
      reason: 'REPLACED_BY_SUCCESSOR',
      successorId: successor.id,
    });
    expect(await statusOf(old)).toBe('CONFIRMED');
    expect((await app.client.progress()).total).toMatchObject({
      fleet: 2,
      everAffected: 1,
      recovered: 1,
      unrecovered: 0,
    });
  });

  it('is approved after the successor has proven itself: replaced at once, and again nothing the second time', async () => {
    const [old, successor] = await reimaged();
    await soak(successor, '2024-07-19T10:10:00Z');
    expect(await statusOf(old)).toBe('WAITING_FOR_APPROVAL APPROVAL PREDECESSOR_SILENCE');
    const [claim] = await claims();
    expect(await decide([claim?.id ?? '', 'P99001.nobody'], 'APPROVED')).toBe(1);
    expect(await old.seen()).toMatchObject({ state: 'REPLACED' });
    expect(await decide([claim?.id ?? ''], 'APPROVED')).toBe(0);
  });

  it('that speaks afterwards is what its evidence says, in conflict; a new word decides', async () => {
    const [old, successor] = await reimaged();
    await soak(successor, '2024-07-19T10:10:00Z');
    const id = (await claims())[0]?.id ?? '';
    await decide([id], 'APPROVED');
    await old.report('2024-07-19T12:00:00Z');
    expect(await old.seen()).toMatchObject({
      state: 'STABILISING',
      reason: 'HEARD_AFTER_REPLACEMENT',
      identityConflict: true,
      successorId: null,
    });
    expect(await statusOf(old)).toBe('CONFLICT APPROVAL');
    expect((await app.client.progress()).total).toMatchObject({ recovered: 0, unrecovered: 1 });
    await app.client.setClock('2024-07-19T12:05:00Z');
    expect(await decide([id], 'APPROVED')).toBe(1);
    expect(await old.seen()).toMatchObject({ state: 'REPLACED', identityConflict: false });
    expect(await decide([id], 'REFUSED')).toBe(1);
    expect(await old.seen()).toMatchObject({
      state: 'STABILISING',
      reason: 'REOPENED_BY_PERSON',
      successorId: null,
    });
    expect(await statusOf(old)).toBe('REFUSED');
  });

  it('a spooled report of the time before the claim changes nothing in the end', async () => {
    const [old, successor] = await reimaged();
    await soak(successor, '2024-07-19T10:10:00Z');
    await decide([(await claims())[0]?.id ?? ''], 'APPROVED');
    await old.reportLate('2024-07-19T08:10:00Z', '2024-07-19T12:00:00Z');
    await app.client.setClock('2024-07-19T12:00:15Z');
    expect(await old.seen()).toMatchObject({ state: 'REPLACED', identityConflict: false });
  });

  it('after it had recovered and was silent for a working day is replaced by itself, a working day after the claim', async () => {
    // Friday 09:05Z to Monday 10:00Z: 8 h 25 of opening time on Friday, 3 h on Monday.
    const [old, successor] = await reimaged('RECOVERED', '2024-07-22T10:00:00Z');
    await soak(successor, '2024-07-22T10:10:00Z');
    expect(await statusOf(old)).toBe('TENTATIVE PREDECESSOR_SILENCE');
    await app.client.setClock('2024-07-23T09:59:00Z');
    expect(await old.seen()).toMatchObject({ state: 'RECOVERED' });
    await app.client.setClock('2024-07-23T12:00:00Z');
    expect(await old.seen()).toMatchObject({ state: 'REPLACED', since: '2024-07-23T10:00:00.000Z' });
  });

  it('that was heard lately waits for a person although it had recovered', async () => {
    const [old, successor] = await reimaged('RECOVERED');
    await soak(successor, '2024-07-19T10:10:00Z');
    await app.client.setClock('2024-07-29T12:00:00Z');
    expect(await statusOf(old)).toBe('WAITING_FOR_APPROVAL APPROVAL');
    expect(await old.seen()).toMatchObject({ state: 'RECOVERED' });
  });

  it('that several claim waits for a person, and goes to the one that is approved', async () => {
    const [old, first] = await reimaged('RECOVERED', '2024-07-22T10:00:00Z');
    const second = await Pc.enrol(app.client, wireMachine(PRACTICE, hardwareOf(1)));
    await soak(first, '2024-07-22T10:10:00Z');
    await soak(second, '2024-07-22T12:10:00Z');
    await app.client.setClock('2024-07-29T12:00:00Z');
    expect(await old.seen()).toMatchObject({ state: 'RECOVERED' });
    const open = (await claims()).find(
      ({ predecessor, successor }) => predecessor.machineId === old.id && successor.machineId === second.id,
    );
    await decide([open?.id ?? ''], 'APPROVED');
    expect(await old.seen()).toMatchObject({ state: 'REPLACED', successorId: second.id });
  });
});
