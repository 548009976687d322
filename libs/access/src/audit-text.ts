import type { AuditDetails } from './audit-entry';

/** What stands where a secret stood. */
export const BLOT = '[redacted]';

/** Text in the log is for recognising things, not for reading them; identities are the longest of it. */
const TEXT_CHARACTERS_MAX = 120;
/** A subject of OpenID Connect has at most this many. */
const ACTOR_CHARACTERS_MAX = 255;
/** More values of one list than this say no more than their number. */
const LIST_VALUES_MAX = 20;
const LIST_TEXT_CHARACTERS_MAX = 40;
/** Details are written by our own code; more than this is a mistake, and said to be. */
const DETAILS_CHARACTERS_MAX = 4_000;

/** A code of the Organisation Data Service: letters and digits, none longer than this. */
const ODS_CODE = /^[A-Za-z0-9]{1,12}$/;

/**
 * What may stand unbroken for so long: identities of ours (a UUID, also behind a practice's code or a kind of token) and
 * moments. Everything else without a space is a secret until proven otherwise: our own have 32 characters and more, and people
 * paste them into the wrong field.
 */
const LONG_RUN = /[^\s]{24,}/g;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const KNOWN_SHAPE = new RegExp(
  `^(?:(?:[A-Za-z0-9]{1,12}\\.|api-token:)?${UUID}|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2}))$`,
  'i',
);
/** Beginnings of our own secrets, of JSON Web Tokens, and of headers that carry one: blotted out however little follows. */
const MARKED = /\b(?:enrol_|erat_|[mr]\d(?:-[\w-]+)?\.|eyJ|(?:Bearer|Basic)\s+)\S+/gi;
/** BitLocker's recovery password: eight groups of six digits. Half of one is enough. */
const RECOVERY_PASSWORD = /\d{6}(?:[-\s]?\d{6}){3,}/g;

/** Text that may be stored: control characters gone, secrets blotted out, shortened to 120 characters. */
export function recordableText(text: string): string {
  return shortened(withoutSecrets(printable(text)), TEXT_CHARACTERS_MAX);
}

/** Who acted: known to us and no secret, but chosen by others, so as long as they like. Names and subjects may be one long run. */
export function recordableActor(id: string): string {
  return shortened(printable(id), ACTOR_CHARACTERS_MAX);
}

/** An organisation's code; anything that is none is treated as text, because it came from outside. */
export function recordableCode(code: string): string {
  return ODS_CODE.test(code) ? code : recordableText(code);
}

/** Details as the JSON that is hashed and stored: names sorted, texts made recordable, lists cut with their number told. */
export function recordableDetails(details: AuditDetails): string {
  const fields = Object.entries(details)
    .filter(([, value]) => value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]): [string, unknown] => [name, isCode(name, value) ? value : recordableValue(value)]);
  const json = JSON.stringify(Object.fromEntries(fields));
  return json.length <= DETAILS_CHARACTERS_MAX ? json : JSON.stringify({ omittedCharacters: json.length });
}

/** Codes of refusals are words of ours, and some of them are long. */
function isCode(name: string, value: unknown): boolean {
  return name === 'code' && typeof value === 'string' && /^[A-Z_]{1,40}$/.test(value);
}

function recordableValue(value: AuditDetails[string]): unknown {
  if (typeof value === 'string') return recordableText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (!Array.isArray(value)) return value;
  const texts = (value as readonly string[])
    .slice(0, LIST_VALUES_MAX)
    .map((text) => shortened(recordableText(text), LIST_TEXT_CHARACTERS_MAX));
  return value.length > LIST_VALUES_MAX ? [...texts, `and ${value.length - LIST_VALUES_MAX} more`] : texts;
}

/** Blots out what is or might be a secret. */
export function withoutSecrets(text: string): string {
  return text
    .replace(RECOVERY_PASSWORD, BLOT)
    .replace(MARKED, BLOT)
    .replace(LONG_RUN, (run) => (KNOWN_SHAPE.test(run) ? run : BLOT));
}

/** Without what PostgreSQL or a reader's terminal would stumble over: control characters, and halves of surrogate pairs. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, ' ');
}

function shortened(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `${text.slice(0, charactersMax - 1).replace(/\p{Cs}$/u, '')}…`;
}
