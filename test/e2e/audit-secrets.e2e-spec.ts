import {
  ADMIN_TOKEN,
  CREDENTIAL_KEY,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { makeToken } from '../support/people';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** People put secrets where they do not belong. The audit log keeps none of them. */
let database: ApplicationDatabase;
let app: Application;
const logs: string[] = [];

beforeAll(async () => {
  database = await createApplicationDatabase();
});

afterAll(() => database.drop());

beforeEach(async () => {
  await database.clear();
  logs.length = 0;
  app = await startApplication({ database, logs });
});

afterEach(() => app.stop());

const MACHINES = 'query { machines(first: 10) { edges { node { id } } } }';

describe('secrets', () => {
  it('are nowhere in the log, wherever somebody puts them', async () => {
    const token = await app.client.createEnrolmentToken('ENGLAND');
    const relay = await app.client.createRelay('ENGLAND');
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const wrong = `wrong-${'q7Zk'.repeat(12)}`;
    const recovery = '123456-234567-345678-456789-567890-678901-789012-890123';
    const { token: apiToken } = await makeToken(app.client, { role: 'ADMIN', organisations: ['ENGLAND'] });
    const secrets = [
      apiToken,
      ADMIN_TOKEN,
      CREDENTIAL_KEY,
      token,
      relay.credential,
      pc.credential,
      wrong,
      recovery,
    ];
    for (const secret of secrets) {
      const text = { secret };
      await app.client.ask(`query ($secret: ID!) { machine(id: $secret) { id } }`, text);
      await app.client.ask(
        `query ($secret: String!) { machines(first: 1, filter: { hostname: $secret }) { edges { cursor } } }`,
        text,
      );
      await app.client.ask(
        `query ($secret: String!) { machines(first: 1, filter: { serialNumber: $secret }) { edges { cursor } } }`,
        text,
      );
      await app.client.ask(
        `query ($secret: ID!) { unrecoveredMachines(first: 1, filter: { within: [$secret] }) { edges { cursor } } }`,
        text,
      );
      await app.client.ask(
        `query ($secret: String!) { machines(first: 1, after: $secret) { edges { cursor } } }`,
        text,
      );
      await app.client.ask(
        `query ($secret: ID!) { auditEntries(first: 1, filter: { object: $secret, actorId: $secret }) { edges { cursor } } }`,
        text,
      );
      for (const revoke of [
        'revokeEnrolmentToken(id:',
        'revokeRelayCredential(id:',
        'revokeMachineCredential(machineId:',
      ])
        await app.client.ask(`mutation ($secret: ID!) { ${revoke} $secret) }`, text);
      for (const create of ['createEnrolmentToken', 'createRelayCredential'])
        await app.client.ask(
          `mutation ($secret: ID!) { ${create}(input: { organisation: $secret }) { id } }`,
          text,
        );
      await app.client.ask(
        `mutation ($secret: String!) { createApiToken(input: { name: $secret, role: VIEWER, organisations: ["QOP"] }) { id } }`,
        text,
      );
      await app.client.ask(MACHINES, {}, secret);
      await app.client.report(secret, [wireHeartbeat()]);
      await app.client.enrol(secret, [wireMachine(PRACTICE)]);
      await app.client.request(`/v1/${encodeURIComponent(secret)}?token=${encodeURIComponent(secret)}`, {
        bearer: secret,
        headers: { 'user-agent': secret, 'x-forwarded-for': secret, 'x-request-id': secret },
      });
    }
    await app.client.query(`mutation ($id: ID!) { revokeRelayCredential(id: $id) }`, { id: relay.id });
    await app.client.report(relay.credential, [wireHeartbeat()]);
    await app.stop();
    const { rows } = await database.pool.query<{ line: string }>(
      'SELECT audit_entry::text AS line FROM audit_entry',
    );
    expect(rows.length).toBeGreaterThan(100);
    const dump = [...rows.map(({ line }) => line), ...logs].join('\n');
    for (const secret of secrets) {
      const found = fragmentsOf(secret).filter((fragment) => dump.includes(fragment));
      expect([secret, found]).toEqual([secret, []]);
    }
    app = await startApplication({ database });
  });
});

/** A secret in pieces long enough not to turn up by chance. */
function fragmentsOf(secret: string): readonly string[] {
  const length = 14;
  return Array.from({ length: secret.length - length + 1 }, (_one, from) =>
    secret.slice(from, from + length),
  );
}
