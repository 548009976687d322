import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** A browser asks again after this long whether a page may still ask. */
const PREFLIGHT_VALID_SECONDS = 600;

/**
 * Lets pages of the listed origins read answers, and no others (CORS). Cookies play no part: a page sends the credential that it
 * was given. Without a list nothing is registered, and no page of another origin reads anything.
 */
export async function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await fastify.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'if-none-match',
      'apollo-require-preflight',
      'x-apollo-operation-name',
    ],
    exposedHeaders: ['etag', 'retry-after', 'ratelimit', 'ratelimit-policy'],
    credentials: false,
    maxAge: PREFLIGHT_VALID_SECONDS,
  });
}
