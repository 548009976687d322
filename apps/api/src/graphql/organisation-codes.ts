import { ReaderError } from '@app/progress';

/** Codes that one question may name. */
const CODES_MAX = 500;
/** No organisation has a longer one. */
const CODE_CHARACTERS_MAX = 20;

/** @throws ReaderError for more organisations than a question may name, and for what can be no code */
export function checkCodes(codes: readonly string[]): readonly string[] {
  if (
    codes.length > CODES_MAX ||
    codes.some((code) => code.length > CODE_CHARACTERS_MAX || code.includes('\0'))
  )
    throw new ReaderError('BAD_USER_INPUT', `name at most ${CODES_MAX} organisations by their codes`);
  return codes;
}
