import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Nothing here is a page: nothing in an answer may run, be framed, be guessed at or tell where it came from. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
/** GraphiQL, served outside production only, is a page that loads itself from elsewhere. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};
/** A year, as the preload lists of browsers ask for at least. */
const STRICT_TRANSPORT = 'max-age=31536000; includeSubDomains';

/**
 * Adds the headers that keep browsers from making something else of an answer (OWASP REST Security Cheat Sheet). Answers to
 * heartbeats, which no browser ever sees, get only the one that forbids guessing their type, at their own endpoint.
 */
export function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // An answer that has not changed keeps the headers it came with.
    if (reply.statusCode === 304) {
      done(null, payload);
      return;
    }
    void reply.header('x-content-type-options', 'nosniff');
    void reply.headers(isPage(reply.getHeader('content-type')) ? PAGE_HEADERS : HEADERS);
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    if (cameByTls(request)) void reply.header('strict-transport-security', STRICT_TRANSPORT);
    done(null, payload);
  });
}

function isPage(contentType: unknown): boolean {
  return typeof contentType === 'string' && contentType.startsWith('text/html');
}

/** By our own TLS, or by a trusted proxy's word. */
function cameByTls(request: FastifyRequest): boolean {
  return request.protocol === 'https';
}
