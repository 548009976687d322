const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that comes from outside as text of a page, whatever is in it, and with its own direction of writing kept to itself. */
export function htmlText(text: string): string {
  return `<bdi>${escaped(text)}</bdi>`;
}

/**
 * A sentence likewise, in which no line ends within a file's name, and one within a path only after a backslash: otherwise it cannot be
 * told on paper what has to be typed.
 */
export function htmlSentence(text: string): string {
  const words = text.split(' ').map((word) => {
    const said = escaped(word).replaceAll('\\', '\\<wbr>');
    return word.includes('*') ? `<span class="whole">${said}</span>` : said;
  });
  return `<bdi>${words.join(' ')}</bdi>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
