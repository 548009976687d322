/**
 * A BitLocker recovery password: eight groups of six digits (Win32_EncryptableVolume, learn.microsoft.com). Each group is a
 * multiple of eleven, which tells it from a list of numbers.
 */
const RECOVERY_PASSWORD =
  /(?<!\d)(\d{6})(?:[\s-]*)(\d{6})(?:[\s-]*)(\d{6})(?:[\s-]*)(\d{6})(?:[\s-]*)(\d{6})(?:[\s-]*)(\d{6})(?:[\s-]*)(\d{6})(?:[\s-]*)(\d{6})(?!\d)/;
const RECOVERY_GROUP_FACTOR = 11;
/** Its eight groups of six digits, whatever stands between them. */
const RECOVERY_GROUPS = 8;

/** An NHS number as it is printed, 3 3 4; run together it cannot be told from a telephone number. */
const NHS_NUMBER = /(?<!\d)(\d{3})[ -](\d{3})[ -](\d{4})(?!\d)/g;

/**
 * What a text holds that must never be stored, in words for whoever wrote it; null when nothing was recognised. A safety net and
 * no proof: passwords that look like words pass.
 */
export function forbiddenContent(text: string): string | null {
  const password = RECOVERY_PASSWORD.exec(text);
  if (password?.slice(1, RECOVERY_GROUPS + 1).every((group) => Number(group) % RECOVERY_GROUP_FACTOR === 0))
    return 'a BitLocker recovery password';
  for (const [, ...groups] of text.matchAll(NHS_NUMBER)) {
    if (isNhsNumber(groups.join(''))) return 'an NHS number';
  }
  return null;
}

/** Modulus 11 over the first nine digits gives the tenth (NHS Data Dictionary, "NHS number"). */
function isNhsNumber(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < 9; i += 1) sum += Number(digits[i]) * (10 - i);
  const check = (11 - (sum % 11)) % 11;
  return check !== 10 && check === Number(digits[9]);
}
