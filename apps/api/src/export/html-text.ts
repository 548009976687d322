const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that comes from outside as text of a page, whatever is in it, and with its own direction of writing kept to itself. */
export function htmlText(text: string): string {
  return `<bdi>${text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')}</bdi>`;
}
