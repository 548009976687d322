import { DAY_MS, HOUR_MS, MINUTE_MS, type Interval } from './clock';

/** A stretch of one day by the clock on the wall in London, in minutes since its midnight: 0 to 1,440, the end not included. */
export type DaySpan = { readonly fromMinute: number; readonly untilMinute: number };

/** Minutes of a day; the end of a span that lasts until midnight. */
export const MINUTES_OF_DAY = DAY_MS / MINUTE_MS;

/** The UTC midnight at or before a moment: what the calendar day of that date is named by. */
export function startOfDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/**
 * The days whose London time may reach into the time between two moments, by their UTC midnights. British Summer Time begins a
 * day an hour before UTC does.
 */
export function* londonDays(fromMs: number, untilMs: number): Generator<number> {
  for (let dayMs = startOfDay(fromMs); dayMs < untilMs + HOUR_MS; dayMs += DAY_MS) yield dayMs;
}

/**
 * A span of a day as moments. An hour that is skipped in spring has no length; one that comes twice in autumn is in a span
 * that holds any of it as often as it comes.
 */
export function momentsOf(dayMs: number, { fromMinute, untilMinute }: DaySpan): Interval {
  return {
    fromMs: momentOf(dayMs, fromMinute, 'FIRST'),
    untilMs: momentOf(dayMs, untilMinute, 'LAST'),
  };
}

function momentOf(dayMs: number, minute: number, which: 'FIRST' | 'LAST'): number {
  const asWinter = dayMs + minute * MINUTE_MS;
  const asSummer = asWinter - HOUR_MS;
  const isWinter = !isSummerTime(asWinter);
  const isSummer = isSummerTime(asSummer);
  if (isSummer && isWinter) return which === 'FIRST' ? asSummer : asWinter;
  if (isSummer) return asSummer;
  // Neither: the hour is skipped, and clocks change at one o'clock UTC.
  return isWinter ? asWinter : dayMs + HOUR_MS;
}

const LONDON_HOUR = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  hour: 'numeric',
  hourCycle: 'h23',
});

/** London is either on UTC or an hour ahead of it in every year since 1972. */
function isSummerTime(atMs: number): boolean {
  return Number(LONDON_HOUR.format(atMs)) !== new Date(atMs).getUTCHours();
}
