import { unwrapResolverError } from '@apollo/server/errors';
import { ReaderError } from '@app/progress';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { logFailure } from '../http/log-failure';
import { toRefusal } from '../http/to-refusal';

/** Every code that `extensions.code` may hold. */
export const GRAPHQL_ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'INVALID_CURSOR',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'THROTTLED',
  'MAX_COST_EXCEEDED',
  'QUERY_TOO_COMPLEX',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'CREDENTIAL_MISSING',
  'CREDENTIAL_INVALID',
  'CREDENTIAL_EXPIRED',
  'CREDENTIAL_REVOKED',
  'CERTIFICATE_REQUIRED',
  'UNKNOWN_MACHINE',
  'INTERNAL',
] as const;
type GraphqlErrorCode = (typeof GRAPHQL_ERROR_CODES)[number];

/**
 * Gives every error one of the codes. What the resolvers throw is translated here and nowhere else; what nobody foresaw
 * becomes INTERNAL, and its text goes to the log alone.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = unwrapResolverError(error);
  const place = {
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
  };
  if (original instanceof ReaderError)
    return { message: original.message, ...place, extensions: { code: original.code } };
  if (isTooDeep(original)) {
    const message = 'the input is nested deeper than anything that is asked here';
    return { message, ...place, extensions: { code: 'BAD_USER_INPUT' } };
  }
  const code = formatted.extensions?.['code'];
  if (original instanceof GraphQLError && isKnown(code)) {
    const retryAfterMs = formatted.extensions?.['retryAfterMs'];
    const extensions = typeof retryAfterMs === 'number' ? { code, retryAfterMs } : { code };
    return { message: formatted.message, ...place, extensions };
  }
  if (isAboutOperation(original))
    return { message: formatted.message, ...place, extensions: { code: 'BAD_REQUEST' } };
  const refusal = toRefusal(original);
  logFailure('query_failed', original, refusal);
  if (refusal.retryAfterSeconds !== null) {
    const code = refusal.code === 'RATE_LIMITED' ? refusal.code : 'UNAVAILABLE';
    const extensions = { code, retryAfterMs: refusal.retryAfterSeconds * 1_000 };
    return { message: refusal.message, ...place, extensions };
  }
  return {
    message: refusal.message,
    ...place,
    extensions: { code: isKnown(refusal.code) ? refusal.code : 'INTERNAL' },
  };
}

/** GraphQL refuses the operation as a whole, before any resolver ran: a subscription, a hash that is another document's. */
function isAboutOperation(error: unknown): boolean {
  return error instanceof GraphQLError && error.path === undefined && error.originalError === undefined;
}

/** Input is read recursively; what nests a hundred thousand deep ends the stack before any limit of ours sees it. */
function isTooDeep(error: unknown): boolean {
  return error instanceof Error && error.name === 'RangeError' && error.message.includes('call stack');
}

function isKnown(code: unknown): code is GraphqlErrorCode {
  return (GRAPHQL_ERROR_CODES as readonly unknown[]).includes(code);
}
