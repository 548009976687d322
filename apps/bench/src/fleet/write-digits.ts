export const ASCII_SPACE = 0x20;
export const ASCII_ZERO = 0x30;

const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const HEX_BASE = 16;
const TEN = 10;

/** Writes so many lower-case hexadecimal digits, zeros in front. */
export function writeHex(target: Buffer, at: number, value: number, digits: number): void {
  let rest = value;
  for (let i = digits - 1; i >= 0; i -= 1) {
    target[at + i] = HEX_DIGITS[rest % HEX_BASE] as number;
    rest = Math.floor(rest / HEX_BASE);
  }
}

/** Writes a whole number to the right of a fixed place. */
export function writeDecimal(
  target: Buffer,
  at: number,
  value: number,
  width: number,
  padding: number,
): void {
  let rest = value;
  for (let i = width - 1; i >= 0; i -= 1) {
    target[at + i] = rest > 0 || i === width - 1 ? ASCII_ZERO + (rest % TEN) : padding;
    rest = Math.floor(rest / TEN);
  }
}
