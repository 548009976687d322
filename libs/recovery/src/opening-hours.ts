import { DAY_MS, HOUR_MS, MINUTE_MS, type Interval } from './clock';
import { isEnglishBankHoliday } from './bank-holidays';

/** Opening times of a practice in local time. */
export type OpeningHours = {
  /** The opening of the UTC day that starts at `dayStartMs`, or null when it stays closed. */
  openingOfDay(dayStartMs: number): Interval | null;
};

const OPENS_AT_LOCAL_MS = 8 * HOUR_MS;
const CLOSES_AT_LOCAL_MS = 18 * HOUR_MS + 30 * MINUTE_MS;
/** Days remembered before the cache starts anew: ten years. */
const DAYS_CACHED_MAX = 3_660;

/**
 * Core hours of general practice: Monday to Friday 08:00 to 18:30 Europe/London, closed on English bank holidays. Source: the
 * core hours of the GMS contract regulations.
 */
export function coreHours(): OpeningHours {
  const cache = new Map<number, Interval | null>();
  return {
    openingOfDay(dayStartMs: number): Interval | null {
      const known = cache.get(dayStartMs);
      if (known !== undefined) return known;
      if (cache.size >= DAYS_CACHED_MAX) cache.clear();
      const opening = computeOpening(dayStartMs);
      cache.set(dayStartMs, opening);
      return opening;
    },
  };
}

/** Whether practices are open at a moment. */
export function isOpenAt(hours: OpeningHours, atMs: number): boolean {
  const opening = hours.openingOfDay(startOfDay(atMs));
  return opening !== null && atMs >= opening.fromMs && atMs < opening.untilMs;
}

/** Days looked ahead: no holiday closes practices for longer than Christmas with its weekends. */
const CLOSED_DAYS_MAX = 14;

/** When practices open next after a moment; null when they stay closed for a fortnight. */
export function nextOpening(hours: OpeningHours, afterMs: number): number | null {
  for (let days = 0; days <= CLOSED_DAYS_MAX; days += 1) {
    const opening = hours.openingOfDay(startOfDay(afterMs) + days * DAY_MS);
    if (opening !== null && opening.fromMs > afterMs) return opening.fromMs;
  }
  return null;
}

/** The UTC midnight at or before a moment. London's opening never crosses it: BST shifts it by one hour only. */
export function startOfDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

function computeOpening(dayStartMs: number): Interval | null {
  const weekday = new Date(dayStartMs).getUTCDay();
  if (weekday === 0 || weekday === 6 || isEnglishBankHoliday(dayStartMs)) return null;
  const offsetMs = londonOffsetMs(dayStartMs + 12 * HOUR_MS);
  return {
    fromMs: dayStartMs + OPENS_AT_LOCAL_MS - offsetMs,
    untilMs: dayStartMs + CLOSES_AT_LOCAL_MS - offsetMs,
  };
}

const LONDON_HOUR = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  hour: 'numeric',
  hourCycle: 'h23',
});

/** London's offset from UTC; whole hours in every year since 1972. */
function londonOffsetMs(atMs: number): number {
  const localHour = Number(LONDON_HOUR.format(atMs));
  return (localHour - new Date(atMs).getUTCHours()) * HOUR_MS;
}
