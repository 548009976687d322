import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** How an operation is built, whatever it asks for. */
export type QueryShape = {
  /** Fields within fields, the outermost counting 1. */
  readonly depth: number;
  /** Fields that are given another name. */
  readonly aliases: number;
  /** Fields of the operation itself, those of fragments included. */
  readonly rootFields: number;
};

type Measures = { readonly depth: number; readonly aliases: number; readonly fields: number };

/**
 * Measures an operation. Every fragment is measured once, however often it is used: a document of fragments that use each other
 * twice would otherwise take for ever. Fragments that use themselves have been refused before (validation).
 *
 * Introspection is not measured: what it may ask is fixed, deep, and off in production.
 */
export function measureQuery(document: DocumentNode, operation: OperationDefinitionNode): QueryShape {
  const fragments = fragmentsOf(document);
  const known = new Map<string, Measures>();

  const measureFragment = (name: string): Measures => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const fragment = fragments.get(name);
    const measures = fragment === undefined ? NOTHING : measure(fragment.selectionSet);
    known.set(name, measures);
    return measures;
  };

  const measure = (selections: SelectionSetNode): Measures => {
    let [depth, aliases, fields] = [0, 0, 0];
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) {
        if (selection.name.value.startsWith('__')) continue;
        const inner = selection.selectionSet === undefined ? NOTHING : measure(selection.selectionSet);
        depth = Math.max(depth, 1 + inner.depth);
        aliases += inner.aliases + (selection.alias === undefined ? 0 : 1);
        fields += 1;
      } else {
        const part =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value)
            : measure(selection.selectionSet);
        depth = Math.max(depth, part.depth);
        aliases += part.aliases;
        fields += part.fields;
      }
    }
    return { depth, aliases, fields };
  };

  const { depth, aliases, fields } = measure(operation.selectionSet);
  return { depth, aliases, rootFields: fields };
}

/** The fragments of a document by name. */
export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  );
}

const NOTHING: Measures = { depth: 0, aliases: 0, fields: 0 };
