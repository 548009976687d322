import { buildSchema, getNamedType, isInputObjectType, isNonNullType, type GraphQLField } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApplication, type Application } from '../support/application';
import { CHESHIRE, GREATER_MANCHESTER, PRACTICE } from '../support/practices';
import { makeToken } from '../support/people';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** An organisation that does not exist, or is spelled in another way, wherever a question is narrowed to one. */
const schema = buildSchema(readFileSync(join(__dirname, '../../apps/api/schema.graphql'), 'utf8'));
const SINCE = '2024-07-19T08:00:00Z';
/** Arguments that have to be there, beside what narrows. */
const NEEDED: Readonly<Record<string, string>> = {
  first: '3',
  by: '[STATE]',
  since: `"${SINCE}"`,
  finding: 'NEVER_ENROLLED',
  action: '{ note: { text: "looked at" } }',
  from: '"2024-07-19"',
  until: '"2024-07-20"',
};

type Narrowed = { readonly name: string; ask(codes: readonly string[]): string };

/** How a field is narrowed: by its own `within`, or by that of its filter, which may nest. */
function narrowed(field: GraphQLField<unknown, unknown>): Narrowed[] {
  const quote = (codes: readonly string[]): string => JSON.stringify(codes);
  const ways: [string, (codes: readonly string[]) => string][] = [];
  for (const { name, type } of field.args) {
    const named = getNamedType(type);
    if (name === 'within')
      ways.push([
        'within',
        (codes) => `within: ${String(type).startsWith('[') ? quote(codes) : JSON.stringify(codes[0])}`,
      ]);
    if (!isInputObjectType(named) || named.getFields()['within'] === undefined) continue;
    ways.push([`${name}.within`, (codes) => `${name}: { within: ${quote(codes)} }`]);
    if (named.getFields()['or'] !== undefined)
      ways.push([`${name}.or`, (codes) => `${name}: { or: [{ not: { within: ${quote(codes)} } }] }`]);
  }
  const others = field.args
    .filter((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)
    .filter(({ name }) => name !== 'within')
    .map(
      ({ name }) =>
        `${name}: ${field.name === 'machineGroups' || name !== 'by' ? (NEEDED[name] ?? '?') : 'ICB'}`,
    );
  return ways.map(([way, ask]) => ({
    name: `${field.name}(${way})`,
    ask: (codes) => `{ ${field.name}(${[ask(codes), ...others].join(', ')}) { __typename } }`,
  }));
}

const QUESTIONS = Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap(narrowed);

let app: Application;
let desk: string;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T09:00:00Z' });
  desk = (await makeToken(app.client, { role: 'IT', organisations: [GREATER_MANCHESTER], name: 'desk' }))
    .token;
  const pc = await Pc.enrol(app.client, wireMachine(PRACTICE, { hostname: 'RECEPTION-1' }));
  await app.client.report(pc.credential, [
    wireHeartbeat({ crashes: [{ at: '2024-07-19T04:31:07Z', stopCode: 80 }] }),
  ]);
});

afterAll(() => app.close());

function download(path: string): Promise<Response> {
  return fetch(app.url + path, { headers: { authorization: `Bearer ${desk}` } });
}

type Answer = { readonly status: number; readonly code: string | undefined; readonly text: string };

async function ask(query: string, token?: string): Promise<Answer> {
  const { status, body, text } = await app.client.ask<unknown>(query, {}, token);
  return { status, code: body.errors?.[0]?.extensions.code, text };
}

it('there is more than one way to narrow a question', () => {
  expect(QUESTIONS.length).toBeGreaterThan(15);
  expect(QUESTIONS.map((question) => question.ask(['QOP'])).filter((text) => text.includes('?'))).toEqual([]);
});

const EACH = QUESTIONS.map((question) => [question.name, question] as const);

it.each(EACH)(
  '%s refuses what does not exist, and takes other spellings of what does',
  async (_name, question: Narrowed) => {
    for (const unknown of ['NOPE', 'Q0P', '', ' ', 'Manchester', 'QOP,QOQ', 'X99999', 'a'.repeat(300)]) {
      const refused = await ask(question.ask([unknown]));
      expect([unknown, refused.code]).toEqual([unknown, 'NOT_FOUND']);
      expect(refused.text).toMatch(/within.*there is no organisation/);
    }
    const exact = await ask(question.ask([GREATER_MANCHESTER]));
    expect([exact.code, exact.status]).toEqual([undefined, 200]);
    for (const spelled of [
      'qop',
      ' Q OP ',
      'Greater Manchester',
      'NHS Greater Manchester Integrated Care Board',
    ])
      expect([spelled, (await ask(question.ask([spelled]))).code]).toEqual([spelled, undefined]);
  },
);

it.each(EACH)('%s answers a sender about a neighbour as about nothing', async (_name, question: Narrowed) => {
  const neighbour = await ask(question.ask([CHESHIRE]), desk);
  const nothing = await ask(question.ask(['QZZ']), desk);
  expect(neighbour.code).toBe('NOT_FOUND');
  expect(neighbour.text.replaceAll(CHESHIRE, 'QZZ')).toBe(nothing.text);
});

it('counts and lists the same machines under every spelling', async () => {
  const count = (within: string): string =>
    `{ machines(first: 5, filter: { within: [${JSON.stringify(within)}] }) { totalCount edges { node { hostname } } } }`;
  const answer = (text: string): unknown => (JSON.parse(text) as { data: unknown }).data;
  const exact = answer((await ask(count('QOP'))).text);
  expect(exact).toMatchObject({ machines: { totalCount: 1 } });
  for (const spelled of ['qop', 'greater manchester', PRACTICE.toLowerCase(), ` ${PRACTICE} `])
    expect(answer((await ask(count(spelled))).text)).toEqual(exact);
});

it('refuses them in exports and the work list, too, and finds organisations to look up or change by any spelling', async () => {
  for (const path of ['/v1/exports/machines?format=CSV&filter=', '/v1/exports/work-list?filter=']) {
    const at = (within: string): string =>
      `${path}${encodeURIComponent(JSON.stringify({ within: [within] }))}`;
    const refused = await download(at('NOPE'));
    const refusal = await refused.text();
    expect([refused.status, refusal]).toEqual([400, expect.stringContaining('filter.within[0]') as string]);
    const found = await download(at('Greater Manchester'));
    const file = await found.text();
    expect([found.status, file]).toEqual([200, expect.stringContaining('RECEPTION-1') as string]);
  }
  const found = await app.client.query<{ organisation: { odsCode: string } | null }>(
    '{ organisation(odsCode: "north west") { odsCode } }',
  );
  expect(found.organisation).toEqual({ odsCode: 'Y62' });
  const none = await app.client.query(
    '{ organisation(odsCode: "NOPE") { odsCode } practice(odsCode: "q") { odsCode } }',
  );
  expect(none).toEqual({ organisation: null, practice: null });
});
