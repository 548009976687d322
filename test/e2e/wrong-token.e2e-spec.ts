import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMIN_TOKEN, CREDENTIAL_KEY, startApplication, type Application } from '../support/application';
import { makeToken } from '../support/people';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** Somebody with a wrong token, or none: every field at a root of the schema and every route, and no answer says anything. */
let app: Application;
let wrong: readonly (string | null)[];

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-22T08:00:00Z' });
  const pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
  const relay = await app.client.createRelay(PRACTICE);
  const enrolmentToken = await app.client.createEnrolmentToken(PRACTICE);
  const { id, token } = await makeToken(app.client, { role: 'ADMIN', organisations: ['ENGLAND'] });
  await app.client.query('mutation ($id: ID!) { revokeApiToken(id: $id) }', { id });
  wrong = [
    ...[null, 'x', 'w'.repeat(43), token, `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(0, -1), CREDENTIAL_KEY],
    ...[pc.credential, relay.credential, enrolmentToken],
  ];
});

afterAll(() => app.close());

const SCHEMA = buildSchema(readFileSync(join(__dirname, '../../apps/api/schema.graphql'), 'utf8'));

/** Judged by the resolver itself, which takes the credentials of machines and relays. */
const FOR_AGENTS = 'reportHeartbeats';

/** One operation for each field at a root, with some value for every argument that it needs. */
function operations(): readonly { readonly name: string; readonly query: string }[] {
  const roots = { query: SCHEMA.getQueryType(), mutation: SCHEMA.getMutationType() };
  return Object.entries(roots).flatMap(([kind, root]) =>
    Object.values(root?.getFields() ?? {}).map((field) => ({
      name: field.name,
      query: `${kind} { ${field.name}${argumentsOf(field)}${selectionOf(field)} }`,
    })),
  );
}

function argumentsOf(field: GraphQLField<unknown, unknown>): string {
  const needed = field.args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${someValue(type)}`);
  return needed.length === 0 ? '' : `(${needed.join(', ')})`;
}

function selectionOf({ type }: GraphQLField<unknown, unknown>): string {
  const named = String(type).replace(/[[\]!]/g, '');
  return 'getFields' in (SCHEMA.getType(named) ?? {}) ? ' { __typename }' : '';
}

function someValue(type: GraphQLInputType): string {
  if (isNonNullType(type)) return someValue(type.ofType);
  if (isListType(type)) return `[${someValue(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
    return `{ ${needed.map((field) => `${field.name}: ${someValue(field.type)}`).join(', ')} }`;
  }
  return { Int: '1', Float: '1.0', Boolean: 'true', DateTime: '"2024-07-22T08:00:00Z"' }[type.name] ?? '"x"';
}

it('is refused by every field, told the same each time, and shown nothing', async () => {
  const fields = operations().filter(({ name }) => name !== FOR_AGENTS);
  expect(fields.length).toBeGreaterThan(20);
  for (const { name, query } of fields) {
    const answers = new Set<string>();
    for (const bearer of wrong) {
      const { status, body } = await app.client.ask<Record<string, unknown>>(query, {}, bearer);
      const [error] = body.errors ?? [];
      answers.add(
        `${status} ${error?.extensions.code} ${error?.message} ${Object.values(body.data ?? {}).join()}`,
      );
    }
    expect([name, [...answers]]).toEqual([
      name,
      [expect.stringMatching(/^401 UNAUTHENTICATED send Authorization: [^{}]* $/)],
    ]);
  }
});

it('is refused by every route that says anything of machines', async () => {
  for (const bearer of wrong) {
    const reported = [await app.client.report(bearer, [wireHeartbeat()])];
    // A machine's and a relay's own credential are right there; nobody else's is.
    const isAgents = bearer !== null && /^[mr]1/.test(bearer);
    if (!isAgents) expect(reported.map(({ status }) => status)).toEqual([401]);
    const clock = await app.client.post('/v1/simulation/clock', { now: '2024-07-23T00:00:00Z' }, bearer);
    expect(clock.status).toBe(401);
    if (bearer?.startsWith('enrol_') !== true) {
      const enrolled = await app.client.enrol(bearer ?? '', [wireMachine(PRACTICE)]);
      expect([400, 401]).toContain(enrolled.status);
    }
  }
  expect((await app.client.progress()).total.fleet).toBe(1);
});

it('is counted in the audit log by the address that it came from, and not by what was guessed', async () => {
  await app.stop();
  const { rows } = await app.database.pool.query<{ actor_id: string; entry: string }>(
    `SELECT actor_id, audit_entry::text AS entry FROM audit_entry WHERE action = 'AUTHENTICATION_FAILED'`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(new Set(rows.map(({ actor_id }) => actor_id))).toEqual(new Set(['127.0.0.1']));
  const told = rows.map(({ entry }) => entry).join('\n');
  for (const secret of wrong)
    if (secret !== null && secret.length > 20) expect(told).not.toContain(secret.slice(-20));
});
