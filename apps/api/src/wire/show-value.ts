import { forbiddenContent } from '@app/care';

const SHOWN_MAX = 40;
/** A secret that begins in what is shown is recognised by so much. */
const SEARCHED_MAX = 200;
/** Credentials, tokens and keys are long words of these characters; what a field here holds is shorter, or has other ones. */
const MAY_BE_SECRET = /[A-Za-z0-9+/_=-]{24,}|\d{6}[ -]?\d{6}/;
const NOT_PRINTABLE = /[\p{Cc}\p{Cs}]/gu;

/** A value as a refusal or a warning tells of it: one line, cut short, and not at all where it may be a secret. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return showText(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

function showText(text: string): string {
  const beginning = text.slice(0, SEARCHED_MAX);
  if (beginning.trim() === '') return 'a blank text';
  if (MAY_BE_SECRET.test(beginning) || forbiddenContent(beginning) !== null)
    return 'a text that is not shown here';
  const shown = text.slice(0, SHOWN_MAX).replace(NOT_PRINTABLE, '?');
  return `"${shown}${text.length > SHOWN_MAX ? '…' : ''}"`;
}
