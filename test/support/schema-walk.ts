import {
  getNamedType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** A question that reaches the objects of one type, by the shortest way from a field of a root. */
export type Way = {
  /** As in `Query.machine`. */
  readonly from: string;
  /** Types on the way, the one that is reached included. */
  readonly through: readonly string[];
  /** The whole question, around what is asked of those objects. */
  readonly ask: (selection: string) => string;
};

/** Below the top, pages are asked for at this size. */
const NESTED_FIRST = 1;
/** The service answers nothing deeper. */
const DEPTH_MAX = 10;

/** The fields of the two roots. */
export function rootFieldsOf(
  schema: GraphQLSchema,
): readonly (readonly [name: string, field: GraphQLField<unknown, unknown>])[] {
  return [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map((field) => [`${root?.name}.${field.name}`, field] as const),
  );
}

/** Every object type but the roots and those of introspection. */
export function objectTypesOf(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType =>
      isObjectType(type) && !type.name.startsWith('__') && !roots.includes(type),
  );
}

/** A whole operation of one field of a root; `name` as in `Query.machine`, `selection` empty for a field without objects. */
export function operationOf(name: string, args: string, selection: string): string {
  const [root = '', field = ''] = name.split('.');
  return `${root.toLowerCase()} { ${field}${args === '' ? '' : `(${args})`}${selection === '' ? '' : ` { ${selection} }`} }`;
}

/** The shortest way from a field of a root to every type below it. */
export function waysFrom(
  name: string,
  field: GraphQLField<unknown, unknown>,
  args: string,
): ReadonlyMap<string, Way> {
  const ways = new Map<string, Way>();
  const open: [GraphQLCompositeType, Way][] = [];
  const reach = (type: unknown, way: Way): void => {
    if (!isCompositeType(type) || ways.has(type.name)) return;
    const reached = { ...way, through: [...way.through, type.name] };
    ways.set(type.name, reached);
    open.push([type, reached]);
  };
  reach(getNamedType(field.type), {
    from: name,
    through: [],
    ask: (selection) => operationOf(name, args, selection),
  });
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const [type, way] = next;
    if (isUnionType(type)) {
      for (const member of type.getTypes())
        reach(member, { ...way, ask: (selection) => way.ask(`... on ${member.name} { ${selection} }`) });
      continue;
    }
    for (const below of Object.values(type.getFields()))
      reach(getNamedType(below.type), {
        ...way,
        ask: (selection) => way.ask(`${called(below)} { ${selection} }`),
      });
  }
  return ways;
}

/** One field as it is asked for by itself. */
export function fieldAlone(field: GraphQLField<unknown, unknown>): string {
  return isCompositeType(getNamedType(field.type)) ? `${called(field)} { __typename }` : called(field);
}

/** Everything below a type that somebody may see, each type once on every way down. */
export function everythingBelow(
  type: GraphQLCompositeType,
  maySee: (typeName: string) => boolean,
  above: readonly string[] = [],
  isMember = false,
): string {
  if (isUnionType(type)) {
    const members = type
      .getTypes()
      .map((one) => `... on ${one.name} { ${everythingBelow(one, maySee, [...above, type.name], true)} }`);
    return `__typename ${members.join(' ')}`;
  }
  const path = [...above, type.name];
  const fields = Object.values(type.getFields()).flatMap((field) => {
    // Members of a union may call different things alike.
    const label = isMember ? `${type.name}_${field.name}: ` : '';
    const given = getNamedType(field.type);
    if (!isCompositeType(given)) return [`${label}${called(field)}`];
    if (!maySee(given.name)) return [];
    if (path.includes(given.name) || path.length >= DEPTH_MAX)
      return [`${label}${called(field)} { __typename }`];
    return [`${label}${called(field)} { ${everythingBelow(given, maySee, path)} }`];
  });
  return ['__typename', ...fields].join(' ');
}

/** The fields of an answer, each as in `Machine.hostname`, wherever an object says what it is. */
export function fieldsIn(data: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(data)) data.forEach((one) => fieldsIn(one, found));
  if (typeof data !== 'object' || data === null) return found;
  const { __typename: type } = data as { __typename?: string };
  for (const [key, value] of Object.entries(data)) {
    if (type !== undefined && key !== '__typename') found.add(`${type}.${key.replace(`${type}_`, '')}`);
    fieldsIn(value, found);
  }
  return found;
}

function called(field: GraphQLField<unknown, unknown>): string {
  const needed = field.args.filter(isRequiredArgument);
  const unknown = needed.find(({ name }) => name !== 'first');
  if (unknown !== undefined)
    throw new Error(`say how to ask for ${field.name}(${unknown.name}) below the top`);
  return needed.length === 0 ? field.name : `${field.name}(first: ${NESTED_FIRST})`;
}
