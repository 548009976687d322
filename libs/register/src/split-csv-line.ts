/**
 * The cells of one record of CSV (RFC 4180), without the blanks around them; null when a quote that opens a cell is not closed, or is
 * closed before the cell ends. A quote within a cell that does not begin with one is a character like any other: 19" is a size.
 *
 * Lists have a hundred thousand cells and are read while heartbeats wait: this looks at each character once.
 *
 * @param text may hold line breaks within quotes
 * @param delimiter one character
 */
export function splitCsvLine(text: string, delimiter: string): readonly string[] | null {
  if (!text.includes('"')) return text.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  for (let at = 0; ;) {
    at = behindBlanks(text, at, delimiter);
    if (text[at] === '"') {
      const cell = quotedCell(text, at);
      if (cell === null) return null;
      cells.push(cell.text.trim());
      at = behindBlanks(text, cell.end, delimiter);
      if (at < text.length && text[at] !== delimiter) return null;
    } else {
      const end = text.indexOf(delimiter, at);
      cells.push(text.slice(at, end === -1 ? text.length : end).trim());
      at = end === -1 ? text.length : end;
    }
    if (at >= text.length) return cells;
    at += 1;
  }
}

/** What stands between a quote and the one that closes it; two together stand for one. */
function quotedCell(text: string, opensAt: number): { readonly text: string; readonly end: number } | null {
  let cell = '';
  for (let from = opensAt + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return null;
    cell += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { text: cell, end: quote + 1 };
    cell += '"';
    from = quote + 2;
  }
}

function behindBlanks(text: string, from: number, delimiter: string): number {
  let at = from;
  while ((text[at] === ' ' || text[at] === '\t') && text[at] !== delimiter) at += 1;
  return at;
}
