import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireBearer } from './bearer';
import { RequestAccess, type AccessSources } from '../request-access';
import type { RoutePolicy } from './route-policies';
import { sendRefusal } from './send-refusal';
import { toRefusal } from './to-refusal';

/** The senders of requests to routes that take a role. */
const entered = new WeakMap<FastifyRequest, RequestAccess>();

/** What the sender of a request may do, at a route whose policy takes a role. */
export function accessOf(request: FastifyRequest): RequestAccess {
  const access = entered.get(request);
  if (access === undefined) throw new Error('this route takes no role');
  return access;
}

/**
 * Puts every HTTP route behind its policy, as `guardSchema` does with every field. Routes that judge their senders themselves get no
 * hook, so that a heartbeat pays nothing. Call before any route is registered.
 *
 * @throws Error from the registration of a route that no policy covers, so that the service does not start
 */
export function guardRoutes(
  fastify: FastifyInstance,
  policies: Readonly<Record<string, RoutePolicy>>,
  sources: AccessSources,
): void {
  fastify.addHook('onRoute', (route) => {
    const policy = Object.hasOwn(policies, route.url) ? policies[route.url] : undefined;
    if (policy === undefined) throw new Error(`no policy says who may call ${route.url}`);
    if (policy !== 'NATIONAL_ADMIN' && policy !== 'IT') return;
    const before = route.onRequest ?? [];
    const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      try {
        const { authorization } = request.headers;
        requireBearer(authorization);
        const access = new RequestAccess(sources, authorization);
        await access.enter(policy);
        entered.set(request, access);
      } catch (error) {
        sendRefusal(reply, toRefusal(error));
      }
    };
    route.onRequest = [onRequest, ...(Array.isArray(before) ? before : [before])];
  });
}
