/** What placeholders are made of. Words that turn up in 43 random characters once in a hundred thousand or less. */
const WORDS =
  /change.?me|replace.?me|example|default|secret|password|placeholder|token|admin|sample|0123456789/i;
/** 256 random bits have more different characters in any notation: fewer than this once in millions of hexadecimal keys. */
const DIFFERENT_CHARACTERS_MIN = 9;
/** Of pairs of neighbours in random bytes one in 128 is a step of one, or none; in a counted or repeated key nearly all are. */
const STEPS_SHARE_MAX = 0.5;

/** Why a secret looks chosen and not drawn at random, for people; null when it does not. The secret is not part of the answer. */
export function secretWeakness(secret: string): string | null {
  if (WORDS.test(secret)) return 'holds a word or a row of digits that placeholders are made of';
  if (new Set(secret).size < DIFFERENT_CHARACTERS_MIN) return 'has too few different characters';
  return null;
}

/** The same of a key's bytes. */
export function keyWeakness(key: Buffer): string | null {
  if (new Set(key).size < DIFFERENT_CHARACTERS_MIN) return 'has too few different bytes';
  let steps = 0;
  for (let at = 1; at < key.length; at += 1) {
    const step = ((key[at] as number) - (key[at - 1] as number) + 256) % 256;
    if (step === 0 || step === 1 || step === 255) steps += 1;
  }
  return steps / (key.length - 1) > STEPS_SHARE_MAX ? 'counts instead of being random' : null;
}
