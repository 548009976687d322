import { DAY_MS } from '@app/recovery';

/** Days whose text is kept: the moments of a fleet lie in a few weeks. */
const DAYS_KEPT_MAX = 1_000;
const days = new Map<number, string>();

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const SECOND_MS = 1_000;

/**
 * A moment as RFC 3339 in UTC with milliseconds: what `toISOString` gives. A line of an export has seven of them, which took a
 * tenth of its time; the day, which is dear to reckon, is the same again and again.
 */
export function momentText(atMs: number): string {
  const day = Math.floor(atMs / DAY_MS);
  const inDayMs = atMs - day * DAY_MS;
  const seconds = Math.floor(inDayMs / SECOND_MS);
  const milliseconds = String(inDayMs % SECOND_MS).padStart(3, '0');
  const [hour, minute, second] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${dayText(day)}T${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[second]}.${milliseconds}Z`;
}

function dayText(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  if (days.size >= DAYS_KEPT_MAX) days.clear();
  const [text = ''] = new Date(day * DAY_MS).toISOString().split('T');
  days.set(day, text);
  return text;
}
