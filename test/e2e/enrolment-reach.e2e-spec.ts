import { startApplication, type Application } from '../support/application';
import type { EnrolmentResult } from '../support/client';
import { GREATER_MANCHESTER, LONDON_PRACTICE, NEIGHBOUR, PRACTICE } from '../support/practices';
import { wireHeartbeat, wireMachine, type WireMachine } from '../support/wire';

/** How far an enrolment token reaches, and who gets a credential for a machine that is known. */
let app: Application;
let nowMs = Date.parse('2024-07-19T09:00:00Z');

beforeAll(async () => {
  app = await startApplication({ now: new Date(nowMs).toISOString() });
});

afterAll(() => app.close());

async function wait(minutes: number): Promise<void> {
  nowMs += minutes * 60_000;
  await app.client.setClock(new Date(nowMs).toISOString());
}

async function enrol(token: string, machine: object): Promise<EnrolmentResult> {
  return (await app.client.enrol(token, [machine])).body.results[0] as EnrolmentResult;
}

async function told(token: string, machine: object): Promise<string> {
  const { outcome, code } = await enrol(token, machine);
  return code ?? outcome;
}

let seq = 0;

/** A machine that is enrolled by a token and has reported. */
async function reporting(token: string, practice = PRACTICE): Promise<[WireMachine, EnrolmentResult]> {
  const machine = wireMachine(practice);
  const enrolled = await enrol(token, machine);
  await wait(5);
  seq += 1;
  expect((await app.client.report(enrolled.credential, [wireHeartbeat({ seq })])).status).toBe(200);
  await wait(5);
  return [machine, enrolled];
}

async function decideAll(verdict: 'APPROVED' | 'DENIED'): Promise<void> {
  if (verdict === 'APPROVED') return app.client.approveAll();
  const { enrolmentRequests } = await app.client.query<{
    enrolmentRequests: { edges: readonly { node: { id: string } }[] };
  }>('{ enrolmentRequests(first: 100) { edges { node { id } } } }');
  const input = { ids: enrolmentRequests.edges.map(({ node }) => node.id), verdict };
  await app.client.query('mutation ($input: DecideEnrolmentsInput!) { decideEnrolments(input: $input) }', {
    input,
  });
}

async function usesOf(organisation: string): Promise<number> {
  const { enrolmentTokens } = await app.client.query<{
    enrolmentTokens: { edges: readonly { node: { organisation: string; uses: number } }[] };
  }>('{ enrolmentTokens(first: 100) { edges { node { organisation uses } } } }');
  return (
    enrolmentTokens.edges.filter(({ node }) => node.organisation === organisation).at(-1)?.node.uses ?? -1
  );
}

describe('a machine that has reported', () => {
  it('is given a credential for the one it had, also by another token, and no use is taken', async () => {
    const [machine, { machineId, credential }] = await reporting(
      await app.client.createEnrolmentToken(PRACTICE),
    );
    const other = await app.client.createEnrolmentToken(GREATER_MANCHESTER, { maxUses: 1 });
    expect(await enrol(other, { ...machine, credential })).toMatchObject({
      outcome: 'KNOWN',
      machineId,
      code: null,
    });
    expect(await usesOf(GREATER_MANCHESTER)).toBe(0);
    const answer = await app.client.post<{ results: readonly EnrolmentResult[] }>(
      '/v1/enrolments',
      { enrolmentToken: other, machines: [machine] },
      credential,
    );
    expect(answer.body.results[0]).toMatchObject({ outcome: 'KNOWN', machineId });
  });

  it('is given none for its id alone, nor for a credential of another machine or a forged one', async () => {
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const [machine, own] = await reporting(token);
    const [, foreign] = await reporting(token);
    const forged = `${own.credential?.slice(0, -4)}AAAA`;
    for (const credential of [undefined, foreign.credential, forged, 'm1.x.y', 'nonsense'])
      expect(await told(token, { ...machine, credential })).toBe('AWAITING_APPROVAL');
    await decideAll('APPROVED');
    expect(await told(token, machine)).toBe('KNOWN');
    // Until it has reported: the answer may be lost.
    expect(await told(token, machine)).toBe('KNOWN');
  });

  it('is given one for a credential whose time has passed', async () => {
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const [machine, { credential }] = await reporting(token);
    await wait(91 * 24 * 60);
    expect((await app.client.report(credential, [wireHeartbeat({ seq: 99 })])).body.code).toBe(
      'CREDENTIAL_EXPIRED',
    );
    expect(await told(token, machine)).toBe('AWAITING_APPROVAL');
    await decideAll('DENIED');
    const [second, enrolled] = await reporting(token);
    await wait(91 * 24 * 60);
    expect(await told(token, { ...second, credential: enrolled.credential })).toBe('KNOWN');
  });

  it('takes a use of the token where it proves nothing, and none where none is left', async () => {
    const [machine] = await reporting(await app.client.createEnrolmentToken('ENGLAND'));
    const [other] = await reporting(await app.client.createEnrolmentToken('ENGLAND'));
    const token = await app.client.createEnrolmentToken(PRACTICE, { maxUses: 1 });
    expect(await told(token, machine)).toBe('AWAITING_APPROVAL');
    expect(await told(token, other)).toBe('TOKEN_EXHAUSTED');
    expect(await told(token, machine)).toBe('AWAITING_APPROVAL');
    await decideAll('DENIED');
  });
});

describe('a person’s word', () => {
  it('holds for the installation, whatever the token', async () => {
    const strict = await app.client.createEnrolmentToken(PRACTICE, { requiresApproval: true });
    const free = await app.client.createEnrolmentToken(GREATER_MANCHESTER);
    const machine = wireMachine(PRACTICE);
    expect(await told(strict, machine)).toBe('AWAITING_APPROVAL');
    expect(await told(free, machine)).toBe('AWAITING_APPROVAL');
    // Elsewhere the question is asked again.
    expect(await told(free, { ...machine, practice: NEIGHBOUR })).toBe('AWAITING_APPROVAL');
    await decideAll('DENIED');
    expect(await told(strict, machine)).toBe('APPROVAL_DENIED');
    expect(await told(free, machine)).toBe('APPROVAL_DENIED');
  });

  it('is asked for after a revocation, by the same token and by others', async () => {
    const token = await app.client.createEnrolmentToken(PRACTICE);
    const [machine, { machineId, credential }] = await reporting(token);
    await app.client.query('mutation ($id: ID!) { revokeMachineCredential(machineId: $id) }', {
      id: machineId,
    });
    for (const one of [token, await app.client.createEnrolmentToken('ENGLAND')])
      for (const proof of [undefined, credential])
        expect(await told(one, { ...machine, credential: proof })).toBe('AWAITING_APPROVAL');
    await decideAll('DENIED');
    expect(await told(token, machine)).toBe('APPROVAL_DENIED');
  });
});

describe('a machine that a person moved', () => {
  it('is reached by tokens of where it stands now, and by no other', async () => {
    const old = await app.client.createEnrolmentToken(PRACTICE);
    const [machine, { machineId, credential }] = await reporting(old);
    const move = `mutation ($id: ID!) { careForMachine(input: { machineId: $id, idempotencyKey: "move-of-${machineId?.slice(-8)}",
      action: { move: { toPractice: "${LONDON_PRACTICE}" } } }) { userErrors { code } machine { care { movedTo } } } }`;
    const { careForMachine } = await app.client.query<{
      careForMachine: { machine: { care: { movedTo: string } } };
    }>(move, { id: machineId });
    const { movedTo } = careForMachine.machine.care;
    for (const practice of [PRACTICE, LONDON_PRACTICE])
      expect(await told(old, { ...machine, practice, credential })).toBe('OUT_OF_SCOPE');
    const fresh = await app.client.createEnrolmentToken(LONDON_PRACTICE);
    // Its agent names the practice that it knows; what it had proves it.
    expect(await enrol(fresh, { ...machine, credential })).toMatchObject({
      outcome: 'KNOWN',
      machineId: movedTo,
    });
    expect(await usesOf(LONDON_PRACTICE)).toBe(0);
    const again = await enrol(fresh, machine);
    expect([again.outcome, again.machineId]).toEqual(['KNOWN', movedTo]);
    await wait(5);
    expect((await app.client.report(again.credential, [wireHeartbeat({ seq: 77 })])).status).toBe(200);
    await wait(5);
    expect(await told(await app.client.createEnrolmentToken('ENGLAND'), machine)).toBe('AWAITING_APPROVAL');
  });
});
