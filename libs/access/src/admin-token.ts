import { createHash, timingSafeEqual } from 'node:crypto';

/** Shorter tokens could be guessed. */
export const ADMIN_TOKEN_CHARACTERS_MIN = 32;

/** Recognises the administrator's bearer token in constant time, keeping only its hash in memory. */
export class AdminToken {
  private readonly hash: Buffer;

  constructor(token: string) {
    if (token.length < ADMIN_TOKEN_CHARACTERS_MIN) {
      throw new Error(`ADMIN_TOKEN needs ${ADMIN_TOKEN_CHARACTERS_MIN} characters or more`);
    }
    this.hash = sha256(token);
  }

  matches(presented: string): boolean {
    return timingSafeEqual(this.hash, sha256(presented));
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
