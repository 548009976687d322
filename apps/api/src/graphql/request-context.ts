import type { FastifyRequest } from 'fastify';

/** What resolvers know of the request they answer. */
export type RequestContext = {
  readonly request: FastifyRequest;
  /** An object of its own, because the framework hands resolvers a copy of the context. */
  readonly answer: {
    /** Set by a resolver whose answer changes without progress changing; such answers are not kept for the next poll. */
    changesByItself: boolean;
    /** Set where the sender is not who may ask: the answer goes out as 401. */
    refusesSender: boolean;
  };
};
