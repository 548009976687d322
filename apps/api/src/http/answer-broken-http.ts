import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { RefusedRequest, type RefusalBody } from './refusal';
import { sendRefusal } from './send-refusal';

/** Why Node's parser gave a connection up, by its codes (llhttp, and Node's own); anything else is no HTTP. */
const REFUSAL_OF_ERROR: Readonly<Record<string, RefusedRequest>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new RefusedRequest('REQUEST_TIMEOUT', 'the request took too long to arrive'),
  HPE_HEADER_OVERFLOW: new RefusedRequest('HEADERS_TOO_LARGE', 'the headers are larger than allowed'),
};
const NO_HTTP = new RefusedRequest('BAD_REQUEST', 'this is not HTTP');
const NO_HOST = new RefusedRequest('BAD_REQUEST', 'the Host header is missing');
const NO_EXPECTATION = new RefusedRequest('EXPECTATION_FAILED', 'nothing is expected but 100-continue');

/**
 * Answers what is not HTTP, or no request that can be read: with a code as everybody else, and then the connection is closed,
 * because nobody can say where the next request would begin.
 */
export function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(rawRefusal(REFUSAL_OF_ERROR[error.code ?? ''] ?? NO_HTTP));
  socket.destroy(error);
}

/**
 * Refuses what Node answers by itself with a bare status: a request without a host (needs `requireHostHeader` switched off), and
 * an expectation that nobody can meet.
 */
export function refuseBrokenHttp(fastify: FastifyInstance): void {
  // With callbacks: a promise each would be paid by every heartbeat.
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.raw.headers.host !== undefined || request.raw.httpVersion === '1.0') done();
    else sendRefusal(reply, NO_HOST);
  });
  fastify.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = bodyOf(NO_EXPECTATION);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    response.writeHead(NO_EXPECTATION.status, headers).end(body);
  });
}

function rawRefusal(refusal: RefusedRequest): string {
  const body = bodyOf(refusal);
  return [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function bodyOf({ code, message }: RefusedRequest): string {
  const body: RefusalBody = { code, message };
  return JSON.stringify(body);
}
