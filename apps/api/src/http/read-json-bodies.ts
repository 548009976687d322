import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { unpackBody } from './read-body';
import { readUtf8, requireUtf8Charset } from './read-json';

/**
 * Has the frameworks read JSON bodies (enrolments, exports, GraphQL, the clock) as the heartbeats' own endpoint does: gzip under the
 * same bounds, strict UTF-8, a leading mark ignored. Fastify's own parser would read any bytes as UTF-8 and unpack nothing.
 *
 * Call before the application is initialised. Keys that would poison an object are refused by Fastify's parser of the text.
 */
export function readJsonBodies(app: NestFastifyApplication, bytesMax: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parseText = fastify.getDefaultJsonParser('error', 'error');
  app.useBodyParser('application/json', { bodyLimit: bytesMax }, async (request, sent, done) => {
    const { headers } = request;
    requireUtf8Charset(headers['content-type'] ?? '');
    const bytes = await unpackBody(sent, headers['content-encoding'], bytesMax);
    void parseText(request as never, readUtf8(bytes), done as never);
  });
}
