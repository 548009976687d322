/** Longest piece of a file that is repeated in a message, in characters. */
const EXCERPT_LENGTH_MAX = 40;

/**
 * A piece of a file for a message: quoted, shortened, and with control characters and everything outside
 * ASCII escaped, because the text comes from a file that nobody has checked and ends in somebody's terminal.
 */
export function excerpt(text: string): string {
  const shown = text.length > EXCERPT_LENGTH_MAX ? `${text.slice(0, EXCERPT_LENGTH_MAX)}…` : text;
  return JSON.stringify(shown).replace(/[\u007f-\uffff]/g, (character) =>
    character === '…' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
