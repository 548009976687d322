import type { FastifyServerOptions } from 'fastify';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { Limits } from './limit-settings';
import type { Transport } from './transport-settings';

/** Kept longer than most load balancers do, so that they and not we close idle connections. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/**
 * On an open request nothing has moved for this long, in either direction: nobody reads the answer any more. Longer than anything that is
 * asked for takes to be worked out, a reconciliation of a large fleet included.
 */
const IDLE_CONNECTION_TIMEOUT_MS = 600_000;
/** Headers are small: whoever needs longer for them holds connections open on purpose. */
const HEADERS_TIMEOUT_MAX_MS = 10_000;
/** How often slow requests are looked for, and so how late one may be found. */
const CHECKS_PER_TIMEOUT = 4;

type Listener = Pick<FastifyServerOptions, 'requestTimeout' | 'keepAliveTimeout' | 'connectionTimeout'> & {
  readonly http?: ServerOptions;
  readonly https?: ServerOptions;
};

/** How the server listens: over TLS or not, and how long it waits for slow clients. */
export function listenerOptions(limits: Limits, { tls }: Transport): Listener {
  const timeouts = {
    // Refused by `refuseBrokenHttp`, with a code.
    requireHostHeader: false,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MAX_MS, limits.requestTimeoutMs),
    connectionsCheckingInterval: Math.ceil(limits.requestTimeoutMs / CHECKS_PER_TIMEOUT),
  };
  return {
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    ...(tls === null
      ? { http: timeouts }
      : {
          https: {
            ...timeouts,
            key: tls.key,
            cert: tls.cert,
            minVersion: 'TLSv1.2',
            // Who shows no certificate, or another's, is heard all the same: only relays that are bound to one need it.
            ...(tls.clientCa === null
              ? {}
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          },
        }),
  };
}

/** Node's server, with the timeouts of `listenerOptions`, as Fastify would make it. */
export function makeServer(
  { http, https, requestTimeout, keepAliveTimeout, connectionTimeout }: Listener,
  listener: RequestListener,
): Server {
  const server = https === undefined ? createServer(http ?? {}, listener) : createTlsServer(https, listener);
  server.requestTimeout = requestTimeout ?? 0;
  server.keepAliveTimeout = keepAliveTimeout ?? 0;
  server.setTimeout(connectionTimeout ?? 0);
  return server;
}
