import type { IncomingMessage } from 'node:http';
import { gunzip } from 'node:zlib';
import { RefusedRequest } from './refusal';

/**
 * Reads the body of a request, unpacked if it came with gzip. Never holds more than the limit: a body that is larger, or unpacks to
 * more, is refused as soon as that shows.
 *
 * @throws RefusedRequest BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE for another encoding, BAD_REQUEST for broken gzip
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const encoding = readEncoding(request.headers['content-encoding']);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const sent = await readSent(request, bytesMax);
  return encoding === 'GZIP' ? unpack(sent, bytesMax) : sent;
}

/**
 * Unpacks a body that was read already, if its `Content-Encoding` asks for it, under the same bounds.
 *
 * @throws RefusedRequest as `readBody`
 */
export async function unpackBody(
  sent: Buffer,
  contentEncoding: string | undefined,
  bytesMax: number,
): Promise<Buffer> {
  return readEncoding(contentEncoding) === 'GZIP' ? unpack(sent, bytesMax) : sent;
}

/** Content codings are compared without case, and `x-gzip` is gzip (RFC 9110, 8.4.1). */
const ENCODINGS: Readonly<Record<string, 'PLAIN' | 'GZIP'>> = {
  '': 'PLAIN',
  identity: 'PLAIN',
  gzip: 'GZIP',
  'x-gzip': 'GZIP',
};

function readEncoding(header: string | undefined): 'PLAIN' | 'GZIP' {
  if (header === undefined) return 'PLAIN';
  const name = header.trim().toLowerCase();
  const encoding = Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined;
  if (encoding === undefined)
    throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', 'send the body plain or with gzip (Content-Encoding)');
  return encoding;
}

function readSent(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) {
        request.removeAllListeners('data').pause();
        reject(tooLarge(bytesMax));
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once('error', () => reject(new RefusedRequest('BAD_REQUEST', 'the body broke off')));
  });
}

function unpack(sent: Buffer, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(sent, { maxOutputLength: bytesMax }, (error, unpacked) => {
      if (error === null) resolve(unpacked);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        reject(new RefusedRequest('BODY_TOO_LARGE', `the body unpacks to more than ${bytesMax} bytes`));
      else reject(new RefusedRequest('BAD_REQUEST', 'the body is not valid gzip'));
    });
  });
}

function tooLarge(bytesMax: number): RefusedRequest {
  return new RefusedRequest('BODY_TOO_LARGE', `the body is larger than ${bytesMax} bytes`);
}
