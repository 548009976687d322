import { DAY_MS, type Interval } from './clock';
import { londonDays, momentsOf, startOfDay } from './london-time';
import { englishBankHolidays } from './bank-holidays';
import { resolveDay } from './practice-day';

/** When a practice is open. */
export type OpeningHours = {
  /**
   * The openings of a day, in order, without touching each other; none when it stays closed.
   *
   * @param dayMs UTC midnight of the date; the openings are London's of that date
   */
  openingsOfDay(dayMs: number): readonly Interval[];
};

/** Days remembered before a cache starts anew: ten years. */
const DAYS_CACHED_MAX = 3_660;

/** Opening hours from a rule for each day, worked out once. */
export function rememberedHours(openingsOfDay: OpeningHours['openingsOfDay']): OpeningHours {
  const cache = new Map<number, readonly Interval[]>();
  return {
    openingsOfDay(dayMs: number): readonly Interval[] {
      const known = cache.get(dayMs);
      if (known !== undefined) return known;
      if (cache.size >= DAYS_CACHED_MAX) cache.clear();
      const openings = openingsOfDay(dayMs);
      cache.set(dayMs, openings);
      return openings;
    },
  };
}

/**
 * Core hours of general practice: Monday to Friday 08:00 to 18:30 Europe/London, closed on English bank holidays. Source: the
 * core hours of the GMS contract regulations.
 */
export function coreHours(): OpeningHours {
  const holidayOn = englishBankHolidays(new Map());
  return rememberedHours((dayMs) =>
    openingsOn(dayMs, { week: null, bankHoliday: holidayOn(dayMs), dated: [] }),
  );
}

/** The openings that follow from what is known of a practice's day. */
export function openingsOn(dayMs: number, facts: Parameters<typeof resolveDay>[1]): readonly Interval[] {
  return resolveDay(dayMs, facts)
    .openings.map((span) => momentsOf(dayMs, span))
    .filter(({ fromMs, untilMs }) => fromMs < untilMs);
}

/** Whether a practice is open at a moment. */
export function isOpenAt(hours: OpeningHours, atMs: number): boolean {
  for (const dayMs of londonDays(atMs, atMs + 1)) {
    if (hours.openingsOfDay(dayMs).some(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs))
      return true;
  }
  return false;
}

/** Days looked ahead for an opening. */
const CLOSED_DAYS_MAX = 31;

/** When a practice opens next after a moment; null when it stays closed for a month. */
export function nextOpening(hours: OpeningHours, afterMs: number): number | null {
  for (const dayMs of londonDays(afterMs, startOfDay(afterMs) + CLOSED_DAYS_MAX * DAY_MS)) {
    const opening = hours.openingsOfDay(dayMs).find(({ fromMs }) => fromMs > afterMs);
    if (opening !== undefined) return opening.fromMs;
  }
  return null;
}
