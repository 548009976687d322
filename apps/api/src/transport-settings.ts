import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { EnvironmentReader } from './environment';

/** How others reach the service, and which of them it believes what they say about third parties. */
export type Transport = {
  /** Certificate and key in PEM; null: plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Addresses and networks of proxies whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Origins of web pages that may read answers. */
  readonly corsOrigins: readonly string[];
};

/** The content of the files, not their names. */
export type TlsFiles = {
  readonly key: string;
  readonly cert: string;
  /** Who signs the certificates of clients; null: clients are not asked for one. */
  readonly clientCa: string | null;
};

/** Names of networks that the proxy library knows. */
const NAMED_NETWORKS: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Reads certificates, proxies and origins, and notes what cannot be used. */
export function readTransport(env: EnvironmentReader): Transport {
  const trustedProxies = env.list('TRUSTED_PROXIES');
  for (const proxy of trustedProxies) {
    if (!isNetwork(proxy))
      env.problems.push(`TRUSTED_PROXIES must list addresses, networks or loopback, not "${proxy}"`);
  }
  const corsOrigins = env.list('CORS_ORIGINS');
  for (const origin of corsOrigins) {
    if (!isOrigin(origin))
      env.problems.push(`CORS_ORIGINS must list origins as in https://dashboard.example, not "${origin}"`);
  }
  return { tls: readTls(env), trustedProxies, corsOrigins };
}

function readTls(env: EnvironmentReader): TlsFiles | null {
  const before = env.problems.length;
  const key = env.file('TLS_KEY_FILE');
  const cert = env.file('TLS_CERT_FILE');
  const clientCa = env.file('TLS_CLIENT_CA_FILE');
  if (env.problems.length > before) return null;
  if (key === null && cert === null) {
    if (clientCa !== null) env.problems.push('TLS_CLIENT_CA_FILE needs TLS_KEY_FILE and TLS_CERT_FILE');
    return null;
  }
  if (key === null || cert === null) {
    env.problems.push('TLS_KEY_FILE and TLS_CERT_FILE are needed together');
    return null;
  }
  try {
    createSecureContext({ key, cert, ...(clientCa === null ? {} : { ca: clientCa }) });
  } catch {
    // The library's message may quote the file.
    env.problems.push(
      'TLS_KEY_FILE, TLS_CERT_FILE or TLS_CLIENT_CA_FILE cannot be used, or do not fit together',
    );
    return null;
  }
  return { key, cert, clientCa };
}

function isNetwork(text: string): boolean {
  if (NAMED_NETWORKS.has(text)) return true;
  const [address, bits, ...rest] = text.split('/');
  const version = isIP(address ?? '');
  if (version === 0 || rest.length > 0) return false;
  // Every address trusted would let anybody choose his own.
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

function isOrigin(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
  } catch {
    return false;
  }
}
