import type { FastifyRequest } from 'fastify';

/** Whether a request is one of the many: heartbeats, which hooks for all routes let pass at the price of a comparison. */
export function isReport(request: FastifyRequest): boolean {
  return request.url === '/v1/heartbeats';
}
