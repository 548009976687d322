/** Longest address, in characters. The longest real one has 99. */
const CONTACT_LENGTH_MAX = 200;

/**
 * The lines of an address, or a telephone number, as one text; null when nothing is left. A practice is not refused for what is
 * odd in it: blanks and unprintable characters become one space, and a text that is too long to be either is left out.
 */
export function readContactText(lines: readonly string[]): string | null {
  const said = lines.map((line) => line.replace(/[\p{Z}\p{C}]+/gu, ' ').trim()).filter((line) => line !== '');
  const text = said.join(', ');
  return text === '' || text.length > CONTACT_LENGTH_MAX ? null : text;
}
