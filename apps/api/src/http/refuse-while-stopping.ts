import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';
import type { ServiceLife } from '../service-life';
import { RefusedRequest } from './refusal';
import { sendRefusal } from './send-refusal';

/** By then another process has taken over, or this one is back. */
const STOPPING_RETRY_AFTER_SECONDS = 10;
/** What every request is told from the beginning of a stop. */
export const STOPPING = new RefusedRequest(
  'STOPPING',
  'the service is stopping; send the same again later',
  STOPPING_RETRY_AFTER_SECONDS,
);

/**
 * Lets a stop be short and polite. From its beginning requests on open connections are told to come again, every answer ends
 * its connection, and connections on which no request ever began are cut: Node takes those for busy, and a client that keeps
 * its connection would hold up the stop until it is closed by force. Needs Fastify's own refusal switched off
 * (`return503OnClosing`), which knows no Retry-After.
 */
export function refuseWhileStopping(fastify: FastifyInstance, life: ServiceLife): void {
  const unused = new Set<Socket>();
  fastify.server.on('connection', (socket) => {
    if (life.isStopping) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', (request) => unused.delete(request.socket));
  life.onStop(() => {
    for (const socket of unused) socket.destroy();
  });
  fastify.addHook('onRequest', (_request, reply, done) => {
    if (life.isStopping) sendRefusal(reply, STOPPING);
    else done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (life.isStopping) void reply.header('connection', 'close');
    done(null, payload);
  });
}
