/** A row as far as its lines were read: its whole cells, and the one whose quote is still open; null: the row is whole. */
export type SplitRow = { readonly cells: readonly string[]; readonly open: string | null };

/**
 * The cells of one record of CSV (RFC 4180), without the blanks around them; null when a quote is closed before its cell ends, which
 * no further line mends. A cell whose quote is still open goes on in the next line. A quote within a cell that does not begin with
 * one is a character like any other: 19" is a size.
 *
 * Lists have a hundred thousand cells and are read while heartbeats wait: this looks at each character once.
 *
 * @param text a line
 * @param delimiter one character
 * @param before what the lines above came to, where their last cell goes on in this one
 */
export function splitCsvLine(
  text: string,
  delimiter: string,
  before: SplitRow | null = null,
): SplitRow | null {
  const goesOn = before !== null && before.open !== null;
  if (!goesOn && !text.includes('"'))
    return { cells: text.split(delimiter).map((cell) => cell.trim()), open: null };
  const cells = before === null ? [] : [...before.cells];
  let isOpen = goesOn;
  for (let at = 0; ;) {
    if (!isOpen) at = afterBlanks(text, at, delimiter);
    if (isOpen || text[at] === '"') {
      const begun = isOpen ? `${before?.open ?? ''}\n` : '';
      const cell = quotedCell(text, isOpen ? at : at + 1, begun);
      if (cell.end === null) return { cells, open: cell.text };
      cells.push(cell.text.trim());
      isOpen = false;
      at = afterBlanks(text, cell.end, delimiter);
      if (at < text.length && text[at] !== delimiter) return null;
    } else {
      const end = text.indexOf(delimiter, at);
      cells.push(text.slice(at, end === -1 ? text.length : end).trim());
      at = end === -1 ? text.length : end;
    }
    if (at >= text.length) return { cells, open: null };
    at += 1;
  }
}

/** What stands before the quote that closes a cell; two quotes together stand for one. `end` null: there is none. */
function quotedCell(
  text: string,
  begins: number,
  begun: string,
): { readonly text: string; readonly end: number | null } {
  let cell = begun;
  for (let from = begins; ;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return { text: cell + text.slice(from), end: null };
    cell += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { text: cell, end: quote + 1 };
    cell += '"';
    from = quote + 2;
  }
}

function afterBlanks(text: string, from: number, delimiter: string): number {
  let at = from;
  while ((text[at] === ' ' || text[at] === '\t') && text[at] !== delimiter) at += 1;
  return at;
}
