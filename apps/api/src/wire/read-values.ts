import { parseInstant } from '../instant';
import { isJsonObject, unwrapValue } from './unwrap-value';

/**
 * Single values as agents write them. Each reader takes one value out of parsed JSON and gives back what it means, or undefined where that
 * is not beyond doubt: a wrong reading would be a false proof, an absent one is none.
 */

/** A decimal number as text, with a point. A comma may stand for thousands as well as for the fraction. */
const NUMBER_TEXT = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/;

/** A finite number, also as decimal text. */
export function readNumber(value: unknown): number | undefined {
  const inner = unwrapValue(value);
  if (typeof inner === 'number') return Number.isFinite(inner) ? inner : undefined;
  const text = typeof inner === 'string' ? inner.trim() : '';
  return NUMBER_TEXT.test(text) ? Number(text) : undefined;
}

/**
 * true or false, also as text in any case. No number is a flag: where a service runs, .NET writes 4 for Running and 1 for Stopped
 * (ServiceControllerStatus), so that 1 read as true would be the contrary of what was meant.
 */
export function readFlag(value: unknown): boolean | undefined {
  const inner = unwrapValue(value);
  if (typeof inner === 'boolean') return inner;
  const text = typeof inner === 'string' ? inner.trim().toLowerCase() : '';
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** One of a few words; case, surrounding blanks, and what stands between its parts (`Safe mode`, `safe-mode`) do not count. */
export function readWord<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  const inner = unwrapValue(value);
  if (typeof inner !== 'string' || inner.length > WORD_LENGTH_MAX) return undefined;
  const folded = foldWord(inner);
  return words.find((word) => foldWord(word) === folded);
}

const WORD_LENGTH_MAX = 64;

function foldWord(text: string): string {
  return text
    .trim()
    .toUpperCase()
    .replace(/[\s_-]+/g, '');
}

const PRINTABLE_TEXT = /^[^\p{Cc}\p{Cs}]+$/u;

/** Text that can be stored, without blanks around it; also a whole number, in its digits. Never an empty text. */
export function readText(value: unknown, lengthMax: number): string | undefined {
  const inner = unwrapValue(value);
  if (typeof inner === 'number') return Number.isSafeInteger(inner) && inner >= 0 ? String(inner) : undefined;
  if (typeof inner !== 'string') return undefined;
  const text = inner.trim();
  return text.length <= lengthMax && PRINTABLE_TEXT.test(text) ? text : undefined;
}

/**
 * A version: text, or an object as .NET writes a `System.Version`, whose missing parts are −1. No number: 7.16 may have been 7.160, and a
 * version read too low would leave a machine out of the incident.
 */
export function readVersion(value: unknown, lengthMax: number): string | undefined {
  const inner = unwrapValue(value);
  if (typeof inner === 'string') return readText(inner, lengthMax);
  if (!isJsonObject(inner)) return undefined;
  const parts = VERSION_PARTS.map((part) => inner[part]);
  const end = parts.indexOf(-1);
  const told = end === -1 ? parts : parts.slice(0, end);
  const isVersion =
    told.length >= 2 &&
    told.every((part) => Number.isSafeInteger(part) && (part as number) >= 0) &&
    parts.slice(told.length).every((part) => part === -1);
  return isVersion ? readText(told.join('.'), lengthMax) : undefined;
}

const VERSION_PARTS = ['Major', 'Minor', 'Build', 'Revision'] as const;

/** Longer than any time that somebody means, however many digits its fraction has. */
const TIME_LENGTH_MAX = 128;
/**
 * As Windows PowerShell 5.1 (JavaScriptSerializer) writes a DateTime: milliseconds since 1970 in UTC. An offset in it only says where it was
 * written (learn.microsoft.com, "Stand-Alone JSON Serialization").
 */
const DOTNET_DATE = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/;
/** The years that RFC 3339 can write. */
const YEAR_0_MS = -62_167_219_200_000;
const YEAR_10000_MS = 253_402_300_800_000;

/**
 * A moment in milliseconds since 1970: RFC 3339, or .NET's `/Date(…)/`. A number is none: it may be seconds, milliseconds or ticks.
 * A local time is told from what cannot be read, because it refuses the whole item (`parseInstant`).
 */
export function readTime(value: unknown): number | 'LOCAL_TIME' | undefined {
  const inner = unwrapValue(value);
  if (typeof inner !== 'string' || inner.length > TIME_LENGTH_MAX) return undefined;
  const text = inner.trim();
  const dotnet = DOTNET_DATE.exec(text)?.[1];
  const atMs = dotnet === undefined ? parseInstant(text) : Number(dotnet);
  if (atMs === 'LOCAL_TIME') return atMs;
  return atMs === 'INVALID_TIME' || atMs < YEAR_0_MS || atMs >= YEAR_10000_MS ? undefined : atMs;
}

const UINT32_VALUES = 4_294_967_296;
const INT32_MIN = -2_147_483_648;
/**
 * `0xC000021A`; as 64 bits with the sign drawn out (`0xFFFFFFFFC000021A`); and as the text of event 1001 begins: the code, then its
 * parameters in brackets.
 */
const HEX_CODE = /^0x(?:f{8}(?=[89a-f][0-9a-f]{7}(?![0-9a-f])))?0*([0-9a-f]{1,8})(?:\s*\(.*)?$/i;

/**
 * A stop code as a number from 0 to 2^32 − 1. Windows shows it as hexadecimal text, and what reads it as a signed number of 32 bits
 * writes the upper half of them negative: −1073741286 is 0xC000021A.
 */
export function readStopCode(value: unknown): number | undefined {
  const inner = unwrapValue(value);
  const hex = typeof inner === 'string' ? HEX_CODE.exec(inner.trim())?.[1] : undefined;
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const code = readNumber(inner);
  if (code === undefined || !Number.isInteger(code) || code < INT32_MIN || code >= UINT32_VALUES)
    return undefined;
  return code < 0 ? code + UINT32_VALUES : code;
}

/** A UUID as it is written: lower or upper case, with or without hyphens, in braces or brackets, or as a URN (RFC 9562, 4). */
const UUID =
  /^(?:urn:uuid:)?[{(]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[})]?$/i;

/** A UUID in lower case with hyphens, from any of its usual notations. */
export function readUuid(value: unknown): string | undefined {
  const inner = unwrapValue(value);
  const parts = typeof inner === 'string' ? UUID.exec(inner.trim())?.slice(1) : undefined;
  return parts?.join('-').toLowerCase();
}

/** Letters and digits, 3 to 9 of them (`isOdsCode` in libs/organisations says where from). */
const ODS_CODE = /^[A-Z0-9]{3,9}$/;
const ODS_TEXT_MAX = 32;

/** An ODS code as a person may type it: blanks anywhere in it and small letters do not count (`p 82 011`). */
export function readOdsCode(value: unknown): string | undefined {
  const inner = unwrapValue(value);
  if (typeof inner !== 'string' || inner.length > ODS_TEXT_MAX) return undefined;
  const code = inner.replace(/\s+/g, '').toUpperCase();
  return ODS_CODE.test(code) ? code : undefined;
}
