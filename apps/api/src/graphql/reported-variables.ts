import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { FastifyRequest } from 'fastify';
import {
  Kind,
  type FieldNode,
  type GraphQLResolveInfo,
  type OperationDefinitionNode,
  type TypeNode,
} from 'graphql';
import { HEARTBEATS_PER_REQUEST_MAX } from '../heartbeats/heartbeat.body';
import { heartbeatsIn } from '../heartbeats/read-report';
import { listOf } from '../wire/unwrap-value';
import type { RequestContext } from './request-context';

// The framework's own types: those of the server package exist twice, and do not fit each other.
type Plugin = NonNullable<ApolloDriverConfig['plugins']>[number];
type Listener = NonNullable<Awaited<ReturnType<NonNullable<Plugin['requestDidStart']>>>>;

/** The heartbeats in the variables of a request, by the variable's name, as they came. */
const reported = new WeakMap<FastifyRequest, ReadonlyMap<string, readonly unknown[]>>();

/** What GraphQL is shown in the place of each heartbeat. */
const PLACEHOLDER = { bootId: 'b', seq: 1, uptimeSeconds: 0, bootMode: 'NORMAL' } as const;

/**
 * Has heartbeats in variables read by the reader of POST /v1/heartbeats, so that the same JSON means the same by both wires: GraphQL's own
 * check of variables would refuse the whole operation for one odd value. It is shown as many ordinary heartbeats instead, and
 * `reportedItems` gives the resolver those that were sent. What stands in the document itself is checked by GraphQL.
 * Of more than a request may hold one more is kept, so that the resolver can refuse them.
 */
export function reportedVariables(): Plugin {
  return {
    requestDidStart: async (): Promise<Listener> => ({
      didResolveOperation: async ({ operation, request, contextValue }) => {
        // Not there when it was not said which one of several is meant: the server refuses that itself.
        const chosen: OperationDefinitionNode | undefined = operation;
        const { variables } = request;
        if (chosen === undefined || variables === undefined) return;
        const found = new Map<string, readonly unknown[]>();
        const shown: Record<string, unknown> = {};
        for (const { variable, type } of chosen.variableDefinitions ?? []) {
          const name = variable.name.value;
          const kind = kindOf(type);
          const heartbeats =
            kind === 'REPORT'
              ? heartbeatsIn(variables[name])
              : kind === 'LIST'
                ? listOf(variables[name])
                : null;
          if (heartbeats === null) continue;
          const bounded = heartbeats.slice(0, HEARTBEATS_PER_REQUEST_MAX + 1);
          found.set(name, bounded);
          const placeholders = bounded.map(() => PLACEHOLDER);
          shown[name] = kind === 'REPORT' ? { heartbeats: placeholders } : placeholders;
        }
        if (found.size === 0) return;
        request.variables = { ...variables, ...shown };
        reported.set((contextValue as RequestContext).request, found);
      },
    }),
  };
}

/**
 * The heartbeats that the argument `input` of a field was given by a variable, as they came; null where the document itself says them.
 */
export function reportedItems(context: RequestContext, info: GraphQLResolveInfo): readonly unknown[] | null {
  const name = variableOf(info.fieldNodes[0]);
  return name === null ? null : (reported.get(context.request)?.get(name) ?? null);
}

/** `input: $variable`, or `input: { heartbeats: $variable }`. */
function variableOf(field: FieldNode | undefined): string | null {
  const input = field?.arguments?.find(({ name }) => name.value === 'input')?.value;
  const value =
    input?.kind === Kind.OBJECT ? input.fields.find(({ name }) => name.value === 'heartbeats')?.value : input;
  return value?.kind === Kind.VARIABLE ? value.name.value : null;
}

function kindOf(type: TypeNode): 'REPORT' | 'LIST' | null {
  const nullable = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  if (nullable.kind === Kind.NAMED_TYPE)
    return nullable.name.value === 'ReportHeartbeatsInput' ? 'REPORT' : null;
  const element = nullable.type.kind === Kind.NON_NULL_TYPE ? nullable.type.type : nullable.type;
  return element.kind === Kind.NAMED_TYPE && element.name.value === 'HeartbeatInput' ? 'LIST' : null;
}
