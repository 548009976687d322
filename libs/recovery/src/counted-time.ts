import { DAY_MS, type Interval } from './clock';
import { londonDays } from './london-time';
import type { OpeningHours } from './opening-hours';

/** Which time counts as silence: never the time in which we were blind, and only opening time where `hours` is given. */
export type Counting = { readonly blindness: readonly Interval[]; readonly hours?: OpeningHours };

/** A deadline further away than this is not computed; no practice stays closed for a year. */
const SEARCH_DAYS_MAX = 366;

/** How much of the time between two moments counts. */
export function countedBetween(fromMs: number, untilMs: number, counting: Counting): number {
  let total = 0;
  for (const stretch of stretches(fromMs, untilMs, counting)) total += stretch.untilMs - stretch.fromMs;
  return total;
}

/** The earliest moment by which `neededMs` of counted time have passed since `fromMs`. */
export function earliestCounted(fromMs: number, neededMs: number, counting: Counting): number {
  if (counting.hours === undefined && counting.blindness.length === 0) return fromMs + neededMs;
  let missingMs = neededMs;
  for (const stretch of stretches(fromMs, fromMs + SEARCH_DAYS_MAX * DAY_MS, counting)) {
    const lengthMs = stretch.untilMs - stretch.fromMs;
    if (lengthMs >= missingMs) return stretch.fromMs + missingMs;
    missingMs -= lengthMs;
  }
  return fromMs + SEARCH_DAYS_MAX * DAY_MS;
}

/** The earliest moment by which a practice has been open for so long since `fromMs`. */
export function openingTimeAfter(fromMs: number, neededMs: number, hours: OpeningHours): number {
  return earliestCounted(fromMs, neededMs, { blindness: [], hours });
}

function* stretches(fromMs: number, untilMs: number, { hours, blindness }: Counting): Generator<Interval> {
  const blind = blindness.filter((stretch) => stretch.untilMs > fromMs && stretch.fromMs < untilMs);
  blind.sort((a, b) => a.fromMs - b.fromMs);
  if (hours === undefined) {
    yield* without(blind, { fromMs, untilMs });
    return;
  }
  for (const dayMs of londonDays(fromMs, untilMs)) {
    for (const opening of hours.openingsOfDay(dayMs)) {
      const open = { fromMs: Math.max(opening.fromMs, fromMs), untilMs: Math.min(opening.untilMs, untilMs) };
      if (open.fromMs < open.untilMs) yield* without(blind, open);
    }
  }
}

/** What is left of a stretch when others, sorted by start and possibly overlapping, are taken out of it. */
function* without(holes: readonly Interval[], stretch: Interval): Generator<Interval> {
  let fromMs = stretch.fromMs;
  for (const hole of holes) {
    if (hole.fromMs >= stretch.untilMs) break;
    if (hole.fromMs > fromMs) yield { fromMs, untilMs: hole.fromMs };
    fromMs = Math.max(fromMs, hole.untilMs);
  }
  if (fromMs < stretch.untilMs) yield { fromMs, untilMs: stretch.untilMs };
}
