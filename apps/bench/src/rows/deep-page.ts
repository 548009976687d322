import type { ServiceProcess } from '../stage/service-process';
import { askPage, cursorBehind, type Page } from './page-request';
import type { PageOrder, PageQuestion } from './page-questions';
import type { PlaceFinder } from './place-finder';
import { readPriorityCursor } from './priority-points';

/** Machines before the 10,000th page. */
const DEEP_AT = 9_999 * 100;
const PAGE_ROWS = 100;
/** Machines of practices without a working one have more. */
const POINTS_OF_WORKING_PRACTICES_MAX = 300;

/**
 * The 10,000th page of a list, or the last one of a shorter list; null when it has one page only, or when it is one by priority that
 * begins with practices without a working machine: who they are only the service knows.
 *
 * @param machines of the list
 */
export async function deepPage(
  service: ServiceProcess,
  places: PlaceFinder,
  question: PageQuestion,
  order: PageOrder,
  machines: number,
): Promise<Page | null> {
  const before = Math.min(DEEP_AT, machines - PAGE_ROWS);
  if (before < PAGE_ROWS) return null;
  const first: Page = { question, order, after: null };
  const { endCursor } = await askPage(service, first);
  const place = await places.at(question.condition, order, before);
  if (endCursor === null || place === null) return null;
  if (order !== 'PRIORITY')
    return { ...first, after: cursorBehind(endCursor, place.sortValue, place.machineId) };
  const { mark, points } = readPriorityCursor(endCursor);
  if (points > POINTS_OF_WORKING_PRACTICES_MAX) return null;
  return { ...first, after: cursorBehind(endCursor, `${mark} ${place.sortValue}`, place.machineId) };
}
