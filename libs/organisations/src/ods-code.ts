/**
 * ODS codes are opaque upper-case strings of letters and digits, 9 characters at most (digital.nhs.uk,
 * "Organisations and services"; the shortest used here, regions and ICBs, have 3). Only this shape is ever
 * checked: practices are P82011 today, ICBs were QOP until 2026 and are S0E4D since, so any narrower pattern
 * is wrong sooner or later.
 */
const ODS_CODE_SHAPE = /^[A-Z0-9]{3,9}$/;

/** Whether the text has the shape of an ODS code. Says nothing about whether such an organisation exists. */
export function isOdsCode(text: string): boolean {
  return ODS_CODE_SHAPE.test(text);
}
