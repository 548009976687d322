import type { FastifyInstance } from 'fastify';
import { AUDIT_POLICIES } from './audit-policies';

/** What Fastify adds by itself to a route that has a policy. */
const ADDED: ReadonlySet<string> = new Set(['HEAD', 'OPTIONS']);

/**
 * Refuses to register a route of which nobody has said whether it is recorded: a service with one does not start. Call before any
 * route is registered.
 *
 * @throws Error from whatever registers such a route
 */
export function requireRoutePolicies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      const name = `${one} ${url}`;
      if (!ADDED.has(one) && AUDIT_POLICIES[name] === undefined)
        throw new Error(`${name} has no audit policy: say in audit-policies.ts what is recorded of it`);
    }
  });
}
