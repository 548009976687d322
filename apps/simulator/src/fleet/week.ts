/** Milliseconds in one second, minute, hour and day. */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The Thursday before the faulty update, 00:00 UTC. */
export const INCIDENT_WEEK_STARTS_AT_MS = Date.UTC(2024, 6, 18);

/** Days of the simulated week, counted from its Thursday. */
export const THURSDAY = 0;
export const FRIDAY = 1;
export const SATURDAY = 2;
export const SUNDAY = 3;
export const MONDAY = 4;
export const WEDNESDAY = 6;

/** How many days a fleet's life is written for. */
const DAYS = 7;

/**
 * The week a fleet lives through: Thursday to the Wednesday after, with the incident on its Friday. All
 * instants are milliseconds since 1970 UTC. The clock on the wall is British Summer Time, UTC + 1 h, as it
 * was in that week.
 */
export type Week = {
  readonly startMs: number;
  /** End of the simulated lives: nothing is reported from here on. */
  readonly horizonMs: number;
  /**
   * First and last moment (exclusive) at which the faulty file was handed out: 04:09 and 05:27 UTC on the
   * Friday.
   */
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** An instant of this week by day and hour UTC; `hoursUtc` may be fractional and may exceed 24. */
  readonly at: (day: number, hoursUtc: number) => number;
};

/**
 * The week that starts at `startMs`, which must be a Thursday at 00:00 UTC; by default the week of the
 * incident. Another Thursday replays the same week at another date, which makes sense only as load: the
 * incident's window does not move.
 */
export function makeWeek(startMs: number = INCIDENT_WEEK_STARTS_AT_MS): Week {
  if ((startMs - INCIDENT_WEEK_STARTS_AT_MS) % (7 * DAY_MS) !== 0) {
    throw new RangeError('a simulated week starts on a Thursday at 00:00 UTC');
  }
  const at = (day: number, hoursUtc: number): number =>
    startMs + day * DAY_MS + Math.round(hoursUtc * HOUR_MS);
  return {
    startMs,
    horizonMs: startMs + DAYS * DAY_MS,
    windowStartMs: at(FRIDAY, 4 + 9 / 60),
    windowEndMs: at(FRIDAY, 5 + 27 / 60),
    at,
  };
}

/** The simulated week that contains `atMs`. */
export function weekOf(atMs: number): Week {
  const weeks = Math.floor((atMs - INCIDENT_WEEK_STARTS_AT_MS) / (DAYS * DAY_MS));
  return makeWeek(INCIDENT_WEEK_STARTS_AT_MS + weeks * DAYS * DAY_MS);
}
