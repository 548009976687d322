import 'reflect-metadata';
import {
  buildSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { AUDIT_POLICIES } from '../../apps/api/src/audit/audit-policies';
import type { AuditPolicy } from '../../apps/api/src/audit/audit-policy';
import { printContracts } from '../../apps/api/src/contracts';

/** Every field at a root of the schema says whether it is recorded, and none that leads to machines says that it is not. */
type Policies = Readonly<Record<string, AuditPolicy>>;

/** What is attack material: a reading that leads here is recorded. */
const GUARDED_TYPES: ReadonlySet<string> = new Set(['Machine', 'AuditEntry']);

/** What is wrong with the policies of a schema, a line each. */
function faultsOf(schema: GraphQLSchema, policies: Policies): readonly string[] {
  const faults: string[] = [];
  const named = new Set<string>();
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const name = `${root?.name ?? ''}.${field.name}`;
      named.add(name);
      const policy = policies[name];
      if (policy === undefined) faults.push(`${name}: say in audit-policies.ts what is recorded of it`);
      else if (root === schema.getMutationType() ? policy.kind === 'READ' : policy.kind === 'CHANGE')
        faults.push(`${name}: a mutation is a change, and nothing else is`);
      else if (
        policy.kind === 'EXEMPT' &&
        root !== schema.getMutationType() &&
        leadsToGuarded(schema, field.type)
      )
        faults.push(`${name}: leads to ${[...GUARDED_TYPES].join(' or ')} and is not recorded`);
    }
  }
  const gone = Object.keys(policies).filter(
    (name) => /^(Query|Mutation|Subscription)\./.test(name) && !named.has(name),
  );
  return [...faults, ...gone.map((name) => `${name}: there is no such field`)];
}

function leadsToGuarded(schema: GraphQLSchema, type: unknown): boolean {
  const seen = new Set<string>();
  const visit = (one: GraphQLNamedType): boolean => {
    if (GUARDED_TYPES.has(one.name)) return true;
    if (seen.has(one.name)) return false;
    seen.add(one.name);
    if (isUnionType(one)) return one.getTypes().some(visit);
    if (isInterfaceType(one)) return schema.getPossibleTypes(one).some(visit) || fieldsLead(one);
    return isObjectType(one) && fieldsLead(one);
  };
  const fieldsLead = (one: { getFields(): Record<string, { type: unknown }> }): boolean =>
    Object.values(one.getFields()).some((field) => visit(getNamedType(field.type as GraphQLNamedType)));
  return visit(getNamedType(type as GraphQLNamedType));
}

describe('the audit policies', () => {
  it('cover every root field of the schema, and nothing else', async () => {
    expect(faultsOf(buildSchema((await printContracts()).graphql), AUDIT_POLICIES)).toEqual([]);
  });

  it('give a reason wherever nothing is recorded', () => {
    const silent = Object.values(AUDIT_POLICIES).filter(
      (one) => one.kind === 'EXEMPT' && one.reason.length < 10,
    );
    expect(silent).toEqual([]);
  });
});

describe('a schema that somebody forgot to think about is noticed', () => {
  const MACHINE = 'type Machine { id: ID! } type Edge { node: Machine! } type Page { edges: [Edge!]! }';
  const exempt: AuditPolicy = { kind: 'EXEMPT', reason: 'made up for this test' };
  const read: AuditPolicy = { kind: 'READ', action: 'MACHINE_READ', describe: () => ({}) };
  const change: AuditPolicy = { kind: 'CHANGE', action: 'AUDIT_BROKEN', describe: () => ({}) };

  it.each<[string, string, Policies, string]>([
    [
      'a mutation without a policy',
      'type Query { a: Int } type Mutation { b: Int }',
      { 'Query.a': exempt },
      'Mutation.b: say',
    ],
    ['a query without a policy', 'type Query { a: Int }', {}, 'Query.a: say'],
    [
      'a subscription without a policy',
      'type Query { a: Int } type Subscription { s: Int }',
      { 'Query.a': exempt },
      'Subscription.s: say',
    ],
    [
      'machines through an exempt field',
      `${MACHINE} type Query { a: Page }`,
      { 'Query.a': exempt },
      'Query.a: leads',
    ],
    [
      'machines below a type that leads back',
      `${MACHINE} type Org { parent: Org page: Page } type Query { a: [Org!]! }`,
      { 'Query.a': exempt },
      'Query.a: leads',
    ],
    [
      'machines behind a union',
      `${MACHINE} type B { b: Int } union U = B | Machine type Query { a: U }`,
      { 'Query.a': exempt },
      'Query.a: leads',
    ],
    [
      'machines behind an interface',
      `interface Node { id: ID! } type Machine implements Node { id: ID! } type Query { a: Node }`,
      { 'Query.a': exempt },
      'Query.a: leads',
    ],
    [
      'machines in a subscription',
      `${MACHINE} type Query { a: Int } type Subscription { s: Machine }`,
      { 'Query.a': exempt, 'Subscription.s': exempt },
      'Subscription.s: leads',
    ],
    [
      'a mutation that passes for a reading',
      'type Query { a: Int } type Mutation { b: Int }',
      { 'Query.a': exempt, 'Mutation.b': read },
      'Mutation.b: a mutation',
    ],
    [
      'a query that passes for a change',
      'type Query { a: Int }',
      { 'Query.a': change },
      'Query.a: a mutation',
    ],
    [
      'a policy for what is gone',
      'type Query { a: Int }',
      { 'Query.a': exempt, 'Query.gone': exempt },
      'Query.gone: there is',
    ],
  ])('%s', (_name, sdl, policies, fault) => {
    expect(faultsOf(buildSchema(sdl), policies)).toEqual([expect.stringContaining(fault)]);
  });

  it('and lets be what is covered', () => {
    const schema = buildSchema(`${MACHINE} type Query { a: Page b: Int } type Mutation { c: Machine }`);
    expect(faultsOf(schema, { 'Query.a': read, 'Query.b': exempt, 'Mutation.c': change })).toEqual([]);
  });
});
