import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PublicOperation } from '../graphql/public-operations';
import { hasQuery } from './request-target';

/** What a request to `/graphql` asks to be run. */
type Asked = { readonly query?: unknown; readonly extensions?: unknown };

/**
 * Where progress is public, lets whoever shows no token run registered operations by their hash, and nothing else: a text is refused
 * whatever it says, before it is read, stored or looked up. Whoever shows a token is judged by it.
 */
export function admitAnonymous(fastify: FastifyInstance, registered: readonly PublicOperation[]): void {
  const hashes = new Set(registered.map(({ sha256Hash }) => sha256Hash));
  fastify.addHook('preHandler', (request, reply, done) => {
    if (!isAnonymousQuestion(request) || asksNothing(request) || hashes.has(hashOf(request) ?? '')) {
      done();
      return;
    }
    const message =
      'without a token only registered operations are answered, by their hash and without a text';
    void reply
      .code(401)
      .header('cache-control', 'no-store')
      .send({ errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] });
  });
}

function isAnonymousQuestion({ routeOptions, headers }: FastifyRequest): boolean {
  return routeOptions.url === '/graphql' && headers.authorization === undefined;
}

/** Somebody's browser at the address itself, or one that asks what it may ask. */
function asksNothing(request: FastifyRequest): boolean {
  return request.method !== 'POST' && !hasQuery(request.raw);
}

/** The hash that is named instead of a text; null when there is none, or a text beside it. */
function hashOf(request: FastifyRequest): string | null {
  const { query, extensions } = askedBy(request);
  const named = typeof extensions === 'string' ? parsed(extensions) : extensions;
  const { persistedQuery } = (named ?? {}) as { persistedQuery?: { sha256Hash?: unknown } | null };
  const hash = persistedQuery?.sha256Hash;
  return query === undefined && typeof hash === 'string' ? hash : null;
}

function askedBy(request: FastifyRequest): Asked {
  const asked = request.method === 'POST' ? request.body : request.query;
  return typeof asked === 'object' && asked !== null && !Array.isArray(asked) ? asked : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
