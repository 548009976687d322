import proxyAddr from '@fastify/proxy-addr';
import type { IncomingMessage } from 'node:http';

/**
 * Tells the address that a request came from: of the connection, or by the word of proxies that are trusted (addresses, networks
 * or names such as `loopback`), as `request.ip` does it elsewhere.
 */
export function addressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return (request) =>
    trustedProxies.length === 0 ? (request.socket.remoteAddress ?? '') : proxyAddr(request, isTrusted);
}
