import { AuditReader, type AuditEntry } from '@app/access';
import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import { makeToken } from '../support/people';
import { GREATER_MANCHESTER, PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** Who did what, and who read what. */
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

afterEach(() => app.stop());

/** The entries of the log, oldest first; without those of the service itself. */
async function entries(): Promise<readonly AuditEntry[]> {
  const page = await new AuditReader(database.pool).list({}, 100, null);
  return [...page.entries].reverse().filter(({ actor }) => actor.kind !== 'SERVICE');
}

const told = (list: readonly AuditEntry[]): readonly unknown[] =>
  list.map(({ action, outcome }) => `${action} ${outcome}`);

const MACHINES = `query ($first: Int = 10, $filter: MachineFilter) { machines(first: $first, filter: $filter) { edges { node { id } } pageInfo { endCursor } } }`;

describe('a change', () => {
  it('is recorded before it is made, and with what became of it before its answer', async () => {
    const { createEnrolmentToken: made } = await app.client.query<{ createEnrolmentToken: { id: string } }>(
      `mutation { createEnrolmentToken(input: { organisation: "${GREATER_MANCHESTER}", maxUses: 3 }) { id } }`,
    );
    const relay = await app.client.createRelay('ENGLAND');
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await app.client.query(`mutation ($id: ID!) { revokeMachineCredential(machineId: $id) }`, { id: pc.id });
    await app.client.query(`mutation ($id: ID!) { revokeEnrolmentToken(id: $id) }`, { id: made.id });
    await app.client.query(`mutation ($id: ID!) { revokeRelayCredential(id: $id) }`, { id: relay.id });
    const list = await entries();
    const done = list.filter(({ outcome }) => outcome === 'DONE');
    expect(
      done.map(({ action, object, organisation, details }) => [action, object, organisation, details]),
    ).toEqual([
      ['ENROLMENT_TOKEN_CREATED', made.id, GREATER_MANCHESTER, { maxUses: 3 }],
      ['RELAY_CREDENTIAL_CREATED', relay.id, 'ENGLAND', {}],
      ['ENROLMENT_TOKEN_CREATED', expect.any(String), 'ENGLAND', {}],
      ['MACHINE_CREDENTIAL_REVOKED', pc.id, null, { existed: true }],
      ['ENROLMENT_TOKEN_REVOKED', made.id, null, { existed: true }],
      ['RELAY_CREDENTIAL_REVOKED', relay.id, null, { existed: true }],
    ]);
    for (const { seq, operationId, actor, atMs } of done) {
      expect(actor).toEqual({ kind: 'ADMIN_TOKEN', id: 'admin-token' });
      expect(atMs).toBe(Date.parse('2024-07-18T18:00:00Z'));
      expect(
        list.filter((one) => one.operationId === operationId).map((one) => [one.outcome, one.seq <= seq]),
      ).toEqual([
        ['STARTED', true],
        ['DONE', true],
      ]);
    }
  });

  it('for machines is recorded by its kind and its numbers; its words stay on the timeline', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const one = `mutation ($id: ID!) { careForMachine(input: { machineId: $id, idempotencyKey: "note-one-1",
      action: { note: { text: "behind the reception desk" } } }) { userErrors { code } } }`;
    await app.client.query(one, { id: pc.id });
    await app.client.query(one, { id: 'P99001.3f0c5d1e-0000-4000-8000-000000000000' });
    const { careForManyMachines: many } = await app.client.query<{
      careForManyMachines: { actionId: string };
    }>(
      `mutation { careForManyMachines(input: { filter: { within: ["QOP"] }, expectedMachines: 1, idempotencyKey: "tag-many-1",
        action: { tag: { add: ["van 2"] } } }) { actionId } }`,
    );
    const cared = (await entries()).filter(
      ({ action, outcome }) => action.endsWith('CARED_FOR') && outcome === 'DONE',
    );
    expect(cared.map(({ action, object, details }) => [action, object, details])).toEqual([
      ['MACHINE_CARED_FOR', pc.id, { does: ['note'], repeated: false }],
      [
        'MACHINE_CARED_FOR',
        'P99001.3f0c5d1e-0000-4000-8000-000000000000',
        { does: ['note'], repeated: false, errors: ['UNKNOWN_MACHINE'] },
      ],
      [
        'MACHINES_CARED_FOR',
        many.actionId,
        { within: ['QOP'], does: ['tag'], expectedMachines: 1, machines: 1, done: 1, repeated: false },
      ],
    ]);
  });

  it('that is refused is recorded with the code', async () => {
    await app.client.ask('mutation { createEnrolmentToken(input: { organisation: "NOWHERE" }) { id } }');
    await app.client.ask(
      'mutation { createRelayCredential(input: { organisation: "QOP", expiresAt: "2020-01-01T00:00:00Z" }) { id } }',
    );
    const refused = (await entries()).filter(({ outcome }) => outcome === 'REFUSED');
    expect(refused.map(({ organisation, object, details }) => [organisation, object, details])).toEqual([
      ['NOWHERE', null, { code: 'NOT_FOUND' }],
      ['QOP', null, { expiresAt: '2020-01-01T00:00:00.000Z', code: 'BAD_USER_INPUT' }],
    ]);
  });

  it('under another name in the same request is recorded by itself', async () => {
    await app.client.ask(`mutation {
      one: createEnrolmentToken(input: { organisation: "ENGLAND" }) { id }
      two: createEnrolmentToken(input: { organisation: "ENGLAND" }) { id } }`);
    expect(told(await entries())).toEqual([
      'ENROLMENT_TOKEN_CREATED STARTED',
      'ENROLMENT_TOKEN_CREATED DONE',
      'ENROLMENT_TOKEN_CREATED STARTED',
      'ENROLMENT_TOKEN_CREATED DONE',
    ]);
  });
});

describe('an API token', () => {
  it('is named by its identity in all it does, from its making to its end; its secret is nowhere', async () => {
    const { id, token } = await makeToken(app.client, { role: 'IT', organisations: [GREATER_MANCHESTER] });
    expect((await app.client.ask(MACHINES, {}, token)).status).toBe(200);
    await app.client.query('{ apiTokens(first: 5) { edges { node { id } } } }');
    await app.client.query('mutation ($id: ID!) { revokeApiToken(id: $id) }', { id });
    expect((await app.client.ask(MACHINES, {}, token)).status).toBe(401);
    await app.stop();
    const list = (await entries()).filter(({ action }) => action !== 'ENROLMENT_TOKEN_CREATED');
    const administrator = { kind: 'ADMIN_TOKEN', id: 'admin-token' };
    expect(
      list
        .filter(({ outcome }) => outcome !== 'STARTED')
        .map(({ action, actor, object }) => [action, actor, object]),
    ).toEqual([
      ['API_TOKEN_CREATED', administrator, id],
      ['MACHINES_LISTED', { kind: 'API_TOKEN', id: `api-token:${id}` }, null],
      ['API_TOKENS_LISTED', administrator, null],
      ['API_TOKEN_REVOKED', administrator, id],
      ['AUTHENTICATION_FAILED', { kind: 'ANONYMOUS', id: '127.0.0.1' }, null],
    ]);
    expect(list.find(({ action }) => action === 'API_TOKEN_CREATED')?.details).toMatchObject({
      name: `IT of ${GREATER_MANCHESTER}`,
      role: 'IT',
      organisations: [GREATER_MANCHESTER],
    });
    expect(list.find(({ action }) => action === 'AUTHENTICATION_FAILED')?.details).toMatchObject({
      caller: `api-token:${id}`,
    });
    const { rows } = await database.pool.query<{ dump: string }>(
      'SELECT string_agg(audit_entry::text, chr(10)) AS dump FROM audit_entry',
    );
    expect(rows[0]?.dump).not.toContain(token.slice(-14));
    app = await startApplication({ database });
  });
});

describe('a reading of machines', () => {
  it('is recorded with the question and the machines that were shown, before it is answered', async () => {
    const first = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const second = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const ids = [first.id, second.id].sort();
    const filter = {
      within: [GREATER_MANCHESTER],
      state: ['UNVERIFIED'],
      hostname: 'PC',
      lastHeardBefore: null,
    };
    await app.client.query(MACHINES, { filter: { ...filter, hostname: null } });
    await app.client.query('{ unrecoveredMachines(first: 5, orderBy: SINCE) { edges { node { id } } } }');
    await app.client.machine(first.id);
    await app.client.query('{ machine(id: "P99001.3f0c5d1e-0000-4000-8000-000000000000") { id } }');
    const readings = (await entries()).filter(({ action }) =>
      ['MACHINES_LISTED', 'MACHINE_READ'].includes(action),
    );
    expect(readings.map(({ action, object, details }) => [action, object, details])).toEqual([
      [
        'MACHINES_LISTED',
        null,
        {
          within: [GREATER_MANCHESTER],
          state: ['UNVERIFIED'],
          first: 10,
          returned: 2,
          firstMachine: ids[0],
          lastMachine: ids[1],
        },
      ],
      ['MACHINES_LISTED', null, { unrecovered: true, first: 5, orderBy: 'SINCE', returned: 0 }],
      ['MACHINE_READ', first.id, { found: true }],
      ['MACHINE_READ', 'P99001.3f0c5d1e-0000-4000-8000-000000000000', { found: false }],
    ]);
  });

  it('that is repeated within the minute is counted, and the count is written at the latest with the stop', async () => {
    for (let i = 0; i < 5; i += 1) await app.client.query(MACHINES);
    expect(told(await entries())).toEqual(['MACHINES_LISTED DONE']);
    await app.stop();
    expect((await entries()).map(({ action, details }) => [action, details['times'] ?? null])).toEqual([
      ['MACHINES_LISTED', null],
      ['MACHINES_LISTED', 4],
    ]);
    app = await startApplication({ database });
  });

  it('by a poll is everybody’s own: nobody is given the answer that another’s reading was recorded for', async () => {
    const path = `/graphql?query=${encodeURIComponent('{ machines(first: 7) { edges { node { id } } } }')}`;
    const poll = () =>
      app.client.request(path, { bearer: ADMIN_TOKEN, headers: { 'apollo-require-preflight': 'true' } });
    const answers = await Promise.all(Array.from({ length: 6 }, poll));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const etag = answers[0]?.headers['etag'] ?? '';
    const again = await app.client.request(path, {
      bearer: ADMIN_TOKEN,
      headers: { 'apollo-require-preflight': 'true', 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
    await app.stop();
    const times = (await entries()).map(({ details }) => Number(details['times'] ?? 1));
    expect(times.reduce((sum, one) => sum + one, 0)).toBe(7);
    app = await startApplication({ database });
  });

  it('of progress, and a heartbeat, leave no trace here', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    const before = (await entries()).length;
    await app.client.progress();
    await app.client.tell(pc, wireHeartbeat());
    expect(await entries()).toHaveLength(before);
  });
});

describe('senders whose credentials are refused', () => {
  it('are told by name where the credential was genuine: that of a stolen machine, after it was revoked', async () => {
    const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
    await app.client.query(`mutation ($id: ID!) { revokeMachineCredential(machineId: $id) }`, { id: pc.id });
    await app.client.report(pc.credential, [wireHeartbeat()]);
    await app.client.ask('{ machines(first: 1) { edges { cursor } } }', {}, pc.credential);
    await app.stop();
    const refused = (await entries()).filter(({ action }) => action === 'AUTHENTICATION_FAILED');
    const caller = `machine ${pc.id.split('.')[1] ?? ''}`;
    expect(
      refused.map(({ details }) => [details['route'], details['code'], details['caller']]).sort(),
    ).toEqual([
      ['/graphql', 'UNAUTHENTICATED', caller],
      ['/v1/heartbeats', 'CREDENTIAL_REVOKED', caller],
    ]);
    app = await startApplication({ database });
  });

  it('are counted by code and route, and not written one by one', async () => {
    const wrong = 'w'.repeat(43);
    for (let i = 0; i < 3; i += 1) {
      await app.client.ask('{ incident { id } machines(first: 1) { edges { cursor } } }', {}, wrong);
      await app.client.report(wrong, [wireHeartbeat()]);
      await app.client.enrol(`enrol_${wrong}`, [wireMachine(PRACTICE)]);
    }
    await app.client.ask(
      'mutation ($input: ReportHeartbeatsInput!) { reportHeartbeats(input: $input) { serverTime } }',
      { input: { heartbeats: [] } },
      wrong,
    );
    await app.client.request('/v1/simulation/clock');
    expect(await entries()).toEqual([]);
    await app.stop();
    const list = await entries();
    expect(
      new Set(list.map(({ action, outcome, actor }) => `${action} ${outcome} ${actor.kind} ${actor.id}`)),
    ).toEqual(new Set(['AUTHENTICATION_FAILED REFUSED ANONYMOUS 127.0.0.1']));
    expect(list.map(({ details }) => [details['route'], details['code'], details['times']]).sort()).toEqual([
      ['/graphql', 'CREDENTIAL_INVALID', 1],
      ['/graphql', 'UNAUTHENTICATED', 3],
      ['/v1/enrolments', 'TOKEN_UNKNOWN', 3],
      ['/v1/heartbeats', 'CREDENTIAL_INVALID', 3],
      ['/v1/simulation/clock', 'CREDENTIAL_MISSING', 1],
    ]);
    app = await startApplication({ database });
  });
});
