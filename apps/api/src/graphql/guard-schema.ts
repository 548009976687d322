import { Logger } from '@nestjs/common';
import { IssuerUnreachableError, ROLES, type Role } from '@app/access';
import { ReaderError } from '@app/progress';
import {
  defaultFieldResolver,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  isNullableType,
  isObjectType,
  isUnionType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { RefusedRequest } from '../http/refusal';
import type { RequiredRole, Standing } from '../request-access';
import type { Policies } from './field-policies';
import { takesOrganisations, withKnownOrganisations } from './known-organisations';
import type { RequestContext } from './request-context';

type Resolver = GraphQLFieldResolver<unknown, RequestContext>;
type IsSeen = (object: never, standing: Standing) => boolean | Promise<boolean>;

const logger = new Logger('access');

/**
 * Puts every field of a schema behind the policies: the one place where it is decided who is answered.
 *
 * - Before a field of a root is resolved its sender is let in or refused, by the role that the field and its type take.
 * - Whatever a resolver returns is looked at again: an object that the sender does not see is left out of its list, and is nothing
 *   where it stands alone. Readers keep to the scope themselves, so this is written to the log as an error: one of them forgot.
 *
 * @throws Error naming every field and type that no policy covers, so that a service with a gap does not start
 */
export function guardSchema(schema: GraphQLSchema, policies: Policies): GraphQLSchema {
  const uncovered = findUncovered(schema, policies);
  if (uncovered.length > 0) throw new Error(`no policy says who may ask for ${uncovered.join(', ')}`);
  const subscription = schema.getSubscriptionType();
  for (const type of objectTypesOf(schema)) {
    for (const field of Object.values(type.getFields())) {
      const rule = ruleOf(schema, policies, type, field);
      if (rule === null) continue;
      if (type === subscription && field.subscribe) field.subscribe = entered(field.subscribe, rule);
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, rule);
    }
  }
  return schema;
}

/** Fields of roots and types that no policy covers; policies of what is not there, too: they would cover something else one day. */
export function findUncovered(schema: GraphQLSchema, { fields, types }: Policies): readonly string[] {
  const roots = rootsOf(schema);
  const names = new Set<string>();
  const uncovered: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isCompositeType(type) || isIntrospectionType(type)) continue;
    const isRoot = roots.some((root) => root === type);
    names.add(type.name);
    if (!isRoot && !Object.hasOwn(types, type.name)) uncovered.push(type.name);
    for (const field of isUnionType(type) ? [] : Object.keys(type.getFields())) {
      const name = `${type.name}.${field}`;
      names.add(name);
      if (isRoot && !Object.hasOwn(fields, name)) uncovered.push(name);
    }
  }
  const stale = [...Object.keys(fields), ...Object.keys(types)].filter((name) => !names.has(name));
  return [...uncovered, ...stale.map((name) => `${name} (which is not there)`)];
}

/** What one field takes. */
type Rule = {
  /** As in `Query.machine`. */
  readonly name: string;
  readonly roles: readonly RequiredRole[];
  readonly isRoot: boolean;
  /** With which role organisations among its arguments are looked up; null: it takes none. */
  readonly organisationsOf: Role | null;
  readonly isNullable: boolean;
  /** How to tell whether an object that it gives is seen, with which role; null: it is not asked. */
  readonly sight: { readonly role: Role; readonly isSeen: IsSeen } | null;
};

/** @returns null where the field gives no object and takes no more than its own type, which was asked for on the way to it */
function ruleOf(
  schema: GraphQLSchema,
  { fields, types }: Policies,
  type: GraphQLObjectType,
  field: Pick<GraphQLField<unknown, unknown>, 'name' | 'type' | 'args'>,
): Rule | null {
  const name = `${type.name}.${field.name}`;
  const own = fields[name];
  const given = types[getNamedType(field.type).name];
  if (own === undefined && given === undefined) return null;
  const sight = given !== undefined && 'isSeen' in given ? { role: given.needs, isSeen: given.isSeen } : null;
  const roles = [own, given?.needs].filter((need) => need !== undefined && need !== 'AGENT_CREDENTIAL');
  const isRoot = rootsOf(schema).includes(type);
  return {
    name,
    roles,
    isRoot,
    organisationsOf: isRoot && takesOrganisations(field.args) ? greatestOf(roles) : null,
    isNullable: isNullableType(field.type),
    sight,
  };
}

function guarded(resolve: Resolver, rule: Rule): Resolver {
  const inside: Resolver = (source, args, context, info) => {
    if (!rule.isRoot) rule.roles.forEach((role) => context.access.require(role));
    const result: unknown = resolve(source, args, context, info);
    if (rule.sight === null) return result;
    return result instanceof Promise
      ? result.then((value: unknown) => seenOf(value, rule, context))
      : seenOf(result, rule, context);
  };
  return rule.isRoot ? entered(inside, rule) : inside;
}

/** Lets the sender in before anything is done. */
function entered(resolve: Resolver, rule: Rule): Resolver {
  return async (source, args, context, info): Promise<unknown> => {
    try {
      for (const role of rule.roles) await context.access.enter(role);
    } catch (error) {
      if (error instanceof RefusedRequest && error.code === 'UNAUTHENTICATED')
        context.answer.refusesSender = 401;
      if (error instanceof IssuerUnreachableError) context.answer.refusesSender = 503;
      throw error;
    }
    if (rule.organisationsOf === null) return resolve(source, args, context, info);
    const standing = context.access.standing(rule.organisationsOf);
    const asOf: unknown = (args as Readonly<Record<string, unknown>>)['asOf'];
    const organisations = asOf instanceof Date ? await standing.at(asOf.getTime()) : standing.now;
    return resolve(source, withKnownOrganisations(args, organisations), context, info);
  };
}

/** The role that a field is answered by; null where it takes none of a person. */
function greatestOf(roles: readonly RequiredRole[]): Role | null {
  if (roles.includes('NATIONAL_ADMIN')) return 'ADMIN';
  return ROLES.filter((role) => roles.includes(role)).pop() ?? null;
}

/** What is left of a resolver's answer for its sender. */
function seenOf(value: unknown, rule: Rule, context: RequestContext): unknown {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const seen = values.map((one) => isSeen(one, rule, context));
  const left = (are: readonly boolean[]): unknown => {
    if (!are.includes(false)) return value;
    logger.error({ event: 'out_of_scope_object', field: rule.name });
    if (Array.isArray(value)) return values.filter((_one, index) => are[index]);
    if (rule.isNullable) return null;
    throw new ReaderError('NOT_FOUND', 'there is no such thing');
  };
  return seen.some((one) => one instanceof Promise)
    ? Promise.all(seen.map(async (one) => one)).then(left)
    : left(seen as readonly boolean[]);
}

function isSeen(value: unknown, rule: Rule, { access }: RequestContext): boolean | Promise<boolean> {
  if (value == null || rule.sight === null) return true;
  return rule.sight.isSeen(value as never, access.standing(rule.sight.role));
}

function rootsOf(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => type != null,
  );
}

function objectTypesOf(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !isIntrospectionType(type),
  );
}
