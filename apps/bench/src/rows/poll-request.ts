import { createHash } from 'node:crypto';
import { LOOPBACK } from '../load/http-connection';
import type { ServiceProcess } from '../stage/service-process';

/** What a regional dashboard asks for. */
const DASHBOARD_QUERY =
  'query Dashboard { recoveryProgress(by: REGION) { asOf ruleVersion rows { ...Row } total { ...Row } } } ' +
  'fragment Row on OrganisationProgress { organisation { odsCode name } fleet exempt ' +
  'everAffected recovered unrecovered unknown states { state count } exposures { exposure count } ' +
  'recoveredRatio { ...Share } low { ...Share } high { ...Share } } ' +
  'fragment Share on Ratio { numerator denominator value }';

const OK = 200;

/**
 * The request of a dashboard that polls with the hash of its query, and with the validator of what it has, or
 * null.
 */
export function pollRequest(port: number, adminToken: string, etag: string | null): string {
  const head = [
    `GET ${pollPath()} HTTP/1.1`,
    `Host: ${LOOPBACK}:${port}`,
    `Authorization: Bearer ${adminToken}`,
    'Apollo-Require-Preflight: true',
    'Accept: application/json',
    ...(etag === null ? [] : [`If-None-Match: ${etag}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n`;
}

/**
 * A request that is never answered from anything kept, and asks the same: a dashboard that posts its query.
 */
export function uncachedRequest(port: number, adminToken: string): string {
  const body = JSON.stringify({ query: DASHBOARD_QUERY });
  return (
    `POST /graphql HTTP/1.1\r\nHost: ${LOOPBACK}:${port}\r\nAuthorization: Bearer ${adminToken}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** The least that a server can be asked for, with the same headers. */
export function smallRequest(port: number, adminToken: string): string {
  return pollRequest(port, adminToken, null).replace(pollPath(), '/small');
}

/**
 * Makes the query known to the service, as a dashboard does when its hash is not known yet, and returns the
 * present ETag.
 */
export async function readPresentEtag(service: ServiceProcess, adminToken: string): Promise<string> {
  const headers = {
    authorization: `Bearer ${adminToken}`,
    'apollo-require-preflight': 'true',
    accept: 'application/json',
  };
  const first = await fetch(`${service.url}${pollPath()}&query=${encodeURIComponent(DASHBOARD_QUERY)}`, {
    headers,
  });
  await first.arrayBuffer();
  const response = await fetch(`${service.url}${pollPath()}`, { headers });
  const text = await response.text();
  const etag = response.headers.get('etag');
  if (first.status !== OK || response.status !== OK || etag === null)
    throw new Error(`a poll was answered ${response.status}: ${text}`);
  return etag;
}

function pollPath(): string {
  const sha256Hash = createHash('sha256').update(DASHBOARD_QUERY).digest('hex');
  const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
  return `/graphql?extensions=${encodeURIComponent(extensions)}`;
}
