import { CredentialSigner } from '@app/access';
import { randomUUID } from 'node:crypto';
import { CREDENTIAL_KEY, startApplication, type Application } from '../support/application';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** Whom `POST /v1/heartbeats` does not hear, and what they are told. */
let app: Application;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T09:00:00Z' });
});

afterAll(() => app.close());

const signer = new CredentialSigner(Buffer.from(CREDENTIAL_KEY, 'hex'));
const NOBODY = { practiceId: PRACTICE, machineId: randomUUID() };
const FAR_AWAY_MS = Date.parse('2030-01-01T00:00:00Z');

function enrol(practice: string): Promise<Pc> {
  return Pc.enrol(app.client, wireMachine(practice));
}

async function outcomesOf(bearer: string, heartbeats: readonly unknown[]): Promise<readonly string[]> {
  const { status, body } = await app.client.report(bearer, heartbeats);
  expect(status).toBe(200);
  expect(body.results).toHaveLength(heartbeats.length);
  return body.results.map(({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`));
}

async function refusalOf(bearer: string | null): Promise<string> {
  const { status, headers, body } = await app.client.report(bearer, [wireHeartbeat()]);
  expect(headers['content-type']).toMatch(/^application\/json/);
  return `${status} ${body.code}`;
}

it('a sender is told CREDENTIAL_MISSING without one, and CREDENTIAL_INVALID with one that is not ours', async () => {
  const { credential } = await enrol(PRACTICE);
  expect(await refusalOf(null)).toBe('401 CREDENTIAL_MISSING');
  const [prefix, payload, mac] = credential.split('.') as [string, string, string];
  const otherKey = new CredentialSigner(Buffer.alloc(32, 7)).signMachine(NOBODY, 1, FAR_AWAY_MS);
  const asRelay = `r1.${payload}.${mac}`;
  for (const forged of [
    'x',
    'a.b.c',
    `${prefix}.${payload}.`,
    `${prefix}.${payload}.${mac}x`,
    asRelay,
    otherKey,
    `${credential}.${mac}`,
  ]) {
    expect(await refusalOf(forged)).toBe('401 CREDENTIAL_INVALID');
  }
});

it('a sender is told MISSING when something other than a bearer token is shown', async () => {
  const { status, body } = await app.client.post('/v1/heartbeats', { heartbeats: [wireHeartbeat()] }, null, {
    authorization: 'Basic eDp5',
  });
  expect([status, body.code]).toEqual([401, 'CREDENTIAL_MISSING']);
});

it('a sender is told UNKNOWN_MACHINE with a genuine credential of a machine that does not exist', async () => {
  expect(await refusalOf(signer.signMachine(NOBODY, 1, FAR_AWAY_MS))).toBe('401 UNKNOWN_MACHINE');
});

it('a sender is told CREDENTIAL_REVOKED once a relay’s credential has been revoked, at once', async () => {
  const relay = await app.client.createRelay(PRACTICE);
  const pc = await enrol(PRACTICE);
  expect(await outcomesOf(relay.credential, [wireHeartbeat({ machineId: pc.id })])).toEqual(['ACCEPTED']);
  const revoke = `mutation ($id: ID!) { revokeRelayCredential(id: $id) }`;
  expect(await app.client.query(revoke, { id: relay.id })).toEqual({ revokeRelayCredential: true });
  expect(await refusalOf(relay.credential)).toBe('401 CREDENTIAL_REVOKED');
  expect(await refusalOf(signer.signRelay(randomUUID(), PRACTICE, null))).toBe('401 CREDENTIAL_REVOKED');
  expect(await app.client.query(revoke, { id: randomUUID() })).toEqual({ revokeRelayCredential: false });
  expect(await app.client.query(revoke, { id: 'relay' })).toEqual({ revokeRelayCredential: false });
});

it('a sender is told CREDENTIAL_REVOKED when a machine’s credential is of an older generation', async () => {
  const installation = wireMachine(PRACTICE);
  const pc = await Pc.enrol(app.client, installation);
  // No interface raises the generation yet; the row is what it would change.
  await app.database.pool.query(
    'UPDATE machine_status SET generation = generation + 1 WHERE machine_id = $1',
    [pc.id.slice(-36)],
  );
  expect(await refusalOf(pc.credential)).toBe('401 CREDENTIAL_REVOKED');
  // A person decided so: enrolling again is for a person to approve, also with the credential of before.
  for (const credential of [undefined, pc.credential]) {
    const machine = { ...installation, ...(credential === undefined ? {} : { credential }) };
    const { body } = await app.client.enrol(await app.client.createEnrolmentToken(PRACTICE), [machine]);
    expect(body.results[0]?.code).toBe('AWAITING_APPROVAL');
  }
});

it('a sender is told CREDENTIAL_EXPIRED by the service’s clock, whatever the client’s says', async () => {
  const installation = wireMachine(PRACTICE);
  const pc = await Pc.enrol(app.client, installation);
  const relay = await app.client.createRelay(PRACTICE, '2024-07-20T00:00:00Z');
  await app.client.setClock('2024-07-19T23:59:59Z');
  expect(await outcomesOf(relay.credential, [wireHeartbeat({ machineId: pc.id })])).toEqual(['ACCEPTED']);
  await app.client.setClock('2024-07-20T00:00:00Z');
  expect(await refusalOf(relay.credential)).toBe('401 CREDENTIAL_EXPIRED');
  await app.client.setClock('2026-01-01T00:00:00Z');
  const { body } = await app.client.report(pc.credential, [
    wireHeartbeat({ sentAt: '2024-07-19T09:00:00Z' }),
  ]);
  expect(body.code).toBe('CREDENTIAL_EXPIRED');
  const token = await app.client.createEnrolmentToken(PRACTICE);
  const unproven = await app.client.enrol(token, [installation]);
  expect(unproven.body.results[0]?.code).toBe('AWAITING_APPROVAL');
  const [again] = await app.client.enrolAll([{ ...installation, credential: pc.credential }]);
  expect(again?.id).toBe(pc.id);
  expect(await outcomesOf(again?.credential ?? '', [wireHeartbeat({ seq: 2 })])).toEqual(['ACCEPTED']);
});
