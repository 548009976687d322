import type { CalendarDate } from './calendar-date';
import type { PracticeFacts } from './known-tree';
import type { PracticeRow, PracticeSource } from './practice-file';

/** Whether one day is known to be later than another; a day that nobody knows is not. */
export function isNewer(day: CalendarDate | null, than: CalendarDate | null): boolean {
  return day !== null && (than === null ? true : day > than);
}

/**
 * What is known of a practice, with what an older file adds to it: only what the newer ones never told. That it has no close date
 * is no gap: of a practice that a newer file has, it says that the practice is open.
 */
export function fillGaps(
  known: PracticeFacts | null,
  row: PracticeRow,
  source: PracticeSource,
): PracticeFacts {
  return {
    postcode: known?.postcode ?? row.postcode,
    openedOn: known?.openedOn ?? row.openedOn ?? null,
    closedOn: known === null ? (row.closedOn ?? null) : known.closedOn,
    supplier: known?.supplier ?? row.supplier ?? null,
    source: known?.source ?? source,
  };
}
