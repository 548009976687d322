import type { FastifyReply, FastifyRequest, RequestPayload } from 'fastify';
import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RefusedRequest } from './refusal';

/**
 * A hook that unpacks gzip bodies, counting what comes out: a small body that unpacks to a large one is refused as soon as it
 * passes the limit, and no more of it is unpacked.
 */
export function unpackGzip(bytesMax: number) {
  return async (
    request: FastifyRequest,
    _reply: FastifyReply,
    payload: RequestPayload,
  ): Promise<RequestPayload> => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return payload;
    if (encoding !== 'gzip')
      throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', 'send the body plain or with gzip');
    let unpackedBytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        unpackedBytes += chunk.length;
        if (unpackedBytes > bytesMax)
          done(new RefusedRequest('BODY_TOO_LARGE', `the body unpacks to more than ${bytesMax} bytes`));
        else done(null, chunk);
      },
    });
    let packedBytes = 0;
    payload.on('data', (chunk: Buffer) => {
      packedBytes += chunk.length;
      Object.assign(counted, { receivedEncodedLength: packedBytes });
    });
    const gunzip = createGunzip();
    gunzip.on('error', () =>
      counted.destroy(new RefusedRequest('BAD_REQUEST', 'the body is not valid gzip')),
    );
    payload.on('error', (error: Error) => counted.destroy(error));
    payload.pipe(gunzip).pipe(counted);
    return counted;
  };
}
