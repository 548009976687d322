/** A day as `yyyy-mm-dd`, without time or zone: these compare correctly as plain strings. */
export type CalendarDate = string;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

/** Reads epraccur's `yyyymmdd`. Null when it is not a day of the calendar. */
export function parseCompactDate(text: string): CalendarDate | null {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  return parts === null ? null : calendarDate(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

/**
 * Reads the practice map's extract date, `01Aug2026`, or `2026-08-01`. Null when it is not a day of the
 * calendar.
 */
export function parseExtractDate(text: string): CalendarDate | null {
  const named = /^(\d{2})([A-Za-z]{3})(\d{4})$/.exec(text);
  if (named !== null) {
    const month = MONTHS.findIndex((name) => name === named[2]?.toUpperCase()) + 1;
    return calendarDate(Number(named[3]), month, Number(named[1]));
  }
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  return iso === null ? null : calendarDate(Number(iso[1]), Number(iso[2]), Number(iso[3]));
}

/**
 * The instant a day begins. UTC: the files give days only, and half a night more or less moves no practice.
 */
export function startOfDay(day: CalendarDate): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** The UTC day on which an instant falls. */
export function dayOf(instantMs: number): CalendarDate {
  return new Date(instantMs).toISOString().slice(0, 10);
}

/** Writes the day, unless the calendar has none such: `Date` would turn 31 February into 3 March. */
function calendarDate(year: number, month: number, day: number): CalendarDate | null {
  const at = new Date(Date.UTC(year, month - 1, day));
  const exists = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return exists ? at.toISOString().slice(0, 10) : null;
}
