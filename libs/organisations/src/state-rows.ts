import type { CalendarDate } from './calendar-date';
import { deriveOrganisation, type DerivedOrganisation } from './derive-organisation';
import type { IcbPlaces } from './icb-places';
import type { KnownTree } from './known-tree';
import type { PracticeFile, PracticeRow } from './practice-file';
import { recordedStatements } from './recorded-statements';
import type { Refusal } from './row-refusals';
import { isStaleMove, staleMove } from './stale-move';
import { addStatement, compareStatements, type Statement } from './statement';

/** Which day a file describes, and since when its moves hold. */
export type Dating = {
  /** Null: nobody knows. The file then corrects what is known when it comes. */
  readonly vintage: CalendarDate | null;
  /** Where whoever imports it says so, in epoch milliseconds. Null: since the day of the file. */
  readonly effectiveAtMs: number | null;
  /** Now, in epoch milliseconds. */
  readonly importedAtMs: number;
};

/** A row of the file, and the statements about its practice after it; or why it is not taken. */
export type StatedRow = {
  readonly row: PracticeRow;
  readonly refusal: Refusal | null;
  readonly statements: readonly Statement[];
};

/** All that is known to have been said of an organisation. */
function statementsAbout(known: KnownTree, code: string): readonly Statement[] {
  const stored = known.statements.get(code);
  if (stored !== undefined) return stored;
  const organisation = known.organisations.get(code);
  return organisation === undefined ? [] : recordedStatements(organisation);
}

/** Those that count: a statement whose place is not known waits for the file that names it. */
export function usable(statements: readonly Statement[], places: IcbPlaces): readonly Statement[] {
  return statements.filter((statement) => statement.told === 'RECORDED' || places.refuse(statement) === null);
}

/** Adds what the file says of its ICBs to what was said of them. */
export function stateIcbs(
  known: KnownTree,
  icbs: PracticeFile['icbs'],
  file: PracticeFile,
  { vintage, effectiveAtMs }: Dating,
): ReadonlyMap<string, readonly Statement[]> {
  const after = new Map(known.statements);
  for (const { code, name, regionCode } of icbs) {
    const before = statementsAbout(known, code);
    const statement = {
      ...{
        code,
        level: 'ICB' as const,
        day: vintage,
        correction: 0,
        told: file.format,
        name,
        parentCode: regionCode,
      },
      ...{ regionCode: null, placedSinceMs: effectiveAtMs },
      ...{ postcode: null, address: null, telephone: null, openedOn: null, closedOn: null, supplier: null },
    };
    after.set(code, addStatement(before, statement));
  }
  return after;
}

/**
 * Adds what the file says of its practices, row by row. A row whose place is not known is kept as a statement and
 * reported as refused.
 */
export function stateRows(
  known: KnownTree,
  places: IcbPlaces,
  file: PracticeFile,
  dating: Dating,
): readonly StatedRow[] {
  const stated = file.practices.map((row): StatedRow => {
    const before = statementsAbout(known, row.code);
    const refusal = places.refuseRow(row);
    if (dating.vintage === null) return correct(row, before, refusal, { places, file, dating });
    if (refusal?.reason === 'CODE_IN_USE') return { row, refusal, statements: before };
    const statement = toStatement(row, file, dating.vintage, 0, dating.effectiveAtMs);
    return { row, refusal, statements: addStatement(before, statement) };
  });
  return dating.vintage === null ? refuseWithMost(known, places, stated) : stated;
}

type Surroundings = { readonly places: IcbPlaces; readonly file: PracticeFile; readonly dating: Dating };

/** What a row of a file that nobody can date changes: it stands after the newest that is known. */
function correct(
  row: PracticeRow,
  before: readonly Statement[],
  refusal: Refusal | null,
  { places, file, dating }: Surroundings,
): StatedRow {
  if (refusal !== null) return { row, refusal, statements: before };
  const counting = usable(before, places);
  const newest = [...counting].sort(compareStatements).at(-1);
  const derived = deriveOrganisation(counting);
  if (newest === undefined || derived === null)
    return { row, refusal: null, statements: addStatement(before, toStatement(row, file, null, 0, null)) };
  const current = derived.links.at(-1);
  const sinceMs = dating.effectiveAtMs ?? dating.importedAtMs;
  if (
    current !== undefined &&
    current.parentCode !== row.icbCode &&
    isStaleMove(current, row.icbCode, sinceMs)
  )
    return {
      row,
      refusal: staleMove(`practice ${row.code}`, current, row.icbCode, sinceMs),
      statements: before,
    };
  const after = addStatement(before, toStatement(row, file, newest.day, newest.correction + 1, sinceMs));
  const says = deriveOrganisation(usable(after, places));
  return { row, refusal: null, statements: saysTheSame(says, derived) ? before : after };
}

/**
 * Looks at the moves of a file without a day as a whole: when more of them are stale than not, the file is older
 * than its effective instant, and the few moves that look possible one by one are as old as the rest.
 */
function refuseWithMost(
  known: KnownTree,
  places: IcbPlaces,
  stated: readonly StatedRow[],
): readonly StatedRow[] {
  const isMove = ({ row, refusal, statements }: StatedRow): boolean => {
    const before = known.organisations.get(row.code)?.links.at(-1)?.parentCode;
    if (refusal !== null || before === undefined) return false;
    return deriveOrganisation(usable(statements, places))?.links.at(-1)?.parentCode !== before;
  };
  const staleMoves = stated.filter(({ refusal }) => refusal?.reason === 'STALE_FILE').length;
  const moves = stated.filter(isMove).length;
  if (staleMoves <= moves) return stated;
  const detail = `${staleMoves} of ${staleMoves + moves} moves in this file are older than what is known`;
  return stated.map((one) => {
    if (!isMove(one)) return one;
    const statements = statementsAbout(known, one.row.code);
    return { ...one, refusal: { reason: 'STALE_FILE', detail }, statements };
  });
}

function toStatement(
  row: PracticeRow,
  file: PracticeFile,
  day: CalendarDate | null,
  correction: number,
  placedSinceMs: number | null,
): Omit<Statement, 'variant'> {
  return {
    ...{ code: row.code, level: 'PRACTICE', day, correction, told: file.format, name: row.name },
    ...{ parentCode: row.icbCode, regionCode: row.regionCode, placedSinceMs, postcode: row.postcode },
    ...{ address: row.address ?? null, telephone: row.telephone ?? null },
    ...{ openedOn: row.openedOn ?? null, closedOn: row.closedOn ?? null, supplier: row.supplier ?? null },
  };
}

function saysTheSame(a: DerivedOrganisation | null, b: DerivedOrganisation): boolean {
  const said = ({ name, facts, links }: DerivedOrganisation) => JSON.stringify([name, facts, links]);
  return a !== null && said(a) === said(b);
}
