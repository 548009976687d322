import { DAY_MS } from './clock';

/**
 * Holidays that no rule gives, as moves of the ordinary days. Source: gov.uk/bank-holidays, England and Wales. Later one-off
 * holidays are added here when they are proclaimed.
 */
const ONE_OFF_HOLIDAYS: readonly string[] = [
  '2020-05-08',
  '2022-06-02',
  '2022-06-03',
  '2022-09-19',
  '2023-05-08',
];
const MOVED_AWAY: readonly string[] = ['2020-05-04', '2022-05-30'];

const cache = new Map<number, ReadonlySet<number>>();

/** Whether the UTC day that starts at `dayStartMs` is a bank holiday in England. */
export function isEnglishBankHoliday(dayStartMs: number): boolean {
  const year = new Date(dayStartMs).getUTCFullYear();
  let holidays = cache.get(year);
  if (holidays === undefined) {
    holidays = bankHolidaysOf(year);
    cache.set(year, holidays);
  }
  return holidays.has(dayStartMs);
}

/** England and Wales have had eight bank holidays in every year since 1978. */
const HOLIDAYS_OF_WHOLE_YEAR = 8;

/**
 * The title of the bank holiday on a day, or null. Days that a file told come on top of those that this file works out; of a
 * year of which it told eight or more it told all, and nothing is added.
 *
 * @param told titles by UTC midnight of the date
 */
export function englishBankHolidays(told: ReadonlyMap<number, string>): (dayMs: number) => string | null {
  const toldOfYear = new Map<number, number>();
  for (const dayMs of told.keys()) {
    const year = new Date(dayMs).getUTCFullYear();
    toldOfYear.set(year, (toldOfYear.get(year) ?? 0) + 1);
  }
  return (dayMs) => {
    const title = told.get(dayMs);
    if (title !== undefined) return title;
    const isToldWhole = (toldOfYear.get(new Date(dayMs).getUTCFullYear()) ?? 0) >= HOLIDAYS_OF_WHOLE_YEAR;
    return !isToldWhole && isEnglishBankHoliday(dayMs) ? 'Bank holiday' : null;
  };
}

function bankHolidaysOf(year: number): ReadonlySet<number> {
  const easter = easterSunday(year);
  const christmas = Date.UTC(year, 11, 25);
  const days = [
    nextWeekday(Date.UTC(year, 0, 1), []),
    easter - 2 * DAY_MS,
    easter + DAY_MS,
    mondayFrom(Date.UTC(year, 4, 1)),
    mondayFrom(Date.UTC(year, 4, 25)),
    mondayFrom(Date.UTC(year, 7, 25)),
    nextWeekday(christmas, []),
    nextWeekday(christmas + DAY_MS, [nextWeekday(christmas, [])]),
  ];
  const holidays = new Set(days);
  for (const moved of MOVED_AWAY) holidays.delete(Date.parse(moved));
  for (const added of ONE_OFF_HOLIDAYS) if (added.startsWith(String(year))) holidays.add(Date.parse(added));
  return holidays;
}

/** A holiday at the weekend is taken on the next weekday that is not one already. */
function nextWeekday(dayMs: number, taken: readonly number[]): number {
  let day = dayMs;
  while (isWeekend(day) || taken.includes(day)) day += DAY_MS;
  return day;
}

function isWeekend(dayMs: number): boolean {
  const weekday = new Date(dayMs).getUTCDay();
  return weekday === 0 || weekday === 6;
}

function mondayFrom(dayMs: number): number {
  return dayMs + ((8 - new Date(dayMs).getUTCDay()) % 7) * DAY_MS;
}

/** Easter by the anonymous Gregorian computus (Meeus, Astronomical Algorithms, chapter 8). */
function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const m = Math.floor((a + 11 * d + 22 * e) / 451);
  const monthAndDay = d + e - 7 * m + 114;
  return Date.UTC(year, Math.floor(monthAndDay / 31) - 1, (monthAndDay % 31) + 1);
}
