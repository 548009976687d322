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
  it('are stored nowhere, and are in no record, log or metric, wherever somebody puts them', async () => {
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
    expect(missed(secrets, await everythingStored())).toEqual([]);
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
    const metrics = (await app.client.request('/metrics')).text;
    expect(metrics).toContain('recovery_');
    await app.stop();
    const { rows } = await database.pool.query<{ line: string }>(
      'SELECT audit_entry::text AS line FROM audit_entry',
    );
    expect(rows.length).toBeGreaterThan(100);
    expect(missed(secrets, [...rows.map(({ line }) => line), ...logs, metrics].join('\n'))).toEqual([]);
    app = await startApplication({ database });
  });
});

/** Every row of every table, as text. */
async function everythingStored(): Promise<string> {
  const { rows: tables } = await database.pool.query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  expect(tables.length).toBeGreaterThan(15);
  const lines: string[] = [];
  for (const { name } of tables) {
    const { rows } = await database.pool.query<{ line: string }>(
      `SELECT kept::text AS line FROM ${name} AS kept`,
    );
    lines.push(...rows.map(({ line }) => line));
  }
  return lines.join('\n');
}

/** Pieces of secrets that stand in a text. */
function missed(secrets: readonly string[], text: string): readonly string[] {
  return secrets.flatMap(fragmentsOf).filter((fragment) => text.includes(fragment));
}

/** A secret in pieces long enough not to turn up by chance. */
function fragmentsOf(secret: string): readonly string[] {
  const length = 14;
  return Array.from({ length: secret.length - length + 1 }, (_one, from) =>
    secret.slice(from, from + length),
  );
}
