import { startApplication, type Application } from '../support/application';
import type { Answer, EnrolmentAnswer, EnrolmentResult, Refusal } from '../support/client';
import { makeToken as makeApiToken } from '../support/people';
import { GREATER_MANCHESTER, LONDON_PRACTICE, NEIGHBOUR, PRACTICE } from '../support/practices';
import { wireHeartbeat, wireMachine, type WireMachine } from '../support/wire';

/** Enrolment tokens as those who run the system see them: what became of each, who waits for a word, and who comes too often. */
let app: Application;
let nowMs = Date.parse('2024-07-18T18:00:00Z');

beforeAll(async () => {
  app = await startApplication({
    now: new Date(nowMs).toISOString(),
    env: { REENROLMENTS_PER_HOUR: '6', ENROLMENTS_PER_MINUTE: '10', TRUSTED_PROXIES: 'loopback' },
  });
});

afterAll(() => app.close());

async function wait(seconds: number): Promise<void> {
  nowMs += seconds * 1_000;
  await app.client.setClock(new Date(nowMs).toISOString());
}

type Token = { readonly id: string; readonly token: string };

async function makeToken(organisation: string, limits: object = {}): Promise<Token> {
  const mutation =
    'mutation ($input: CreateEnrolmentTokenInput!) { createEnrolmentToken(input: $input) { id token } }';
  const input = { organisation, ...limits };
  return (await app.client.query<{ createEnrolmentToken: Token }>(mutation, { input })).createEnrolmentToken;
}

function enrol(token: Token, machines: readonly WireMachine[]): Promise<Answer<EnrolmentAnswer & Refusal>> {
  const body = { enrolmentToken: token.token, machines };
  return app.client.post('/v1/enrolments', body, null, { 'x-forwarded-for': '192.0.2.44:51234' });
}

async function resultOf(token: Token, machine: WireMachine): Promise<EnrolmentResult> {
  const { body } = await enrol(token, [machine]);
  return body.results[0] as EnrolmentResult;
}

async function toldTo(token: Token, machine: WireMachine): Promise<string> {
  const { status, body } = await enrol(token, [machine]);
  const results = body.results as typeof body.results | undefined;
  const [first] = results ?? [];
  return first === undefined ? `${status} ${body.code}` : `${first.outcome} ${first.code ?? ''}`.trim();
}

type Page<Node> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

async function all<Node>(field: string, args: string, node: string, first = 2): Promise<readonly Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null, more = true; more;) {
    const query = `query ($after: String) { page: ${field}(first: ${first}, after: $after ${args}) {
      edges { cursor node { ${node} } } pageInfo { hasNextPage endCursor } } }`;
    const { page }: { page: Page<Node> } = await app.client.query(query, { after });
    expect(page.edges.length).toBeLessThanOrEqual(first);
    nodes.push(...page.edges.map((edge) => edge.node));
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage;
  }
  return nodes;
}

type Use = {
  readonly outcome: string;
  readonly machineId: string;
  readonly installationId: string;
  readonly address: string;
};
type Request = { readonly id: string; readonly installationId: string; readonly verdict: string | null };

const uses = (token: Token): Promise<readonly Use[]> =>
  all('enrolmentUses', `tokenId: "${token.id}"`, 'usedAt outcome machineId installationId address');
const requests = (standing: string): Promise<readonly Request[]> =>
  all(
    'enrolmentRequests',
    `standing: ${standing}`,
    'id practice installationId hostname tokenId address verdict decidedAt',
  );

async function decide(ids: readonly string[], verdict: 'APPROVED' | 'DENIED'): Promise<number> {
  const mutation = 'mutation ($input: DecideEnrolmentsInput!) { decideEnrolments(input: $input) }';
  return (await app.client.query<{ decideEnrolments: number }>(mutation, { input: { ids, verdict } }))
    .decideEnrolments;
}

describe('the record', () => {
  it('names every use of a token: which installation got which machine, from where', async () => {
    const token = await makeToken(PRACTICE);
    const machines = [wireMachine(PRACTICE), wireMachine(PRACTICE), wireMachine(PRACTICE)];
    const { body } = await enrol(token, [
      ...machines,
      wireMachine(LONDON_PRACTICE),
      machines[0] as WireMachine,
    ]);
    await wait(60);
    await enrol(token, machines.slice(0, 1));
    const recorded = await uses(token);
    expect(recorded.map(({ outcome }) => outcome)).toEqual(['ENROLLED', 'ENROLLED', 'ENROLLED', 'KNOWN']);
    expect(new Set(recorded.slice(0, 3).map(({ machineId }) => machineId))).toEqual(
      new Set(body.results.slice(0, 3).map(({ machineId }) => machineId)),
    );
    expect(recorded[3]).toMatchObject({
      usedAt: new Date(nowMs).toISOString(),
      installationId: machines[0]?.installationId,
      address: '192.0.2.44',
    });
  });

  it('lists tokens and relays with what is left of them, and never a secret', async () => {
    const limited = await makeToken(NEIGHBOUR, { maxUses: 3, expiresAt: '2030-01-01T00:00:00Z' });
    await enrol(limited, [wireMachine(NEIGHBOUR)]);
    await app.client.query('mutation ($id: ID!) { revokeEnrolmentToken(id: $id) }', { id: limited.id });
    const relay = await app.client.createRelay(PRACTICE);
    const fields = 'id organisation maxUses uses requiresApproval createdAt expiresAt revokedAt';
    const tokens = await all<{ readonly id: string }>('enrolmentTokens', '', fields, 1);
    expect(tokens.find(({ id }) => id === limited.id)).toEqual({
      id: limited.id,
      organisation: NEIGHBOUR,
      maxUses: 3,
      uses: 1,
      requiresApproval: false,
      createdAt: new Date(nowMs).toISOString(),
      expiresAt: '2030-01-01T00:00:00.000Z',
      revokedAt: new Date(nowMs).toISOString(),
    });
    const relays = await all<{ readonly id: string }>('relays', '', 'id organisation createdAt revokedAt', 1);
    expect(relays.map(({ id }) => id)).toContain(relay.id);
    expect(JSON.stringify([tokens, relays])).not.toContain(limited.token.slice(6));
    expect(
      await app.client.refusalOf('{ enrolmentTokens(first: 1, after: "bm8") { edges { cursor } } }'),
    ).toBe('INVALID_CURSOR');
    const foreign = await app.client.query<{ page: Page<unknown> }>(
      '{ page: relays(first: 1) { edges { cursor } pageInfo { endCursor } } }',
    );
    const query = 'query ($after: String) { enrolmentTokens(first: 1, after: $after) { edges { cursor } } }';
    expect(await app.client.refusalOf(query, { after: foreign.page.pageInfo.endCursor })).toBe(
      'INVALID_CURSOR',
    );
  });

  it('tells an unknown token from an expired and from a revoked one', async () => {
    const [expiring, revoked] = [
      await makeToken(PRACTICE, { expiresAt: new Date(nowMs + 60_000).toISOString() }),
      await makeToken(PRACTICE),
    ];
    await wait(60);
    await app.client.query('mutation ($id: ID!) { revokeEnrolmentToken(id: $id) }', { id: revoked.id });
    expect(await toldTo(expiring, wireMachine(PRACTICE))).toBe('401 TOKEN_EXPIRED');
    expect(await toldTo(revoked, wireMachine(PRACTICE))).toBe('401 TOKEN_REVOKED');
    expect(await toldTo({ id: '', token: 'enrol_unknown' }, wireMachine(PRACTICE))).toBe('401 TOKEN_UNKNOWN');
  });

  it('lets a revocation fall before or after an enrolment, never between: whoever got a machine is recorded', async () => {
    const token = await makeToken(PRACTICE);
    const machines = Array.from({ length: 12 }, () => wireMachine(PRACTICE));
    const enrolments = machines.map((machine) => toldTo(token, machine));
    await app.client.query('mutation ($id: ID!) { revokeEnrolmentToken(id: $id) }', { id: token.id });
    const told = await Promise.all(enrolments);
    const enrolled = told.filter((one) => one === 'ENROLLED');
    expect(told.filter((one) => one !== 'ENROLLED' && one !== '401 TOKEN_REVOKED')).toEqual([]);
    expect(await uses(token)).toHaveLength(enrolled.length);
  });
});

describe('the approval queue', () => {
  it('holds installations until a person has decided, and gives a credential to those approved', async () => {
    const token = await makeToken(PRACTICE, { requiresApproval: true });
    const [good, bad] = [wireMachine(PRACTICE), wireMachine(PRACTICE)];
    const fleet = (await app.client.progress()).total.fleet;
    for (let asked = 0; asked < 2; asked += 1) {
      expect(await toldTo(token, good)).toBe('REJECTED AWAITING_APPROVAL');
      expect(await toldTo(token, bad)).toBe('REJECTED AWAITING_APPROVAL');
    }
    expect((await app.client.progress()).total.fleet).toBe(fleet);
    const waiting = await requests('WAITING');
    expect(waiting).toHaveLength(2);
    expect(waiting.find(({ installationId }) => installationId === good.installationId)).toMatchObject({
      practice: PRACTICE,
      hostname: good.hostname,
      tokenId: token.id,
      address: '192.0.2.44',
      verdict: null,
      decidedAt: null,
    });
    const idOf = (machine: WireMachine): string =>
      waiting.find(({ installationId }) => installationId === machine.installationId)?.id ?? '';
    expect(
      await decide(
        [idOf(good), 'P99001.nobody', `${PRACTICE}.00000000-0000-4000-8000-000000000000`],
        'APPROVED',
      ),
    ).toBe(1);
    expect(await decide([idOf(good)], 'APPROVED')).toBe(0);
    expect(await decide([idOf(bad)], 'DENIED')).toBe(1);
    const { outcome, credential } = await resultOf(token, good);
    expect([outcome, (await app.client.report(credential, [wireHeartbeat()])).status]).toEqual([
      'ENROLLED',
      200,
    ]);
    expect(await toldTo(token, good)).toBe('KNOWN');
    expect(await toldTo(token, bad)).toBe('REJECTED APPROVAL_DENIED');
    expect((await requests('APPROVED')).map(({ id }) => id)).toEqual([idOf(good)]);
    expect((await requests('DENIED')).map(({ id }) => id)).toEqual([idOf(bad)]);
    expect(await decide([idOf(bad)], 'APPROVED')).toBe(1);
    expect(await toldTo(token, bad)).toBe('ENROLLED');
  });

  it('asks again after a revocation: a thief who has the token, too, gets nothing by it', async () => {
    const token = await makeToken(PRACTICE, { requiresApproval: true });
    const machine = wireMachine(PRACTICE);
    await toldTo(token, machine);
    await decide([(await requests('WAITING'))[0]?.id ?? ''], 'APPROVED');
    const { machineId } = await resultOf(token, machine);
    await app.client.query('mutation ($id: ID!) { revokeMachineCredential(machineId: $id) }', {
      id: machineId,
    });
    expect(await toldTo(token, machine)).toBe('REJECTED AWAITING_APPROVAL');
    await decide([(await requests('WAITING'))[0]?.id ?? ''], 'APPROVED');
    expect(await resultOf(token, machine)).toMatchObject({ outcome: 'KNOWN', machineId });
  });

  it('is as long as the token allows', async () => {
    const token = await makeToken(PRACTICE, { requiresApproval: true, maxUses: 2 });
    const machines = [wireMachine(PRACTICE), wireMachine(PRACTICE), wireMachine(PRACTICE)];
    const { body } = await enrol(token, machines);
    expect(body.results.map(({ code }) => code).sort()).toEqual([
      'AWAITING_APPROVAL',
      'AWAITING_APPROVAL',
      'TOKEN_EXHAUSTED',
    ]);
  });

  it('takes 1 to 1,000 decisions at once', async () => {
    const mutation = 'mutation ($input: DecideEnrolmentsInput!) { decideEnrolments(input: $input) }';
    for (const ids of [[], Array<string>(1_001).fill('x')])
      expect(await app.client.refusalOf(mutation, { input: { ids, verdict: 'DENIED' } })).toBe(
        'BAD_USER_INPUT',
      );
  });
});

describe('an administrator of one ICB', () => {
  it('sees and decides what is of its practices, and nothing of others', async () => {
    const { token: bearer } = await makeApiToken(app.client, {
      role: 'ADMIN',
      organisations: [GREATER_MANCHESTER],
    });
    const limits = { requiresApproval: true };
    const [own, foreign, national] = [
      await makeToken(PRACTICE, limits),
      await makeToken(LONDON_PRACTICE, limits),
      await makeToken('ENGLAND'),
    ];
    await enrol(own, [wireMachine(PRACTICE)]);
    await enrol(foreign, [wireMachine(LONDON_PRACTICE)]);
    const [near] = (await enrol(national, [wireMachine(PRACTICE), wireMachine(LONDON_PRACTICE)])).body
      .results;
    const foreignRelay = await app.client.createRelay(LONDON_PRACTICE);

    const ask = async <Node>(field: string, args: string, node: string): Promise<readonly Node[]> => {
      const query = `{ page: ${field}(first: 100 ${args}) { edges { node { ${node} } } } }`;
      const { body } = await app.client.ask<{ page: Page<Node> }>(query, {}, bearer);
      return body.data?.page.edges.map((edge) => edge.node) ?? [];
    };
    type Named = { readonly id: string };
    const tokens = (await ask<Named>('enrolmentTokens', '', 'id')).map(({ id }) => id);
    expect(tokens).toContain(own.id);
    expect(tokens).not.toContain(foreign.id);
    expect(tokens).not.toContain(national.id);
    expect((await ask<Named>('relays', '', 'id')).map(({ id }) => id)).not.toContain(foreignRelay.id);
    const waiting = await ask<{ readonly practice: string }>('enrolmentRequests', '', 'practice');
    expect(new Set(waiting.map(({ practice }) => practice))).toEqual(new Set([PRACTICE]));
    const used = await ask<Use>('enrolmentUses', `tokenId: "${national.id}"`, 'machineId');
    expect(used.map(({ machineId }) => machineId)).toEqual([near?.machineId]);

    const [theirs] = (await requests('WAITING')).filter(({ id }) => id.startsWith(LONDON_PRACTICE));
    const decision = 'mutation ($input: DecideEnrolmentsInput!) { decideEnrolments(input: $input) }';
    const input = { ids: [theirs?.id ?? ''], verdict: 'APPROVED' };
    const { body } = await app.client.ask<{ decideEnrolments: number }>(decision, { input }, bearer);
    expect(body.data).toEqual({ decideEnrolments: 0 });
    expect((await requests('APPROVED')).map(({ id }) => id)).not.toContain(theirs?.id);
  });
});

describe('too often', () => {
  it('is an installation that enrols again and again; others in its request are not held up', async () => {
    const token = await makeToken(PRACTICE);
    const machine = wireMachine(PRACTICE);
    for (let asked = 0; asked < 6; asked += 1)
      expect(await toldTo(token, machine)).toMatch(/^(ENROLLED|KNOWN)$/);
    const alone = await enrol(token, [machine]);
    expect([alone.status, alone.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(alone.headers['ratelimit-policy']).toBe('"re-enrolments";q=6;w=3600');
    expect([599, 600]).toContain(Number(alone.headers['retry-after']));
    const { body } = await enrol(token, [machine, wireMachine(PRACTICE)]);
    expect(body.results.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'ENROLLED_TOO_OFTEN',
      'ENROLLED',
    ]);
    await wait(600);
    expect(await toldTo(token, machine)).toBe('KNOWN');
  });

  it('is a token that brings more machines than anybody has', async () => {
    const token = await makeToken(PRACTICE);
    const machines = (): readonly WireMachine[] => Array.from({ length: 25 }, () => wireMachine(PRACTICE));
    expect((await enrol(token, machines())).status).toBe(200);
    expect((await enrol(token, machines())).status).toBe(200);
    const refused = await enrol(token, machines());
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    await wait(Number(refused.headers['retry-after']));
    expect((await enrol(token, machines())).status).toBe(200);
  });
});

it('lets an installation whose credential and token both ran out come back by a person’s word, and nothing new', async () => {
  const token = await makeToken(PRACTICE, { expiresAt: new Date(nowMs + 60_000).toISOString() });
  const machine = wireMachine(PRACTICE);
  const { machineId } = await resultOf(token, machine);
  await wait(60);
  const asked = await resultOf(token, machine);
  expect(asked).toMatchObject({ code: 'AWAITING_APPROVAL', credential: null });
  expect(await toldTo(token, wireMachine(PRACTICE))).toBe('401 TOKEN_EXPIRED');
  const { body } = await enrol(token, [machine, wireMachine(PRACTICE)]);
  expect([body.code, body.message]).toEqual([
    'TOKEN_EXPIRED',
    expect.stringContaining('createEnrolmentToken'),
  ]);
  const open = (await requests('WAITING')).filter((one) => one.installationId === machine.installationId);
  expect(open).toHaveLength(1);
  expect(await decide([(open[0] as Request).id], 'APPROVED')).toBe(1);
  const back = await resultOf(token, machine);
  expect(back).toMatchObject({ outcome: 'KNOWN', machineId, code: null });
  expect(back.credential).not.toBeNull();
  await app.client.query('mutation ($id: ID!) { revokeEnrolmentToken(id: $id) }', { id: token.id });
  expect(await toldTo(token, machine)).toBe('401 TOKEN_REVOKED');
});
