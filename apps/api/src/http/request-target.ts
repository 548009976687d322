import type { IncomingMessage } from 'node:http';

/** The scheme and authority of an absolute-form target (RFC 9112, 3.2.2), which every server must take. */
const ABSOLUTE = /^https?:\/\/[^/?#\\]+/i;
/** Where a path leads nowhere but to itself: plain characters, no empty or dotted segment, no slash at its end. */
const CANONICAL_PATH = /^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)?$/;
/** What a query may hold: printable ASCII (RFC 3986 has less, clients send more), and no fragment. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

/**
 * The one form in which a target is judged: path and query. The authority of an absolute form is left off; a path that could be
 * spelled otherwise (percent-encoded, doubled or dotted, with parameters or backslashes) has no such form.
 *
 * @returns null when the target is to be refused
 */
export function canonicalTarget(target: string): string | null {
  const absolute = ABSOLUTE.exec(target)?.[0];
  const rest = absolute === undefined ? target : target.slice(absolute.length);
  const origin = absolute !== undefined && (rest === '' || rest.startsWith('?')) ? `/${rest}` : rest;
  const path = pathOf(origin);
  return CANONICAL_PATH.test(path) && QUERY.test(origin.slice(path.length)) ? origin : null;
}

/** The path of a request that the door has let in. */
export function pathOfRequest({ url }: IncomingMessage): string {
  return pathOf(url ?? '');
}

/** Path and query of a request that the door has let in: what tells one question by GET from another. */
export function targetOfRequest({ url }: IncomingMessage): string {
  return url ?? '';
}

/** Whether a request that the door has let in has a query, be it an empty one. */
export function hasQuery({ url }: IncomingMessage): boolean {
  return url?.includes('?') === true;
}

function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end === -1 ? target : target.slice(0, end);
}
