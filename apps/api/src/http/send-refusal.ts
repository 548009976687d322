import type { FastifyReply } from 'fastify';
import type { RefusedRequest } from './refusal';

const refusals = new WeakMap<FastifyReply, RefusedRequest>();

/** Answers a whole request with its refusal: status, code, a sentence, and when to come again. The one place that lays it out. */
export function sendRefusal(reply: FastifyReply, refusal: RefusedRequest): void {
  refusals.set(reply, refusal);
  if (refusal.retryAfterSeconds !== null) void reply.header('retry-after', String(refusal.retryAfterSeconds));
  void reply
    .headers(refusal.headers)
    .code(refusal.status)
    .send({ code: refusal.code, message: refusal.message });
}

/** What a request was refused with as a whole; null when it was not. */
export function refusalOf(reply: FastifyReply): RefusedRequest | null {
  return refusals.get(reply) ?? null;
}
