const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/;

/**
 * Reads an RFC 3339 moment. A time without `Z` or an offset is refused by name: British summer time read as UTC turns bad
 * files into good ones.
 *
 * @returns milliseconds since 1970, or why it is refused
 */
export function parseInstant(text: string): number | 'LOCAL_TIME' | 'INVALID_TIME' {
  const match = INSTANT.exec(text);
  if (match === null) return LOCAL.test(text) ? 'LOCAL_TIME' : 'INVALID_TIME';
  const atMs = Date.parse(text);
  const [, year, month, day] = match;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(atMs) || Number(day) > lastDay ? 'INVALID_TIME' : atMs;
}
