import type { CsvRecord } from './csv-records';
import { mayNamePractice, practicesIn, type KnownPractices } from './practice-codes';
import type { RegisterColumns } from './register-columns';
import { RegisterFileError } from './register-file-error';

/** Rows that are looked at in one step. */
const ROWS_PER_STEP = 250;

/** A column holds codes of practices where at least so much of what is in it names one. */
const SHARE_MIN = 0.5;
/** A column that names so much less than the fullest one is no rival of it: a note of where a machine once was. */
const RIVAL_SHARE_MIN = 0.8;

/** What is in a column. */
type ColumnContent = {
  readonly place: number;
  /** Cells with any text. */
  filled: number;
  /** Of them: those that name a known practice, and those that only look like it. */
  found: number;
  lookAlike: number;
  /** Practice by row, where exactly one is named. */
  readonly practices: Map<number, string>;
};

/**
 * Finds the column that says where a machine is, by what is in the columns and only then by their titles. In this order:
 *
 * 1. the one that the mapping names;
 * 2. one that is titled as the code of a practice and holds such codes, known or not;
 * 3. the one in which most known practices are found, in half of its cells at least;
 * 4. one whose title promises a practice, whatever is in it: its rows are reported;
 * 5. host names, where they name practices and nothing else does, nor a practice was given for all rows.
 *
 * @param hasDefault a practice was given for rows that name none
 * @returns the place of the column; null: none says it
 * @throws RegisterFileError PRACTICE_COLUMN_UNCLEAR when columns of equal standing contradict each other
 */
export function* findPracticeColumn(
  records: readonly CsvRecord[],
  columns: RegisterColumns,
  hasDefault: boolean,
  practices: KnownPractices,
): Generator<void, number | null> {
  const mapped = columns.places.get('practice');
  if (mapped !== undefined) return mapped;
  const contents = yield* contentsOf(records, columns, practices);
  const titled = columns.practiceTitles.flatMap((title) => {
    const content = contents.get(title.place);
    return content === undefined ? [] : [{ ...title, content }];
  });
  const sure = titled.find(({ isSure, content }) => isSure && shareOf(content, 'lookAlike') >= SHARE_MIN);
  if (sure !== undefined) return sure.place;
  const hostname = columns.places.get('hostname');
  const isName = (place: number): boolean =>
    place === hostname && !columns.practiceTitles.some((title) => title.place === place);
  const full = [...contents.values()].filter((content) => shareOf(content, 'found') >= SHARE_MIN);
  const best = fullest(
    full.filter(({ place }) => !isName(place)),
    columns,
  );
  if (best !== null) return best.place;
  const promising =
    titled.find(({ content }) => content.found > 0) ??
    titled.find(({ isSure, content }) => isSure && content.filled > 0) ??
    titled.find(({ content }) => shareOf(content, 'lookAlike') >= SHARE_MIN);
  if (promising !== undefined) return promising.place;
  return hasDefault ? null : (full.find(({ place }) => isName(place))?.place ?? null);
}

function* contentsOf(
  records: readonly CsvRecord[],
  { places, titles }: RegisterColumns,
  { practiceOf }: KnownPractices,
): Generator<void, ReadonlyMap<number, ColumnContent>> {
  const identities = (['serialNumber', 'assetTag', 'smbiosUuid', 'bitlockerKeyId'] as const).map((field) =>
    places.get(field),
  );
  const contents = titles
    .map((_title, place) => ({
      place,
      filled: 0,
      found: 0,
      lookAlike: 0,
      practices: new Map<number, string>(),
    }))
    .filter(({ place }) => !identities.includes(place));
  for (const [row, { cells }] of records.entries()) {
    if (row % ROWS_PER_STEP === 0) yield;
    if (cells === null) continue;
    for (const content of contents) {
      const text = cells[content.place] ?? '';
      if (text === '') continue;
      content.filled += 1;
      const named = practicesIn(text, practiceOf);
      if (named.length > 0) content.found += 1;
      if (named.length > 0 || mayNamePractice(text)) content.lookAlike += 1;
      if (named.length === 1) content.practices.set(row, named[0]?.practiceId ?? '');
    }
  }
  return new Map(contents.map((content) => [content.place, content]));
}

function shareOf(content: ColumnContent, what: 'found' | 'lookAlike'): number {
  return content.filled === 0 ? 0 : content[what] / content.filled;
}

/** The fullest column, unless another one that is nearly as full names other practices. */
function fullest(full: readonly ColumnContent[], columns: RegisterColumns): ColumnContent | null {
  const orderOf = ({ place }: ColumnContent): number => {
    const order = columns.practiceTitles.findIndex((title) => title.place === place);
    return order === -1 ? columns.practiceTitles.length : order;
  };
  const ranked = [...full].sort((a, b) => b.found - a.found || orderOf(a) - orderOf(b) || a.place - b.place);
  const [best, ...others] = ranked;
  if (best === undefined) return null;
  const rival = others.find((one) => one.found >= best.found * RIVAL_SHARE_MIN && contradicts(best, one));
  if (rival === undefined) return best;
  const [title, other] = [columns.titles[best.place] ?? '', columns.titles[rival.place] ?? ''];
  throw new RegisterFileError(
    'PRACTICE_COLUMN_UNCLEAR',
    `“${title}” and “${other}” name different practices for the same machine: say which holds the practice, as ` +
      `mapping={"practice":"${title}"} or --map practice="${title}"`,
  );
}

function contradicts(a: ColumnContent, b: ColumnContent): boolean {
  for (const [row, practiceId] of a.practices) {
    const other = b.practices.get(row);
    if (other !== undefined && other !== practiceId) return true;
  }
  return false;
}
