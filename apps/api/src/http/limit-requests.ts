import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IdentifyCaller } from '../identify-caller';
import { addressKey, type RateLimits } from '../rate-limits';
import type { RefusedRequest } from './refusal';
import { senderAddress } from './sender-address';
import { sendRefusal } from './send-refusal';

/** Who asks, by request: a genuine credential or nobody. Whoever counts further finds it here. */
export type Callers = WeakMap<FastifyRequest, string | null>;

/** Anybody may ask for these, and each answer costs something. */
const PROBES: ReadonlySet<string> = new Set(['/readyz', '/metrics']);

/** Questions whose answers are files. */
const FILES: ReadonlySet<string> = new Set(['/v1/exports/machines', '/v1/exports/work-list']);

/**
 * Holds requests to their rates, all but heartbeats: those are counted by their own credential at their own endpoint.
 *
 * - An address whose requests were refused too often is not heard for a while, unless a genuine credential is shown.
 * - Questions (`/graphql`, files) are counted by credential, or by address where no genuine credential is shown.
 * - What was refused without a genuine credential is held against the address afterwards.
 */
export function limitRequests(
  fastify: FastifyInstance,
  limits: RateLimits,
  identify: IdentifyCaller,
  callers: Callers,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isCountedElsewhere(request)) {
      done();
      return;
    }
    try {
      const caller = identify.identify(request.headers.authorization);
      callers.set(request, caller);
      if (caller === null) limits.admitAddress(senderAddress(request.raw));
      if (isQuestion(request))
        void reply.headers(limits.admitQuestion(caller ?? addressKey(senderAddress(request.raw))));
    } catch (error) {
      refuse(request, reply, error as RefusedRequest);
      return;
    }
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    if (!isCountedElsewhere(request) && isHeldAgainstAddress(request, reply, callers)) {
      limits.chargeAddress(senderAddress(request.raw));
    }
    done();
  });
}

function isCountedElsewhere(request: FastifyRequest): boolean {
  return request.routeOptions.url === '/livez';
}

function isQuestion(request: FastifyRequest): boolean {
  return isGraphql(request) || FILES.has(request.routeOptions.url ?? '');
}

function isGraphql(request: FastifyRequest): boolean {
  return request.routeOptions.url === '/graphql';
}

function isHeldAgainstAddress(request: FastifyRequest, reply: FastifyReply, callers: Callers): boolean {
  if (PROBES.has(request.routeOptions.url ?? '')) return true;
  const { statusCode } = reply;
  return statusCode >= 400 && statusCode < 500 && statusCode !== 429 && callers.get(request) == null;
}

/** GraphQL's clients look for errors where GraphQL has them. */
function refuse(request: FastifyRequest, reply: FastifyReply, refusal: RefusedRequest): void {
  if (!isGraphql(request)) {
    sendRefusal(reply, refusal);
    return;
  }
  const { code, message, retryAfterSeconds } = refusal;
  const extensions = { code, retryAfterMs: (retryAfterSeconds ?? 0) * 1_000 };
  void reply
    .headers({ ...refusal.headers, 'retry-after': String(retryAfterSeconds ?? 1) })
    .code(refusal.status)
    .send({ errors: [{ message, extensions }] });
}
