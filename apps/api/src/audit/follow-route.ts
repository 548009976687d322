import type { FastifyRequest } from 'fastify';
import { AUDIT_POLICIES } from './audit-policies';
import type { AuditTrail } from './audit-trail';
import type { IdentifyActor } from './identify-actor';

/** Does what a request asked for, and records it by the policy of its route. */
export type FollowRoute = <T>(request: FastifyRequest, asked: object, work: () => Promise<T>) => Promise<T>;

/** For routes that are no controllers: `AuditInterceptor` stands around those. */
export function followRoutes(trail: AuditTrail, identify: IdentifyActor): FollowRoute {
  return async (request, asked, work) => {
    const name = `${request.method} ${request.routeOptions.url ?? ''}`;
    const policy = AUDIT_POLICIES[name];
    if (policy === undefined) throw new Error(`${name} has no audit policy`);
    if (policy.kind === 'EXEMPT') return work();
    return trail.follow(policy, identify.actorOf(request, null), asked, work);
  };
}
