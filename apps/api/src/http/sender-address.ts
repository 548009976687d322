import proxyAddr from '@fastify/proxy-addr';
import { parse, type IPv6 } from 'ipaddr.js';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** For a connection that was closed before its request was looked at, or that has no address (a Unix socket). */
const UNKNOWN_ADDRESS = 'unknown';
/** `[address]` with or without a port, and an IPv4 address with one: proxies write all of these. */
const BRACKETED = /^\[([^\]]*)\](?::\d{1,5})?$/;
const WITH_PORT = /^([\d.]+):\d{1,5}$/;

const addresses = new WeakMap<IncomingMessage, string>();

/** Keeps the address of a request from the moment it arrives. */
export function noteSenderAddress(request: IncomingMessage, address: string): void {
  addresses.set(request, address);
}

/** The address that a request came from, in its one spelling, as it was noted when the request arrived. Never missing. */
export function senderAddress(request: IncomingMessage): string {
  return addresses.get(request) ?? UNKNOWN_ADDRESS;
}

/**
 * Tells the address that a request came from: of the connection, or by the word of proxies that are trusted (addresses, networks
 * or names such as `loopback`). `X-Forwarded-For` is read from its end as far as trusted proxies wrote it; where one wrote what is no
 * address (`unknown`, an invented name), the request counts as that proxy's own. `Forwarded` is not read.
 */
export function addressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return ({ socket, headers }) => {
    let address = canonicalAddress(socket.remoteAddress ?? '') ?? UNKNOWN_ADDRESS;
    const said = headers['x-forwarded-for'];
    if (trustedProxies.length === 0 || said === undefined) return address;
    const entries = String(said)
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    for (let hop = 0; entries.length > 0 && isTrusted(address, hop); hop += 1) {
      const next = canonicalAddress(entries.pop() as string);
      if (next === null) return address;
      address = next;
    }
    return address;
  };
}

/**
 * An address in its one spelling: without port, brackets and zone, IPv6 shortened by RFC 5952, IPv4 within IPv6 as IPv4.
 *
 * @returns null for what is no address
 */
export function canonicalAddress(text: string): string | null {
  const bare = BRACKETED.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text;
  const [address = ''] = bare.split('%');
  // The library takes more than addresses: 0x7f.1, say.
  const family = isIP(address);
  if (family === 0) return null;
  if (family === 4) return address;
  const six = parse(address) as IPv6;
  return six.isIPv4MappedAddress() ? six.toIPv4Address().toString() : six.toRFC5952String();
}
