import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import {
  ADMIN_TOKEN,
  createApplicationDatabase,
  startApplication,
  type Application,
  type ApplicationDatabase,
} from '../support/application';
import type { Answer, GraphqlAnswer } from '../support/client';
import {
  NOT_SHOWN,
  QUESTIONS,
  RANKS,
  ROUTES,
  TYPES,
  type Least,
  type Things,
} from '../support/access-expectations';
import { makeToken } from '../support/people';
import {
  CHESHIRE,
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  LONDON,
  LONDON_PRACTICE,
  PRACTICE,
} from '../support/practices';
import {
  everythingBelow,
  fieldAlone,
  fieldsIn,
  objectTypesOf,
  operationOf,
  rootFieldsOf,
  waysFrom,
} from '../support/schema-walk';
import { GOOD_FILE, PAGE_FAULT, Pc, wireMachine } from '../support/wire';

/**
 * Every field of the schema as it is served, asked by everybody there is, about what is theirs, what is somebody else's and what is not
 * there. Questions are made from the schema; who is to be answered is said in `access-expectations.ts` and not looked up in the policies.
 */
let database: ApplicationDatabase;
let app: Application;
let schema: GraphQLSchema;
let own: Things;
let foreign: Things;
/** Whatever gives away that somebody else's things are there. */
let foreignMarks: readonly string[];
let agent: Pc;

/** The four that differ by role, and nobody; all but the last bound to Cheshire and Merseyside. */
const SENDERS = ['nobody', 'VIEWER', 'IT', 'ADMIN', 'NATIONAL_ADMIN'] as const;
type Sender = (typeof SENDERS)[number];
const bearers = new Map<Sender, string | null>([
  ['nobody', null],
  ['NATIONAL_ADMIN', ADMIN_TOKEN],
]);

const MACHINES = 4;
/** What is not there. The machine is at a practice of somebody else. */
const NOBODYS: Things = {
  practice: 'P00000',
  icb: 'Q00',
  machine: `${PRACTICE}.00000000-0000-4000-8000-000000000000`,
  machines: MACHINES,
  enrolmentToken: '00000000-0000-4000-8000-000000000001',
  relay: '00000000-0000-4000-8000-000000000002',
  apiToken: '00000000-0000-4000-8000-000000000003',
  key: 'nobodys',
};

beforeAll(async () => {
  database = await createApplicationDatabase();
  // Between the two lies a time in which nobody could report.
  await (await startApplication({ database, now: '2024-07-21T08:00:00Z' })).stop();
  // What is asked here is asked by nobody else: everything at once.
  const env = { QUERY_COST_MAX: '10000000', QUERY_COST_PER_SECOND: '10000000' };
  app = await startApplication({ database, now: '2024-07-22T09:00:00Z', env });
  await app.client.setClock('2024-07-22T09:00:00Z');
  const introspected = await app.client.query<IntrospectionQuery>(getIntrospectionQuery());
  schema = buildClientSchema(introspected);
  const pcs = [await furnish(CHESHIRE_PRACTICE, 'OWN'), await furnish(PRACTICE, 'FOREIGN')];
  await furnish(LONDON_PRACTICE, 'FOREIGN-TOO');
  agent = pcs[0]?.[1] as Pc;
  own = await thingsOf('own', CHESHIRE, CHESHIRE_PRACTICE, (pcs[0]?.[0] as Pc).id);
  foreign = await thingsOf('foreign', GREATER_MANCHESTER, PRACTICE, (pcs[1]?.[0] as Pc).id);
  foreignMarks = [
    ...[PRACTICE, LONDON_PRACTICE, LONDON, 'QMJ', GREATER_MANCHESTER, 'Greater Manchester', 'Camden Road'],
    ...[foreign.enrolmentToken, foreign.relay, foreign.apiToken, 'FOREIGN'],
  ];
  await database.pool.query('UPDATE progress_count SET machines = machines + 1 WHERE practice_id = $1', [
    own.practice,
  ]);
  for (const role of ['VIEWER', 'IT', 'ADMIN'] as const)
    bearers.set(role, (await makeToken(app.client, { role, organisations: [CHESHIRE] })).token);
  // All machines fell silent at ten.
  await app.client.setClock('2024-07-22T11:05:00Z');
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

/** Machines that crashed and came back, with everything that people say and do, all of it under a name. */
async function furnish(practice: string, name: string): Promise<readonly Pc[]> {
  const pcs: Pc[] = [];
  for (let n = 1; n <= MACHINES; n += 1) {
    const pc = await Pc.enrol(
      app.client,
      wireMachine(practice, { hostname: `${name}-${n}`, serialNumber: `SN-${name}-${n}` }),
    );
    const crashes = [{ at: '2024-07-19T04:31:07Z', stopCode: PAGE_FAULT }];
    const booted = pc.boot('2024-07-22T08:50:00Z', { crashes, channelFileWrittenAt: GOOD_FILE });
    await app.client.tell(pc, booted.compose('2024-07-22T09:00:00Z'));
    pcs.push(pc);
  }
  const actions = [
    { describe: { role: 'RECEPTION', location: `${name} desk`, assetTag: `${name}-tag` } },
    { tag: { add: [`${name} van`] } },
    { claim: { assignee: `${name} team` } },
    { attempt: { route: 'SAFE_MODE_DELETE_FILE', outcome: 'WORKS', minutes: 5, note: `${name} attempt` } },
    { attestRecovery: { note: `${name} works` } },
  ];
  const care = `mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { userErrors { message } } }`;
  for (const [n, action] of actions.entries()) {
    const input = { machineId: pcs[0]?.id, action, idempotencyKey: `${name}-act-${n}` };
    const { careForMachine } = await app.client.query<{ careForMachine: { userErrors: unknown[] } }>(care, {
      input,
    });
    expect(careForMachine.userErrors).toEqual([]);
  }
  const said = {
    mode: 'PAPER',
    clinicalSystem: 'EMIS',
    backlogDays: 2,
    note: `${name} says`,
    saidBy: `${name} manager`,
  };
  const report = `mutation ($input: ReportPracticeModeInput!) { reportPracticeMode(input: $input) { userErrors { message } } }`;
  const input = { practices: [practice], ...said, idempotencyKey: `${name}-mode` };
  const told = await app.client.query<{ reportPracticeMode: { userErrors: unknown[] } }>(report, { input });
  expect(told.reportPracticeMode.userErrors).toEqual([]);
  return pcs;
}

async function thingsOf(key: string, icb: string, practice: string, machine: string): Promise<Things> {
  const made = await app.client.query<{ createEnrolmentToken: { id: string } }>(
    'mutation ($organisation: ID!) { createEnrolmentToken(input: { organisation: $organisation }) { id } }',
    { organisation: practice },
  );
  const relay = (await app.client.createRelay(practice)).id;
  const apiToken = (await makeToken(app.client, { role: 'VIEWER', organisations: [practice] })).id;
  return {
    key,
    icb,
    practice,
    machine,
    machines: MACHINES,
    enrolmentToken: made.createEnrolmentToken.id,
    relay,
    apiToken,
  };
}

/** Tells everybody the same of everybody, in bands. */
const FOR_ANYBODY = 'publicProgress';

type Asked = Answer<GraphqlAnswer<Record<string, unknown>> | undefined>;

async function ask(query: string, sender: Sender): Promise<Asked> {
  const answer = (await app.client.ask<Record<string, unknown>>(
    query,
    {},
    bearers.get(sender) ?? null,
  )) as Asked;
  if (sender === 'nobody' || sender === 'NATIONAL_ADMIN' || query.includes(FOR_ANYBODY)) return answer;
  const leaked = foreignMarks.filter((mark) => answer.text.includes(mark) && !query.includes(mark));
  if (leaked.length > 0)
    throw new Error(`${sender} was told of ${leaked.join(', ')}: ${query}\n${answer.text.slice(0, 2_000)}`);
  return answer;
}

/** `answered`, or the code of the first refusal. */
function outcomeOf({ body }: Asked): string {
  return body?.errors?.[0]?.extensions.code ?? 'answered';
}

function rankOf(who: Sender | Least): number {
  return RANKS.findIndex((rank) => rank === who);
}

const leastOfType = new Map<string, Least>(
  Object.entries(TYPES).flatMap(([least, types]) => types.map((type) => [type, least as Least] as const)),
);

/** The greatest of what the things on a way take. */
function leastOf(root: string, types: readonly string[]): Least {
  const needs = [QUESTIONS[root]?.least, ...types.map((type) => leastOfType.get(type))];
  if (needs.includes('AGENT')) return 'AGENT';
  return needs.reduce<Least>(
    (most, one) => (one !== undefined && rankOf(one) > rankOf(most) ? one : most),
    'VIEWER',
  );
}

/** What a sender must hear who asks for what takes `least`. */
function expectedOf(sender: Sender, least: Least): string {
  if (least === 'AGENT') return sender === 'nobody' ? 'CREDENTIAL_MISSING' : 'CREDENTIAL_INVALID';
  if (sender === 'nobody') return 'UNAUTHENTICATED';
  return rankOf(sender) < rankOf(least) ? 'FORBIDDEN' : 'answered';
}

const questionsOf = (root: string): readonly ((of: Things) => string)[] => QUESTIONS[root]?.ask ?? [() => ''];

/** The whole of a question, as far as the sender may see. */
function wholeOf(root: string, args: string, sender: Sender): string {
  const field = rootFieldsOf(schema).find(([name]) => name === root)?.[1];
  const ways = field === undefined ? null : waysFrom(root, field, args);
  const [first] = ways?.values() ?? [];
  if (first === undefined) return operationOf(root, args, '');
  const type = schema.getType(first.through[0] ?? '');
  const maySee = (name: string): boolean =>
    rankOf(leastOfType.get(name) ?? 'AGENT') <= rankOf(sender) && leastOfType.get(name) !== 'AGENT';
  return first.ask(everythingBelow(type as never, maySee));
}

type Cell = { readonly field: string; readonly least: Least; readonly query: string };

/** Every field of every type, by the way that takes least; and every field of the roots. */
function everyField(): readonly Cell[] {
  const roots = rootFieldsOf(schema).map(([root, field]) => {
    const [args] = questionsOf(root);
    const ways = waysFrom(root, field, args?.(own) ?? '');
    const [whole] = ways.values();
    return { root, ways, query: whole?.ask('__typename') ?? operationOf(root, args?.(own) ?? '', '') };
  });
  const nested = objectTypesOf(schema).flatMap((type) => {
    const ways = roots.flatMap(({ ways }) => ways.get(type.name) ?? []);
    const byLeast = ways.map((way) => ({ way, least: leastOf(way.from, way.through) }));
    const [best] = byLeast.sort((a, b) => rankOf(a.least) - rankOf(b.least));
    return Object.values(type.getFields()).map((field): Cell => {
      const given = schema.getType(String(field.type).replace(/[![\]]/g, ''))?.name ?? '';
      const least = best === undefined ? 'AGENT' : leastOf(best.way.from, [...best.way.through, given]);
      return { field: `${type.name}.${field.name}`, least, query: best?.way.ask(fieldAlone(field)) ?? '' };
    });
  });
  return [...roots.map(({ root, query }) => ({ field: root, least: leastOf(root, []), query })), ...nested];
}

/** So many questions at once that the service is never idle, and never flooded. */
const AT_ONCE = 16;

async function forEach<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const open = [...things];
  const worker = async (): Promise<void> => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What is asked taken out, and what is different every time. */
function comparable(
  { status, text }: Asked,
  { practice, icb, machine, enrolmentToken, relay, apiToken }: Things,
): string {
  const named = [machine, practice, icb, enrolmentToken, relay, apiToken];
  const without = named.reduce((left, name) => left.replaceAll(name, '…'), text);
  const settled = without.replace(/"currentlyAvailable":\d+/, '').replace(/"actionId":"[^"]+"/, '');
  return `${status} ${settled}`;
}

/** All that is kept of somebody else's machines, practices and tokens, as one text. */
async function foreignRows(): Promise<string> {
  const tables = [
    'machine',
    'machine_status',
    'transition',
    'progress_count',
    'care_event',
    'machine_tag',
    'practice_report',
  ];
  const parts = tables.map(
    (table) =>
      `SELECT '${table}', md5(COALESCE(string_agg(row::text, ' ' ORDER BY row::text), '')) FROM ${table} AS row WHERE practice_id = '${PRACTICE}'`,
  );
  const tokens = ['enrolment_token', 'relay_credential', 'api_token'].map(
    (table) =>
      `SELECT '${table}', md5(string_agg(row::text, ' ' ORDER BY row::text)) FROM ${table} AS row WHERE row::text LIKE '%${PRACTICE}%'`,
  );
  return JSON.stringify((await database.pool.query([...parts, ...tokens].join(' UNION ALL '))).rows);
}

it.each(SENDERS)('%s is answered every field that is for them, and refused every other', async (sender) => {
  const wrong: string[] = [];
  await forEach(everyField(), async ({ field, least, query }) => {
    const expected = expectedOf(sender, least);
    // What they may do is done once, below.
    if (expected === 'answered' && (query.startsWith('mutation') || !QUESTIONS[field])) return;
    const answer = await ask(query, sender);
    const outcome = outcomeOf(answer);
    const isTold = fieldsIn(answer.body?.data).has(field);
    if (outcome !== expected || (expected !== 'answered' && isTold))
      wrong.push(`${field}: ${outcome}, not ${expected}: ${query}`);
    if (sender === 'nobody' && least !== 'AGENT' && answer.status !== 401)
      wrong.push(`${field}: ${answer.status}`);
  });
  expect(wrong).toEqual([]);
});

describe('what is somebody else’s', () => {
  const scoped = ['VIEWER', 'IT', 'ADMIN'] as const;

  it('answers to the byte like what is not there, whatever is asked about it, and nothing is done to it', async () => {
    const before = await foreignRows();
    const wrong: string[] = [];
    for (const sender of scoped) {
      for (const [root, { least }] of Object.entries(QUESTIONS)) {
        if (expectedOf(sender, least) !== 'answered') continue;
        for (const args of questionsOf(root).filter((one) => one(own) !== one(NOBODYS))) {
          const [theirs, nobodys] = [
            await ask(wholeOf(root, args(foreign), sender), sender),
            await ask(wholeOf(root, args(NOBODYS), sender), sender),
          ];
          fieldsIn(nobodys.body?.data, seen.get(sender));
          if (comparable(theirs, foreign) !== comparable(nobodys, NOBODYS))
            wrong.push(
              `${sender} ${root}: ${comparable(theirs, foreign)} is not ${comparable(nobodys, NOBODYS)}`,
            );
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await foreignRows()).toBe(before);
  });

  it('does not show behind its cursors, on any page there is', async () => {
    const paged = rootFieldsOf(schema).filter(([, field]) => field.args.some(({ name }) => name === 'after'));
    expect(paged.length).toBeGreaterThan(4);
    let tried = 0;
    for (const [root, field] of paged) {
      const name = field.name;
      const { body } = await ask(operationOf(root, 'first: 100', 'edges { cursor }'), 'NATIONAL_ADMIN');
      const { edges } = (body?.data?.[name] ?? { edges: [] }) as { edges: { cursor: string }[] };
      for (const sender of scoped) {
        if (expectedOf(sender, QUESTIONS[root]?.least ?? 'AGENT') !== 'answered') continue;
        await forEach(edges.slice(0, 12), async ({ cursor }) => {
          const answer = await ask(
            wholeOf(root, `first: 3, after: ${JSON.stringify(cursor)}`, sender),
            sender,
          );
          expect(['answered', 'INVALID_CURSOR']).toContain(outcomeOf(answer));
          tried += 1;
        });
      }
    }
    expect(tried).toBeGreaterThan(20);
  });

  it('does not show behind the cursors of its own lists either, when they are shown to one’s own', async () => {
    const lists = [
      ['machine', (of: Things) => `id: "${of.machine}"`, 'transitions', 'fromState'],
      ['machine', (of: Things) => `id: "${of.machine}"`, 'timeline', '__typename'],
      ['practice', (of: Things) => `odsCode: "${of.practice}"`, 'practiceReports', 'note saidBy'],
    ] as const;
    for (const [root, args, list, fields] of lists) {
      const page = (of: Things, after: string): string =>
        operationOf(
          `Query.${root}`,
          args(of),
          `${list}(first: 3${after}) { edges { cursor node { ${fields} } } }`,
        );
      const theirs = await ask(page(foreign, ''), 'NATIONAL_ADMIN');
      const cursors = [...theirs.text.matchAll(/"cursor":"([^"]+)"/g)].map(([, cursor]) => cursor ?? '');
      expect(cursors).not.toEqual([]);
      for (const cursor of cursors) {
        const answer = await ask(page(own, `, after: ${JSON.stringify(cursor)}`), 'IT');
        expect(['answered', 'INVALID_CURSOR']).toContain(outcomeOf(answer));
      }
    }
  });
});

/** What each sender was shown something of. */
const seen = new Map<Sender, Set<string>>(SENDERS.map((sender) => [sender, new Set()]));

describe('what is one’s own', () => {
  it('is answered in full, each field with something in it, and every mutation is done', async () => {
    const wrong: string[] = [];
    for (const sender of ['NATIONAL_ADMIN', 'ADMIN', 'IT', 'VIEWER'] as const) {
      const found = seen.get(sender) as Set<string>;
      for (const [root, { least }] of Object.entries(QUESTIONS)) {
        if (expectedOf(sender, least) !== 'answered') continue;
        for (const args of questionsOf(root)) {
          const answer = await ask(wholeOf(root, args({ ...own, key: `own-${sender}` }), sender), sender);
          fieldsIn(answer.body?.data, found);
          // What goes wrong has fields of its own.
          if (sender === 'NATIONAL_ADMIN' && args(own) !== args(NOBODYS))
            fieldsIn((await ask(wholeOf(root, args(NOBODYS), sender), sender)).body?.data, found);
          if (outcomeOf(answer) !== 'answered') wrong.push(`${sender} ${root}: ${answer.text.slice(0, 500)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    for (const [sender, found] of seen) {
      if (sender === 'nobody') continue;
      const isFor = ({ field, least }: Cell): boolean =>
        !QUESTIONS[field] && expectedOf(sender, least) === 'answered';
      const missed = everyField().filter(
        (cell) => isFor(cell) && !found.has(cell.field) && NOT_SHOWN[cell.field] === undefined,
      );
      expect([sender, missed.map(({ field }) => field)]).toEqual([sender, []]);
    }
  });

  it('is what an agent’s credential is good for, and nothing that people ask', async () => {
    bearers.set('nobody', agent.credential);
    try {
      for (const { field, query, least } of everyField().filter(({ field }) => QUESTIONS[field])) {
        const outcome = outcomeOf(await ask(query, 'nobody'));
        expect([field, outcome]).toEqual([field, least === 'AGENT' ? 'answered' : 'UNAUTHENTICATED']);
      }
    } finally {
      bearers.set('nobody', null);
    }
  });
});

it('the search for what is somebody else’s would find it: who sees everything is told of all of it', async () => {
  const told: string[] = [];
  for (const [root, { least }] of Object.entries(QUESTIONS)) {
    if (least === 'AGENT' || !root.startsWith('Query')) continue;
    for (const args of questionsOf(root))
      told.push(
        (await ask(wholeOf(root, args({ ...foreign, key: 'all' }), 'NATIONAL_ADMIN'), 'NATIONAL_ADMIN')).text,
      );
  }
  const whole = told.join();
  // These two are on no list; what becomes of them is seen in the tables.
  const unlisted = [foreign.enrolmentToken, foreign.relay];
  expect(foreignMarks.filter((mark) => !whole.includes(mark))).toEqual(unlisted);
});

it.each(Object.entries(ROUTES))(
  '%s answers everybody as it is said',
  async (path, { method, body, answers }) => {
    const found: string[] = [];
    for (const sender of SENDERS) {
      const bearer = bearers.get(sender) ?? null;
      const url = path === '*' ? '/nowhere' : path;
      const answer =
        method === 'POST'
          ? await app.client.post(url, body, bearer)
          : await app.client.request(url, { bearer });
      for (const mark of foreignMarks) expect(answer.text).not.toContain(mark);
      found.push(answer.status === 200 ? '200' : `${answer.status} ${answer.body.code}`);
    }
    expect(found).toEqual(answers);
  },
);
