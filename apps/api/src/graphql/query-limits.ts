import type { ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { RateStanding } from '@app/access';
import type { Callers } from '../http/limit-requests';
import { senderAddress } from '../http/sender-address';
import { addressKey, type RateLimits } from '../rate-limits';
import { priceQuery, TooManyPathsError, type PricedQuery } from './query-cost';
import { measureQuery, type QueryShape } from './query-shape';
import type { RequestContext } from './request-context';

/** Machines, their transitions, and the organisation over their practice: twice as deep as the deepest of ours. */
const DEPTH_MAX = 12;
/** A dashboard of every ICB side by side needs 42 of one kind. */
const ALIASES_MAX = 50;
/** More questions than that at once are better asked one after the other. */
const ROOT_FIELDS_MAX = 20;

// The framework's own types: those of the server package exist twice, and do not fit each other.
type Plugin = NonNullable<ApolloDriverConfig['plugins']>[number];
type Operation = Parameters<NonNullable<Plugin['requestDidStart']>>[0];
type Listener = NonNullable<Awaited<ReturnType<NonNullable<Plugin['requestDidStart']>>>>;

/**
 * Holds GraphQL operations to their limits, after they were parsed and validated and before anything is run: depth, aliases,
 * root fields, the price of one operation, and what one credential may spend. Nobody's role is exempt.
 *
 * Every answer says what it cost (`extensions.cost`, in the shape that Shopify's clients know). What was asked for and not used is
 * given back; what was used beyond it is charged.
 */
export function queryLimits(limits: RateLimits, costMax: number, callers: Callers): Plugin {
  return {
    requestDidStart: async (): Promise<Listener> => {
      let priced: PricedQuery | null = null;
      let paid = 0;
      return {
        didResolveOperation: async (operation) => {
          const { schema, document, request } = operation;
          // Not there when it was not said which one of several is meant: the server refuses that itself.
          const chosen: OperationDefinitionNode | undefined = operation.operation;
          if (chosen === undefined) return;
          requireShape(measureQuery(document, chosen));
          priced = whole(() => priceQuery(schema, document, chosen, request.variables ?? {}));
          const points = priced.requestedPoints;
          if (points > costMax) {
            const message = `this operation may cost ${points} points, and one may cost ${costMax}: ask for less at once`;
            throw refusal('MAX_COST_EXCEEDED', message, 400);
          }
          const retryAfterSeconds = limits.takeQueryCost(askerOf(operation, callers), points);
          if (retryAfterSeconds > 0) {
            throw refusal('THROTTLED', 'too much was asked for in a short time', 429, retryAfterSeconds);
          }
          paid = points;
        },
        willSendResponse: async (operation) => {
          const { body, http } = operation.response;
          if (priced === null || body.kind !== 'single') return;
          const asker = askerOf(operation, callers);
          const actual = paid === 0 ? null : priced.actualPoints(body.singleResult.data);
          if (actual !== null) limits.settleQueryCost(asker, paid - actual);
          const standing = limits.queryCostStanding(asker);
          const headers = limits.headersOf([limits.questionStanding(asker), standing]);
          for (const [name, value] of Object.entries(headers)) http.headers.set(name, value);
          const cost = costOf(operation, priced.requestedPoints, actual, standing);
          body.singleResult.extensions = { ...body.singleResult.extensions, cost };
        },
      };
    },
  };
}

/** Whom an operation is counted under: a genuine credential, or else the address it came from. */
function askerOf(operation: Operation, callers: Callers): string {
  const { request } = operation.contextValue as RequestContext;
  return callers.get(request) ?? addressKey(senderAddress(request.raw));
}

function requireShape({ depth, aliases, rootFields }: QueryShape): void {
  const measured = [
    [depth, DEPTH_MAX, 'fields deep'],
    [aliases, ALIASES_MAX, 'aliases'],
    [rootFields, ROOT_FIELDS_MAX, 'fields at the top'],
  ] as const;
  for (const [size, max, what] of measured) {
    if (size > max) throw refusal('QUERY_TOO_COMPLEX', `${max} ${what} are allowed, and not ${size}`, 400);
  }
}

function whole(price: () => PricedQuery): PricedQuery {
  try {
    return price();
  } catch (error) {
    if (!(error instanceof TooManyPathsError)) throw error;
    throw refusal('QUERY_TOO_COMPLEX', `this operation has ${error.message}`, 400);
  }
}

/**
 * The price on the answer. A poll's answer is kept, shared and known by its hash, so it says nothing that changes by itself; where
 * its asker stands is in the headers.
 */
function costOf(
  operation: Operation,
  requestedQueryCost: number,
  actualQueryCost: number | null,
  { policy, remaining }: RateStanding,
): Record<string, unknown> {
  if ((operation.contextValue as RequestContext).request.method === 'GET')
    return { requestedQueryCost, actualQueryCost };
  const restoreRate = policy.quota / (policy.windowMs / 1_000);
  return {
    requestedQueryCost,
    actualQueryCost,
    throttleStatus: { maximumAvailable: policy.quota, currentlyAvailable: remaining, restoreRate },
  };
}

function refusal(code: string, message: string, status: number, retryAfterSeconds?: number): GraphQLError {
  const headers = new Map<string, string>();
  if (retryAfterSeconds !== undefined) headers.set('retry-after', String(retryAfterSeconds));
  const more = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1_000 };
  return new GraphQLError(message, { extensions: { code, ...more, http: { status, headers } } });
}
