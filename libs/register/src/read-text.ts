import { decode } from 'iconv-lite';
import { REGISTER_FILE_BYTES_MAX, type RegisterEncoding } from './register-file';
import { RegisterFileError } from './register-file-error';

/** A list as text, and how its bytes were read. */
export type RegisterText = { readonly text: string; readonly encoding: RegisterEncoding };

/** Bytes that are looked at for the pattern of UTF-16 without a mark. */
const SAMPLE_BYTES = 4_096;
/** Of every second byte: western text in UTF-16 has a zero there nearly always, and nothing else has. */
const ZEROS_SHARE_MIN = 0.4;

/**
 * Reads bytes as text: UTF-16 or UTF-8 by its mark, UTF-16 without one where every second byte is zero, strict UTF-8, and what is
 * none of them as Windows-1252, in which spreadsheets of western Europe save CSV. The answer tells which, so that a wrong guess is
 * seen in the preview.
 *
 * @throws RegisterFileError TOO_LARGE, or NOT_TEXT for a workbook, an archive, or bytes that are no text in any of these
 */
export function* readText(bytes: Uint8Array): Generator<void, RegisterText> {
  if (bytes.length > REGISTER_FILE_BYTES_MAX)
    throw new RegisterFileError('TOO_LARGE', `expected at most ${REGISTER_FILE_BYTES_MAX} bytes`);
  if (BINARY.some((start) => start.every((byte, at) => bytes[at] === byte)))
    throw new RegisterFileError('NOT_TEXT', 'this is a workbook or an archive: save the sheet as CSV');
  const encoding = utf16Of(bytes) ?? 'UTF_8';
  const text = strictly(bytes, encoding);
  yield;
  if (text === null && encoding === 'UTF_8') {
    const western = yield* windows1252(bytes);
    if (isText(western) && !western.includes(UNDEFINED)) return { text: western, encoding: 'WINDOWS_1252' };
  } else if (text !== null && isText(text)) return { text, encoding };
  throw new RegisterFileError(
    'NOT_TEXT',
    'this is no text in UTF-8, UTF-16 or Windows-1252: save the sheet as “CSV UTF-8”',
  );
}

/** How files begin that spreadsheets open and that are no text: ZIP (xlsx, ods), OLE (xls), PDF, gzip. */
const BINARY: readonly (readonly number[])[] = [
  [0x50, 0x4b],
  [0xd0, 0xcf, 0x11, 0xe0],
  [0x25, 0x50, 0x44, 0x46],
  [0x1f, 0x8b],
];

/** What bytes become that an encoding has no character for. */
const UNDEFINED = '\ufffd';

function isText(text: string): boolean {
  return !text.includes('\u0000');
}

function utf16Of(bytes: Uint8Array): 'UTF_16LE' | 'UTF_16BE' | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'UTF_16LE';
  if (first === 0xfe && second === 0xff) return 'UTF_16BE';
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  let [atEven, atOdd] = [0, 0];
  sample.forEach((byte, at) => {
    if (byte === 0 && at % 2 === 0) atEven += 1;
    else if (byte === 0) atOdd += 1;
  });
  const many = Math.max((sample.length / 2) * ZEROS_SHARE_MIN, 1);
  if (atOdd >= many && atEven < many) return 'UTF_16LE';
  return atEven >= many && atOdd < many ? 'UTF_16BE' : null;
}

const LABELS = { UTF_8: 'utf-8', UTF_16LE: 'utf-16le', UTF_16BE: 'utf-16be' } as const;

/** Without its mark; null when it is something else. */
function strictly(bytes: Uint8Array, encoding: keyof typeof LABELS): string | null {
  try {
    return new TextDecoder(LABELS[encoding], { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes in one step: some five milliseconds. */
const BYTES_PER_STEP = 1024 * 1024;

/**
 * Not `TextDecoder('windows-1252')`, which gives U+0096 for the dash at byte 96 in Node 20. Bytes that Windows-1252 leaves open
 * become U+FFFD.
 */
function* windows1252(bytes: Uint8Array): Generator<void, string> {
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += BYTES_PER_STEP) {
    const some = bytes.subarray(from, from + BYTES_PER_STEP);
    parts.push(decode(Buffer.from(some.buffer, some.byteOffset, some.byteLength), 'windows-1252'));
    yield;
  }
  return parts.join('');
}
