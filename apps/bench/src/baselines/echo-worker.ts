import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../load/http-connection';
import { serveParent } from '../stage/serve-parent';
import { echoAnswer } from './echo-answer';

/** What Fastify can do at most: reads a JSON body, or none, and answers a small JSON. */
serveParent(async () => {
  const fastify = Fastify();
  fastify.post('/echo', async (request) => echoAnswer(request.body));
  fastify.get('/small', async () => ({ status: 'ok' }));
  await fastify.listen({ host: LOOPBACK, port: 0 });
  return (fastify.server.address() as AddressInfo).port;
});
