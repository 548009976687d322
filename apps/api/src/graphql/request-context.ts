import type { FastifyRequest } from 'fastify';
import type { RequestAccess } from '../request-access';

/** What resolvers know of the request they answer. */
export type RequestContext = {
  readonly request: FastifyRequest;
  /** What the sender may do and see. `guardSchema` asks it before any field is resolved. */
  readonly access: RequestAccess;
  /** An object of its own, because the framework hands resolvers a copy of the context. */
  readonly answer: {
    /** Set by a resolver whose answer changes without progress changing; such answers are not kept for the next poll. */
    changesByItself: boolean;
    /** Set by a resolver whose answer is the sender's own; nobody else gets it, whatever they may see. */
    isPersonal: boolean;
    /** Set where nobody is let in: 401 when the sender is not who may ask, 503 when that cannot be told. */
    refusesSender: 401 | 503 | null;
    /** Set where the answer is recorded for whoever asked; somebody who asks the same at the same moment runs it himself. */
    isRecorded: boolean;
  };
};
