import { Logger } from '@nestjs/common';
import { principalOf, scopeFor, type Role } from '@app/access';
import { buildSchema, graphql, GraphQLSchema } from 'graphql';
import { RefusedRequest } from '../http/refusal';
import type { Policies } from './field-policies';
import { findUncovered, guardSchema } from './guard-schema';

/** A schema whose resolvers know of no scope at all: everything they return, they return to everybody. */
const SDL = `
  type Query { things: [Thing!]!  thing: Thing  mustHaveThing: Thing!  public: Note  aside: Note }
  type Mutation { report: Receipt! }
  type Thing { place: String!  secret: String  next: Thing  late: Thing }
  type Note { text: String! }
  type Receipt { ok: Boolean! }`;

type Thing = { place: string; secret: string; next?: Thing; late?: Promise<Thing> };
const at = (place: string, more: Partial<Thing> = {}): Thing => ({ place, secret: `of ${place}`, ...more });
const ROOT = {
  things: [at('here'), at('elsewhere'), at('here', { next: at('elsewhere') })],
  thing: at('elsewhere'),
  mustHaveThing: at('elsewhere'),
  public: { text: 'hello' },
  aside: { text: 'aside' },
  report: { ok: true },
};

const POLICIES: Policies = {
  fields: {
    'Query.things': 'IT',
    'Query.thing': 'IT',
    'Query.mustHaveThing': 'IT',
    'Query.public': 'VIEWER',
    'Query.aside': 'VIEWER',
    'Mutation.report': 'AGENT_CREDENTIAL',
    'Thing.secret': 'ADMIN',
  },
  types: {
    Thing: { needs: 'IT', isSeen: ({ place }: Thing, { now }) => now.covers(place) },
    Note: { needs: 'VIEWER' },
    Receipt: { needs: 'AGENT_CREDENTIAL' },
  },
};

let logged: unknown[];
beforeEach(() => {
  logged = [];
  const error = (line: unknown): void => void logged.push(line);
  Logger.overrideLogger({ log: () => undefined, warn: () => undefined, error });
});
afterAll(() => {
  Logger.overrideLogger(false);
});

/** A sender with one role, who sees what is `here`; null: nobody. */
function senderWith(role: Role | null) {
  const answer = { changesByItself: false, isPersonal: false, refusesSender: null, isRecorded: false };
  const principal = principalOf({
    kind: 'API_TOKEN',
    id: '1',
    name: '1',
    grants: role === null ? [] : [{ role, organisations: ['here'] }],
  });
  const require = (needed: Role): void => {
    if (role === null) throw new RefusedRequest('UNAUTHENTICATED', 'who are you?');
    if (scopeFor(principal, needed).codes.length === 0) throw new RefusedRequest('FORBIDDEN', 'no');
  };
  const now = { covers: (code: string) => code === 'here' };
  const access = { enter: async (needed: Role) => require(needed), require, standing: () => ({ now }) };
  return { answer, access };
}

async function ask(role: Role | null, query: string) {
  const context = senderWith(role);
  const schema = guardSchema(buildSchema(SDL), POLICIES);
  const { data, errors = [] } = await graphql({
    schema,
    source: query,
    rootValue: ROOT,
    contextValue: context,
  });
  const refusals = errors.map(({ originalError }) => (originalError as unknown as { code: string }).code);
  return { data, refusals, refusesSender: context.answer.refusesSender };
}

describe('who is let in', () => {
  it('is whoever has the role of the field, or a greater one', async () => {
    expect((await ask('VIEWER', '{ public { text } }')).data).toEqual({ public: { text: 'hello' } });
    expect((await ask('ADMIN', '{ public { text } }')).data).toEqual({ public: { text: 'hello' } });
    expect(await ask('VIEWER', '{ thing { place } public { text } }')).toMatchObject({
      data: { thing: null, public: { text: 'hello' } },
      refusals: ['FORBIDDEN'],
      refusesSender: null,
    });
  });

  it('is nobody who has not said who they are, but for agents, whom the resolver judges', async () => {
    expect(await ask(null, '{ public { text } }')).toMatchObject({
      data: { public: null },
      refusals: ['UNAUTHENTICATED'],
      refusesSender: 401,
    });
    expect(await ask(null, 'mutation { report { ok } }')).toMatchObject({ data: { report: { ok: true } } });
  });

  it('is asked again at a field that takes more than its type', async () => {
    const query = '{ things { place secret } }';
    expect(await ask('IT', query)).toMatchObject({
      data: {
        things: [
          { place: 'here', secret: null },
          { place: 'here', secret: null },
        ],
      },
      refusals: ['FORBIDDEN', 'FORBIDDEN'],
    });
    expect((await ask('ADMIN', query)).refusals).toEqual([]);
  });
});

describe('a resolver that forgets the scope', () => {
  it('gives its sender nothing of elsewhere: not in a list, not alone, not behind another object, not later', async () => {
    expect((await ask('IT', '{ things { place next { place } } }')).data).toEqual({
      things: [
        { place: 'here', next: null },
        { place: 'here', next: null },
      ],
    });
    expect((await ask('IT', '{ thing { place } }')).data).toEqual({ thing: null });
    expect(await ask('IT', '{ mustHaveThing { place } }')).toMatchObject({
      data: null,
      refusals: ['NOT_FOUND'],
    });
    expect(logged.length).toBeGreaterThan(0);
  });

  it('is not found out by silence: each time is an error in the log, without what was held back', async () => {
    await ask('IT', '{ thing { place } }');
    expect(logged).toEqual([{ event: 'out_of_scope_object', field: 'Query.thing' }]);
    await ask('IT', '{ things { place } }');
    expect(logged[1]).toEqual({ event: 'out_of_scope_object', field: 'Query.things' });
  });
});

describe('a gap', () => {
  const without = (name: string): Policies => ({
    fields: Object.fromEntries(Object.entries(POLICIES.fields).filter(([field]) => field !== name)),
    types: Object.fromEntries(Object.entries(POLICIES.types).filter(([type]) => type !== name)),
  });

  it('keeps the service from starting, and is named', () => {
    for (const name of ['Query.things', 'Mutation.report', 'Thing', 'Note']) {
      expect(() => guardSchema(buildSchema(SDL), without(name))).toThrow(name);
    }
  });

  it('is a policy for what is not there, too', () => {
    const stale = { ...POLICIES, fields: { ...POLICIES.fields, 'Query.gone': 'VIEWER' as const } };
    expect(findUncovered(buildSchema(SDL), stale)).toEqual(['Query.gone (which is not there)']);
  });

  it('is none where every root field and every type has its policy', () => {
    expect(findUncovered(buildSchema(SDL), POLICIES)).toEqual([]);
    expect(guardSchema(buildSchema(SDL), POLICIES)).toBeInstanceOf(GraphQLSchema);
  });
});
