import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { FastifyRequest } from 'fastify';
import type { Callers } from '../http/limit-requests';
import type { RateLimits } from '../rate-limits';
import { RequestAccess, type AccessSources } from '../request-access';
import type { Settings } from '../settings';
import { formatError } from './error.format';
import { POLICIES } from './field-policies';
import { guardSchema } from './guard-schema';
import { PersistedQueries } from './persisted-queries';
import { PUBLIC_OPERATIONS } from './public-operations';
import { requireBoundedLists } from './query-cost';
import { queryLimits } from './query-limits';
import { reportedVariables } from './reported-variables';
import type { RequestContext } from './request-context';

/** Tokens of one GraphQL document: many times the largest sensible one, and parsed in a millisecond. */
const GRAPHQL_TOKENS_MAX = 2_000;

type Plugin = NonNullable<ApolloDriverConfig['plugins']>[number];
/** Apollo comes in two builds whose types are told apart; what says that hints are off is a mark that both know. */
const NO_CACHE_HINTS: unknown = ApolloServerPluginCacheControlDisabled();

/** Which context belongs to which request; the poll answers look there whether an answer may be kept. */
export type Contexts = WeakMap<FastifyRequest, RequestContext>;

/** How GraphQL is served: the schema behind its policies, every operation within its limits, nothing of the inside told. */
export function graphqlOptions(
  settings: Settings,
  sources: AccessSources,
  rateLimits: RateLimits,
  callers: Callers,
  contexts: Contexts,
): ApolloDriverConfig {
  return {
    driver: ApolloDriver,
    path: '/graphql',
    autoSchemaFile: true,
    sortSchema: true,
    introspection: !settings.production,
    graphiql: !settings.production,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: settings.production,
    parseOptions: { maxLexicalTokens: GRAPHQL_TOKENS_MAX },
    // A form of another site can send neither a JSON body nor a header of its own.
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: { cache: new PersistedQueries(PUBLIC_OPERATIONS) },
    // Without it no field is wrapped once more: of a page of machines that is a tenth of the work, and nothing here is cached by hints.
    plugins: [
      NO_CACHE_HINTS as Plugin,
      reportedVariables(),
      queryLimits(rateLimits, settings.limits.queryCostMax, callers),
    ],
    formatError,
    transformSchema: (schema) => guardSchema(requireBoundedLists(schema), POLICIES),
    context: (request: FastifyRequest): RequestContext => {
      const context: RequestContext = {
        request,
        access: new RequestAccess(sources, request.headers.authorization),
        answer: { changesByItself: false, isPersonal: false, refusesSender: null, isRecorded: false },
      };
      contexts.set(request, context);
      return context;
    },
  };
}
