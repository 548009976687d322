import type { AuditActor } from '@app/access';
import type { FastifyRequest } from 'fastify';
import { senderAddress } from '../http/sender-address';
import type { IdentifyPrincipal } from '../identify-principal';
import type { RequestAccess } from '../request-access';

/** Finds out who a request is by, for the audit log. What is refused has been refused before; this lets nobody in. */
export class IdentifyActor {
  constructor(private readonly principals: IdentifyPrincipal) {}

  /** @param access of a GraphQL request, whose sender has entered; null: a route, which has let its sender in a moment ago */
  actorOf(request: FastifyRequest, access: RequestAccess | null): AuditActor {
    const principal = access?.principal ?? this.principals.recall(request.headers.authorization);
    return principal === undefined
      ? { kind: 'ANONYMOUS', id: senderAddress(request.raw) }
      : { kind: principal.kind, id: principal.id };
  }
}
