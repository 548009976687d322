import type { FastifyRequest } from 'fastify';

/** What resolvers know of the request they answer. */
export type RequestContext = {
  readonly request: FastifyRequest;
  /** Set by a resolver whose answer changes without progress changing; such answers are not kept for the next poll. */
  changesByItself: boolean;
};
