import { excerpt } from './excerpt';
import { isOdsCode } from './ods-code';
import { REGION_CODES_OUTSIDE_ENGLAND, REGIONS_BY_CODE, RETIRED_REGION_CODES } from './reference-data';
import type { SkipReason } from './skipped-rows';

/** Longest practice or ICB name that is taken, in characters. The longest real one has 85. */
const NAME_LENGTH_MAX = 200;

/** Longest postcode, in characters, with its space. */
const POSTCODE_LENGTH_MAX = 8;

/** Longest supplier name, in characters. */
const SUPPLIER_LENGTH_MAX = 60;

/** Why a row is not taken, before line and code are known. */
export type Refusal = { readonly reason: SkipReason; readonly detail: string };

/** A row that cannot be read, with what is wrong about it. */
export function broken(detail: string): Refusal {
  return { reason: 'BROKEN_ROW', detail };
}

/** Null when the text can be an organisation's code. */
export function refuseCode(text: string, what: string): Refusal | null {
  if (isOdsCode(text)) return null;
  return broken(`${what}: expected 3 to 9 capital letters and digits, saw ${excerpt(text)}`);
}

/** Null when the text can be a name: not empty, not endless, nothing unprintable in it. */
export function refuseName(text: string, what: string, lengthMax: number = NAME_LENGTH_MAX): Refusal | null {
  if (text === '') return broken(`${what}: expected a name, saw nothing`);
  if (text.length > lengthMax)
    return broken(`${what}: expected at most ${lengthMax} characters, saw ${text.length}`);
  return /\p{Cc}/u.test(text) ? broken(`${what}: unprintable characters in ${excerpt(text)}`) : null;
}

/** Null when the text can be a postcode; none is fine. */
export function refusePostcode(text: string): Refusal | null {
  return text === '' ? null : refuseName(text, 'postcode', POSTCODE_LENGTH_MAX);
}

/** Null when the text can name a system supplier; none is fine. */
export function refuseSupplier(text: string): Refusal | null {
  return text === '' ? null : refuseName(text, 'supplier', SUPPLIER_LENGTH_MAX);
}

/** Null when the region is one of the seven of England. */
export function refuseRegion(code: string): Refusal | null {
  if (REGIONS_BY_CODE.has(code)) return null;
  if (REGION_CODES_OUTSIDE_ENGLAND.has(code)) {
    return { reason: 'NOT_IN_ENGLAND', detail: code === '' ? 'no region' : `region ${code}` };
  }
  if (RETIRED_REGION_CODES.has(code)) return { reason: 'RETIRED_REGION', detail: `region ${code}` };
  return { reason: 'UNKNOWN_REGION', detail: `region ${excerpt(code)}` };
}
