import { type CalendarDate, dayOf, parseExtractDate, startOfDay } from './calendar-date';
import type { PracticeFile } from './practice-file';
import { PracticeImportError } from './practice-import-error';

/**
 * Who says which day a file describes. FILE it says so itself · GIVEN whoever imported it · CONTENT it follows from the days it
 * tells of · UNKNOWN nobody: the file counts as the newest, and leaves no mark
 */
export type VintageBasis = 'FILE' | 'GIVEN' | 'CONTENT' | 'UNKNOWN';

/** The day that a file describes, null when nobody knows, and who says so. */
export type Vintage = { readonly day: CalendarDate | null; readonly basis: VintageBasis };

/**
 * In the whole of epraccur something opens or closes on every third day, so that four days within three weeks lie near the day
 * of the file. An opening announced for next month stands alone, as does a slip of the pen, and a file of a few practices.
 */
const DAYS_TOGETHER_MIN = 4;
const TOGETHER_WITHIN_MS = 21 * 86_400_000;

/**
 * The day that a file describes: as it says itself (practice map), as was said of it, else the newest day on which practices of the
 * file opened or closed, with others close before it. Of a file too small for that nobody knows: somebody who imports a
 * few rows means what they say, and the next whole file is to be believed again.
 *
 * @throws PracticeImportError INVALID_TIME when the day given is none
 */
export function vintageOf(file: PracticeFile, given: CalendarDate | null, importedAt: Date): Vintage {
  if (file.extractedOn !== null) return { day: file.extractedOn, basis: 'FILE' };
  if (given !== null) {
    if (parseExtractDate(given) === given) return { day: given, basis: 'GIVEN' };
    throw new PracticeImportError('INVALID_TIME', `vintage is not a day of the calendar: ${given}`);
  }
  const today = dayOf(importedAt.getTime());
  const told = file.daysTold.filter((day) => day <= today);
  const day = told.find((newest, i) => {
    const companion = told[i + DAYS_TOGETHER_MIN - 1];
    return (
      companion !== undefined &&
      startOfDay(newest).getTime() - startOfDay(companion).getTime() <= TOGETHER_WITHIN_MS
    );
  });
  return day === undefined ? { day: null, basis: 'UNKNOWN' } : { day, basis: 'CONTENT' };
}
