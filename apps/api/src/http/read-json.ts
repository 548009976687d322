import { isUtf8 } from 'node:buffer';
import { RefusedRequest } from './refusal';

/** Bytes of the byte order mark in UTF-8: EF BB BF. It says nothing there, and many editors and shells write it. */
const UTF8_MARK_BYTES = 3;
/** Names of UTF-8 in a Content-Type, and of ASCII, which is a part of it. */
const UTF8_CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);
/** What is told of a charset's name that is not known. */
const CHARSET_SHOWN_MAX = 20;

/**
 * The text of a body. JSON between systems is UTF-8 (RFC 8259, 8.1), so anything else is refused by name: read as UTF-8 it would be
 * another text, under which no machine is found again. A leading byte order mark is ignored, as that section allows.
 *
 * @throws RefusedRequest BAD_ENCODING
 */
export function readUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes))
    throw new RefusedRequest('BAD_ENCODING', `the body is ${otherEncodingOf(bytes)}: send UTF-8`);
  return bytes.toString('utf8', hasUtf8Mark(bytes) ? UTF8_MARK_BYTES : 0);
}

/**
 * What a JSON body holds. Nothing is merged into objects here: whoever takes values out of it copies them one by one.
 *
 * @throws RefusedRequest BAD_ENCODING, BAD_REQUEST
 */
export function readJson(bytes: Buffer): unknown {
  const text = readUtf8(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw isUtf16(bytes)
      ? new RefusedRequest('BAD_ENCODING', 'the body is UTF-16: send UTF-8')
      : new RefusedRequest('BAD_REQUEST', 'the body is not JSON');
  }
}

/**
 * Refuses a Content-Type that names another charset than UTF-8; the parameter's name and value are compared without case, with or
 * without quotation marks.
 *
 * @throws RefusedRequest UNSUPPORTED_MEDIA_TYPE
 */
export function requireUtf8Charset(contentType: string): void {
  const charset = /;\s*charset\s*=\s*["']?([^"';\s]*)/i.exec(contentType)?.[1];
  if (charset === undefined || UTF8_CHARSETS.has(charset.toLowerCase())) return;
  const shown = charset.slice(0, CHARSET_SHOWN_MAX).replace(/[^\w.:-]/g, '?');
  throw new RefusedRequest('UNSUPPORTED_MEDIA_TYPE', `the charset is "${shown}": send UTF-8`);
}

function hasUtf8Mark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function otherEncodingOf(bytes: Buffer): string {
  return isUtf16(bytes) ? 'UTF-16 (PowerShell’s Out-File and > write it)' : 'not UTF-8';
}

/** By its mark, or because the first character of any JSON text is ASCII, and every second byte of that is zero. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return bytes.length > 1 && (first === 0) !== (second === 0);
}
