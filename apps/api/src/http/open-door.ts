import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { noteSenderAddress } from './sender-address';
import { RefusedRequest, type RefusalBody } from './refusal';
import { canonicalTarget } from './request-target';

const NOT_CANONICAL = new RefusedRequest(
  'BAD_REQUEST',
  'the request target must be a plain path: no percent-encoding, empty or dotted segment, parameter, backslash or slash at its end',
);

/**
 * Lets requests in, before anything looks at them: notes the address each came from, which a closed connection does not tell any more,
 * and puts its target into its one form, or refuses it. So every check behind the door judges the same path as the router.
 */
export function openDoor(
  addressOf: (request: IncomingMessage) => string,
  listener: RequestListener,
): RequestListener {
  return (request, response) => {
    noteSenderAddress(request, addressOf(request));
    const target = canonicalTarget(request.url ?? '');
    if (target === null) {
      refuse(request, response);
      return;
    }
    request.url = target;
    listener(request, response);
  };
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const { code, message, status } = NOT_CANONICAL;
  const answer: RefusalBody = { code, message };
  const body = JSON.stringify(answer);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  // What was not read of a body would have to be, before the connection could carry another request.
  response.writeHead(status, request.complete ? headers : { ...headers, connection: 'close' }).end(body);
}
