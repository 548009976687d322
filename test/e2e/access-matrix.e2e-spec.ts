import { NOT_SHOWN, QUESTIONS, type Things } from '../support/access-expectations';
import { ROUTES } from '../support/route-expectations';
import {
  everyField,
  expectedOf,
  questionsOf,
  shallowBelow,
  wholeOf,
  type Cell,
} from '../support/access-cells';
import {
  NOBODYS,
  SENDERS,
  setAccessStage,
  type AccessStage,
  type Asked,
  type Sender,
} from '../support/access-stage';
import { fieldsIn, operationOf, rootFieldsOf } from '../support/schema-walk';

/**
 * Every field of the schema as it is served, asked by everybody there is, about what is theirs, what is somebody else's and what is not
 * there. Questions are made from the schema; who is to be answered is said in `access-expectations.ts` and not looked up in the policies.
 */
let stage: AccessStage;

beforeAll(async () => {
  stage = await setAccessStage();
});

afterAll(() => stage.close());

/** `answered`, or the code of the first refusal. */
function outcomeOf({ body }: Pick<Asked, 'body'>): string {
  return body?.errors?.[0]?.extensions.code ?? 'answered';
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

it.each(SENDERS)('%s is answered every field that is for them, and refused every other', async (sender) => {
  const wrong: string[] = [];
  await forEach(everyField(stage.schema, stage.own), async ({ field, least, query }) => {
    const expected = expectedOf(sender, least);
    // What they may do is done once, below.
    if (expected === 'answered' && (query.startsWith('mutation') || !QUESTIONS[field])) return;
    const answer = await stage.ask(query, sender);
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
    const before = await stage.foreignRows();
    const wrong: string[] = [];
    for (const sender of scoped) {
      for (const [root, { least }] of Object.entries(QUESTIONS)) {
        if (expectedOf(sender, least) !== 'answered') continue;
        for (const args of questionsOf(root).filter((one) => one(stage.own) !== one(NOBODYS))) {
          const [theirs, nobodys] = [
            await stage.ask(wholeOf(stage.schema, root, args(stage.foreign), sender), sender),
            await stage.ask(wholeOf(stage.schema, root, args(NOBODYS), sender), sender),
          ];
          fieldsIn(nobodys.body?.data, seen.get(sender));
          if (comparable(theirs, stage.foreign) !== comparable(nobodys, NOBODYS))
            wrong.push(
              `${sender} ${root}: ${comparable(theirs, stage.foreign)} is not ${comparable(nobodys, NOBODYS)}`,
            );
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await stage.foreignRows()).toBe(before);
  });

  it('does not show behind its cursors, on any page there is', async () => {
    const paged = rootFieldsOf(stage.schema).filter(([, field]) =>
      field.args.some(({ name }) => name === 'after'),
    );
    expect(paged.length).toBeGreaterThan(4);
    let tried = 0;
    for (const [root, field] of paged) {
      const name = field.name;
      const { body } = await stage.ask(operationOf(root, 'first: 100', 'edges { cursor }'), 'NATIONAL_ADMIN');
      const { edges } = (body?.data?.[name] ?? { edges: [] }) as { edges: { cursor: string }[] };
      for (const sender of scoped) {
        if (expectedOf(sender, QUESTIONS[root]?.least ?? 'AGENT') !== 'answered') continue;
        await forEach(edges.slice(0, 12), async ({ cursor }) => {
          const page = operationOf(root, `first: 3, after: ${JSON.stringify(cursor)}`, shallowBelow(field));
          const answer = await stage.ask(page, sender);
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
      const theirs = await stage.ask(page(stage.foreign, ''), 'NATIONAL_ADMIN');
      const cursors = [...theirs.text.matchAll(/"cursor":"([^"]+)"/g)].map(([, cursor]) => cursor ?? '');
      expect(cursors).not.toEqual([]);
      for (const cursor of cursors) {
        const answer = await stage.ask(page(stage.own, `, after: ${JSON.stringify(cursor)}`), 'IT');
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
          const answer = await stage.ask(
            wholeOf(stage.schema, root, args({ ...stage.own, key: `own-${sender}` }), sender),
            sender,
          );
          fieldsIn(answer.body?.data, found);
          // What goes wrong has fields of its stage.own.
          if (sender === 'NATIONAL_ADMIN' && args(stage.own) !== args(NOBODYS))
            fieldsIn(
              (await stage.ask(wholeOf(stage.schema, root, args(NOBODYS), sender), sender)).body?.data,
              found,
            );
          if (outcomeOf(answer) !== 'answered') wrong.push(`${sender} ${root}: ${answer.text.slice(0, 500)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    for (const [sender, found] of seen) {
      if (sender === 'nobody') continue;
      const isFor = ({ field, least }: Cell): boolean =>
        !QUESTIONS[field] && expectedOf(sender, least) === 'answered';
      const missed = everyField(stage.schema, stage.own).filter(
        (cell) =>
          isFor(cell) && !found.has(cell.field) && NOT_SHOWN[cell.field.split('.')[0] ?? ''] === undefined,
      );
      expect([sender, missed.map(({ field }) => field)]).toEqual([sender, []]);
    }
  });

  it('is what an agent’s credential is good for, and nothing that people ask', async () => {
    const roots = everyField(stage.schema, stage.own).filter(({ field }) => QUESTIONS[field]);
    for (const { field, query, least } of roots) {
      const outcome = outcomeOf(await stage.app.client.ask(query, {}, stage.agent));
      expect([field, outcome]).toEqual([field, least === 'AGENT' ? 'answered' : 'UNAUTHENTICATED']);
    }
  });
});

it('the search for what is somebody else’s would find it: who sees everything is told of all of it', async () => {
  const told: string[] = [];
  for (const [root, { least }] of Object.entries(QUESTIONS)) {
    if (least === 'AGENT' || !root.startsWith('Query')) continue;
    for (const args of questionsOf(root))
      told.push(
        (
          await stage.ask(
            wholeOf(stage.schema, root, args({ ...stage.foreign, key: 'all' }), 'NATIONAL_ADMIN'),
            'NATIONAL_ADMIN',
          )
        ).text,
      );
  }
  const whole = told.join();
  expect(stage.foreignMarks.filter((mark) => !whole.includes(mark))).toEqual([]);
});

const CSV = { 'content-type': 'text/csv' };

it.each(Object.entries(ROUTES))(
  '%s answers everybody as it is said',
  async (path, { method, body, answers }) => {
    const found: string[] = [];
    for (const sender of SENDERS) {
      const bearer = stage.bearerOf(sender);
      const url = path === '*' ? '/nowhere' : path;
      const answer =
        method === 'POST'
          ? await stage.app.client.post(url, body, bearer, typeof body === 'string' ? CSV : {})
          : await stage.app.client.request(url, { bearer });
      const told = stage.foreignMarks.filter((mark) => answer.text.includes(mark));
      if (sender !== 'NATIONAL_ADMIN') expect([path, told]).toEqual([path, []]);
      found.push(answer.status === 200 ? '200' : `${answer.status} ${answer.body.code}`);
    }
    expect(found).toEqual(answers);
  },
);
