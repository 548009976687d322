import {
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  isInterfaceType,
  isIntrospectionType,
  isLeafType,
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import {
  CONNECTION_POINTS,
  FIELD_PRICES,
  LIST_ENTRIES_MAX,
  MUTATION_POINTS,
  OBJECT_POINTS,
  OPERATION_POINTS_MIN,
  PAGE_MAX,
  PARTS,
  type FieldArguments,
} from './query-prices';
import { fragmentsOf } from './query-shape';

/** An operation with its prices: what it will cost at most, and what it did cost once its answer is there. */
export type PricedQuery = {
  readonly requestedPoints: number;
  actualPoints(data: unknown): number;
};

/** A field that yields objects, merged over every place that asks for it. */
type PricedField = {
  /** Once. */
  readonly own: number;
  /** For each object. */
  readonly each: number;
  /** Objects expected. */
  readonly count: number;
  readonly inner: PricedFields;
};
type PricedFields = ReadonlyMap<string, PricedField>;

/** What a field says about the length of the lists directly below it. */
type Sizes = { readonly entries: number; readonly fields: ReadonlySet<string> };

/** Different paths to objects in one operation; fragments that use fragments can spell out far more than they are long. */
const PATHS_MAX = 2_000;

/** The operation has more paths than anybody can mean. */
export class TooManyPathsError extends Error {}

/**
 * Prices a validated operation before it is run: a point for each object, multiplied by the `first` of every connection on the
 * way. Variables are taken as they came; a page larger than allowed is priced as the largest, since it will be refused.
 *
 * @throws TooManyPathsError
 */
export function priceQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): PricedQuery {
  const root = schema.getRootType(operation.operation);
  const pricing = new Pricing(schema, fragmentsOf(document), withDefaults(operation, variables));
  const fields =
    root == null ? new Map<string, PricedField>() : pricing.fields([operation.selectionSet], root, null);
  return {
    requestedPoints: Math.max(OPERATION_POINTS_MIN, requested(fields)),
    actualPoints: (data) => Math.max(OPERATION_POINTS_MIN, actual(fields, data)),
  };
}

class Pricing {
  private paths = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {}

  /** The fields of some selections of one object, those of the same name in the answer as one. */
  fields(selections: readonly SelectionSetNode[], type: GraphQLNamedType, sizes: Sizes | null): PricedFields {
    const found = new Map<string, { readonly type: GraphQLNamedType; readonly nodes: FieldNode[] }>();
    const visited = new Set<string>();
    for (const selection of selections) this.collect(selection, type, found, visited);
    const priced = new Map<string, PricedField>();
    for (const [responseName, { type: parent, nodes }] of found) {
      const field = this.field(nodes, parent, sizes);
      if (field !== null) priced.set(responseName, field);
    }
    return priced;
  }

  private collect(
    selections: SelectionSetNode,
    type: GraphQLNamedType,
    found: Map<string, { readonly type: GraphQLNamedType; readonly nodes: FieldNode[] }>,
    visited: Set<string>,
  ): void {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const known = found.get(name);
        if (known === undefined) found.set(name, { type, nodes: [selection] });
        else known.nodes.push(selection);
        continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.collect(
          selection.selectionSet,
          this.named(selection.typeCondition?.name.value) ?? type,
          found,
          visited,
        );
        continue;
      }
      const { value: name } = selection.name;
      const fragment = this.fragments.get(name);
      if (fragment === undefined || visited.has(name)) continue;
      visited.add(name);
      this.collect(
        fragment.selectionSet,
        this.named(fragment.typeCondition.name.value) ?? type,
        found,
        visited,
      );
    }
  }

  private field(
    nodes: readonly FieldNode[],
    parent: GraphQLNamedType,
    sizes: Sizes | null,
  ): PricedField | null {
    const [node] = nodes as [FieldNode];
    const name = node.name.value;
    const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (definition === undefined) return null;
    const type = getNamedType(definition.type);
    const isMutation = parent === this.schema.getMutationType();
    if (isLeafType(type)) {
      return isMutation ? { own: MUTATION_POINTS, each: 0, count: 0, inner: new Map() } : null;
    }
    this.paths += 1;
    if (this.paths > PATHS_MAX) throw new TooManyPathsError(`more than ${PATHS_MAX} paths`);
    const price = FIELD_PRICES[`${parent.name}.${name}`] ?? {};
    const args = this.argumentsOf(node, definition);
    const isConnection = isPaged(definition);
    const isSized = sizes?.fields.has(name) === true;
    const innerSizes = sizesOf(
      price.size?.(args),
      price.sized,
      isConnection ? pageSize(args['first']) : null,
    );
    const selections = nodes.flatMap((one) => (one.selectionSet === undefined ? [] : [one.selectionSet]));
    return {
      own: (price.own ?? 0) + (isConnection ? CONNECTION_POINTS : 0) + (isMutation ? MUTATION_POINTS : 0),
      each: isConnection || PARTS.has(type.name) || type.name.endsWith('Edge') ? 0 : OBJECT_POINTS,
      count: isList(definition.type) ? entriesOf(parent.name, name, isSized ? sizes.entries : null, args) : 1,
      inner: this.fields(selections, type, innerSizes),
    };
  }

  private argumentsOf(node: FieldNode, definition: GraphQLField<unknown, unknown>): FieldArguments {
    const given = new Map(node.arguments?.map((one) => [one.name.value, one.value]));
    return Object.fromEntries(
      definition.args.map(({ name, defaultValue }) => {
        const value = given.get(name);
        return [
          name,
          (value === undefined ? undefined : valueFromASTUntyped(value, this.variables)) ?? defaultValue,
        ];
      }),
    );
  }

  private named(name: string | undefined): GraphQLNamedType | undefined {
    return name === undefined ? undefined : this.schema.getType(name);
  }
}

function sizesOf(
  entries: number | undefined,
  fields: readonly string[] | undefined,
  page: number | null,
): Sizes | null {
  if (entries !== undefined) return { entries, fields: new Set(fields) };
  return page === null ? null : { entries: page, fields: new Set(['edges', 'nodes']) };
}

/** Entries of a list of objects: what its own or its parent's arguments say, or the bound that is declared for it. */
function entriesOf(parent: string, field: string, entries: number | null, args: FieldArguments): number {
  if (entries !== null) return entries;
  return 'first' in args ? pageSize(args['first']) : (LIST_ENTRIES_MAX[`${parent}.${field}`] ?? PAGE_MAX);
}

function isPaged(field: GraphQLField<unknown, unknown>): boolean {
  return field.args.some((argument) => argument.name === 'first');
}

/**
 * Lists of objects of which nothing says how long they can be. The service does not start with one: it could not say what an operation
 * costs.
 */
function findUnboundedLists(schema: GraphQLSchema): readonly string[] {
  const sized = new Set(Object.values(FIELD_PRICES).flatMap((price) => price.sized ?? []));
  const unbounded: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!isList(field.type) || isLeafType(getNamedType(field.type)) || isPaged(field)) continue;
      const name = `${type.name}.${field.name}`;
      const isOfPage = getNamedType(field.type).name.endsWith('Edge');
      if (!isOfPage && !sized.has(field.name) && !Object.hasOwn(LIST_ENTRIES_MAX, name)) unbounded.push(name);
    }
  }
  return unbounded;
}

/** @throws Error naming every list of which nothing says how long it can be */
export function requireBoundedLists(schema: GraphQLSchema): GraphQLSchema {
  const unbounded = findUnboundedLists(schema);
  if (unbounded.length > 0) throw new Error(`nothing bounds the lists ${unbounded.join(', ')}`);
  return schema;
}

/** What is no number is refused later; it is priced as the largest page, so that nothing gets by for free. */
function pageSize(first: unknown): number {
  return typeof first === 'number' && first >= 0 ? Math.min(first, PAGE_MAX) : PAGE_MAX;
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type));
}

function withDefaults(
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  return { ...Object.fromEntries(defaults), ...variables };
}

function requested(fields: PricedFields): number {
  let points = 0;
  for (const { own, each, count, inner } of fields.values())
    points += own + count * (each + requested(inner));
  return points;
}

function actual(fields: PricedFields, data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  let points = 0;
  for (const [name, field] of fields) {
    const value = (data as Readonly<Record<string, unknown>>)[name];
    points += field.own + (Array.isArray(value) ? actualOfAll(field, value) : actualOfOne(field, value));
  }
  return points;
}

function actualOfAll(field: PricedField, values: readonly unknown[]): number {
  let points = 0;
  for (const value of values) points += actualOfOne(field, value);
  return points;
}

function actualOfOne({ each, inner }: PricedField, value: unknown): number {
  return value == null ? 0 : each + actual(inner, value);
}
