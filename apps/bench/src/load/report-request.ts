import { LOOPBACK } from './http-connection';
import { heartbeatSlots, type HeartbeatSlots } from './heartbeat-slots';
import type { ReportStyle } from './load-command';

/** A request laid out for so many heartbeats, with the places where they and the credential go. */
export type ReportRequest = {
  readonly bytes: Buffer;
  readonly slots: HeartbeatSlots;
  /** Where each heartbeat begins. */
  readonly heartbeatsAt: readonly number[];
  /** Where the credential goes; −1: it is written already, or there is none. */
  readonly credentialAt: number;
};

const MUTATION =
  'mutation Report($input: ReportHeartbeatsInput!) ' +
  '{ reportHeartbeats(input: $input) { serverTime results { seq outcome code } } }';

const GRAPHQL_BODY = {
  before: `{"query":${JSON.stringify(MUTATION)},"variables":{"input":{"heartbeats":[`,
  after: ']}}}',
};
const LIST_BODY = { before: '{"heartbeats":[', after: ']}' };

/**
 * What stands before and after the heartbeats, who names the machine, and whether each machine shows its own
 * credential.
 */
const STYLES: Readonly<
  Record<ReportStyle, { before: string; after: string; namesMachine: boolean; ownCredential: boolean }>
> = {
  RELAY: { ...LIST_BODY, namesMachine: true, ownCredential: false },
  MACHINE: { ...LIST_BODY, namesMachine: false, ownCredential: true },
  GRAPHQL_RELAY: { ...GRAPHQL_BODY, namesMachine: true, ownCredential: false },
  GRAPHQL_MACHINE: { ...GRAPHQL_BODY, namesMachine: false, ownCredential: true },
  PLAIN_ONE: { before: '', after: '', namesMachine: true, ownCredential: false },
  PLAIN_LIST: { ...LIST_BODY, namesMachine: true, ownCredential: false },
};

export function hasOwnCredential(style: ReportStyle): boolean {
  return STYLES[style].ownCredential;
}

/** @param credential the relay's, or any machine's as a sample of its length */
export function layOutRequest(
  style: ReportStyle,
  target: { readonly port: number; readonly path: string },
  perRequest: number,
  credential: string,
): ReportRequest {
  const { before, after, namesMachine, ownCredential } = STYLES[style];
  const slots = heartbeatSlots(namesMachine);
  const body = before + Array.from({ length: perRequest }, () => slots.text).join(',') + after;
  const head =
    `POST ${target.path} HTTP/1.1\r\nHost: ${LOOPBACK}:${target.port}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nAuthorization: Bearer ${credential}\r\n\r\n`;
  const firstAt = head.length + before.length;
  return {
    bytes: Buffer.from(head + body, 'latin1'),
    slots,
    heartbeatsAt: Array.from({ length: perRequest }, (_, i) => firstAt + i * (slots.text.length + 1)),
    credentialAt: ownCredential ? head.indexOf(credential) : -1,
  };
}
