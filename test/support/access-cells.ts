import { getNamedType, type GraphQLCompositeType, type GraphQLField, type GraphQLSchema } from 'graphql';
import { QUESTIONS, RANKS, TYPES, type Least, type Things } from './access-expectations';
import type { Sender } from './access-stage';
import {
  everythingBelow,
  fieldAlone,
  objectTypesOf,
  operationOf,
  rootFieldsOf,
  waysFrom,
} from './schema-walk';

/** How much somebody may, or how much it takes; −1: nobody’s affair. */
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
export function expectedOf(sender: Sender, least: Least): string {
  if (least === 'AGENT') return sender === 'nobody' ? 'CREDENTIAL_MISSING' : 'CREDENTIAL_INVALID';
  if (sender === 'nobody') return 'UNAUTHENTICATED';
  return rankOf(sender) < rankOf(least) ? 'FORBIDDEN' : 'answered';
}

/** How a field of a root is asked. */
export function questionsOf(root: string): readonly ((of: Things) => string)[] {
  return QUESTIONS[root]?.ask ?? [() => ''];
}

/** The whole of a question, as far as the sender may see. */
export function wholeOf(schema: GraphQLSchema, root: string, args: string, sender: Sender): string {
  const field = rootFieldsOf(schema).find(([name]) => name === root)?.[1];
  const ways = field === undefined ? null : waysFrom(root, field, args);
  const [first] = ways?.values() ?? [];
  if (first === undefined) return operationOf(root, args, '');
  const type = schema.getType(first.through[0] ?? '');
  const maySee = (name: string): boolean =>
    rankOf(leastOfType.get(name) ?? 'AGENT') <= rankOf(sender) && leastOfType.get(name) !== 'AGENT';
  return first.ask(everythingBelow(type as never, maySee));
}

/** Pages with what stands in their objects themselves, and the organisations they are of. */
export function shallowBelow({ type }: GraphQLField<unknown, unknown>): string {
  const below = getNamedType(type) as GraphQLCompositeType;
  return everythingBelow(
    below,
    (name) => /(Edge|PageInfo|Organisation)$/.test(name) || `${name}Connection` === below.name,
  );
}

/** A field, the least that it takes, and a question that asks for it alone. */
export type Cell = { readonly field: string; readonly least: Least; readonly query: string };

/** Every field of every type, by the way that takes least; and every field of the roots. */
export function everyField(schema: GraphQLSchema, own: Things): readonly Cell[] {
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
