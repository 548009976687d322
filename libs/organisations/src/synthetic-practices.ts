import type { Pool } from 'pg';
import type { CalendarDate } from './calendar-date';
import { importPractices, type ImportOptions } from './import-practices';
import type { ImportReport } from './import-report';
import type { PracticeFile, PracticeRow } from './practice-file';
import { ICBS, type ReferenceIcb } from './reference-data';
import { SkipTally } from './skipped-rows';

/**
 * Practices for demonstrations and load tests: as many in each ICB as on 19 July 2024, and none that exists.
 * Regions and ICBs are the real ones; a made-up practice is marked as such by code, name, `synthetic` and
 * source.
 *
 * The code is X, two digits for the ICB and three for the practice: X01001 to X42073. The shape is that of a
 * real one (a letter and five digits), the block is not used: in the epraccur releases of August 2025 and
 * February 2026, which have every prescribing cost centre since 1974 between them, no code begins with X. X98
 * and X99, which stand for "not applicable" and "not known" in commissioning data sets, are left out too.
 */
const CODE_PREFIX = 'X';

/** The day whose practices the synthetic ones stand for. */
const SYNTHETIC_DAY: CalendarDate = '2024-07-19';

/** The ICBs that had practices on 19 July 2024, in a fixed order: it decides the codes. */
const SYNTHETIC_ICBS: readonly ReferenceIcb[] = ICBS.filter((icb) => icb.practicesOpenOnIncidentDay > 0);

/** All practices that can be made: 6,394, as on 19 July 2024. */
export const SYNTHETIC_PRACTICES_MAX = SYNTHETIC_ICBS.reduce(
  (sum, icb) => sum + icb.practicesOpenOnIncidentDay,
  0,
);

/**
 * Share of practices with EMIS in each region on 28 July 2024, computed from per-network counts of practices
 * and suppliers (github.com/sebbacon/gpss-map, e85385510cf66607690e4fef06be60657095b28b). Everybody else is
 * given TPP.
 */
const EMIS_SHARE_BY_REGION: Readonly<Record<string, number>> = {
  Y56: 0.803,
  Y58: 0.363,
  Y59: 0.826,
  Y60: 0.549,
  Y61: 0.146,
  Y62: 0.947,
  Y63: 0.254,
};

/**
 * Makes the synthetic practices, in the form of a practice file that was read. The same seed gives the same
 * practices, and fewer of them are always a part of all: a database made with a few can be filled up later.
 *
 * @param seed decides which practice has which supplier; any integer
 * @param practicesMax how many to make, spread over the ICBs in proportion; default all
 * @throws RangeError when `practicesMax` is not a whole number from 1 to `SYNTHETIC_PRACTICES_MAX`
 */
export function makeSyntheticPractices(
  seed = 1,
  practicesMax: number = SYNTHETIC_PRACTICES_MAX,
): PracticeFile {
  if (!Number.isInteger(practicesMax) || practicesMax < 1 || practicesMax > SYNTHETIC_PRACTICES_MAX) {
    throw new RangeError(`practicesMax: expected 1 to ${SYNTHETIC_PRACTICES_MAX}, saw ${practicesMax}`);
  }
  const practices: PracticeRow[] = [];
  let madeInFull = 0;
  let madeHere = 0;
  SYNTHETIC_ICBS.forEach((icb, icbIndex) => {
    const numberBefore = madeInFull;
    madeInFull += icb.practicesOpenOnIncidentDay;
    // Rounding the running total instead of each share makes the shares add up exactly.
    const upTo = Math.round((madeInFull * practicesMax) / SYNTHETIC_PRACTICES_MAX);
    for (let n = 1; n <= upTo - madeHere; n += 1) {
      practices.push(makePractice(icb, icbIndex + 1, n, numberBefore + n, seed));
    }
    madeHere = upTo;
  });
  return {
    format: 'SYNTHETIC',
    extractedOn: null,
    daysTold: [],
    rowCount: practices.length,
    practices,
    icbs: [],
    mentionedCodes: new Set(practices.map(({ code }) => code)),
    skipped: new SkipTally().result(),
  };
}

/** Which synthetic practices to import, and when. */
export type SyntheticImportOptions = ImportOptions & {
  readonly seed?: number;
  readonly practicesMax?: number;
};

/** Imports the synthetic practices by the same path as a file. Errors as in `importPractices` and above. */
export async function importSyntheticPractices(
  pool: Pool,
  options: SyntheticImportOptions,
): Promise<ImportReport> {
  const file = makeSyntheticPractices(options.seed, options.practicesMax);
  return importPractices(pool, file, { vintage: SYNTHETIC_DAY, ...options });
}

/** @param number the practice's number in all of England, from 1 */
function makePractice(
  icb: ReferenceIcb,
  icbNumber: number,
  n: number,
  number: number,
  seed: number,
): PracticeRow {
  const code = `${CODE_PREFIX}${String(icbNumber).padStart(2, '0')}${String(n).padStart(3, '0')}`;
  const emisShare = EMIS_SHARE_BY_REGION[icb.regionCode] ?? 0;
  return {
    line: number,
    code,
    name: `Synthetic Practice ${String(number).padStart(4, '0')} (${icb.name.replace(' Integrated Care Board', '')})`,
    postcode: null,
    openedOn: null,
    closedOn: null,
    supplier: fraction(seed, number) < emisShare ? 'EMIS' : 'TPP',
    icbCode: icb.code,
    regionCode: icb.regionCode,
  };
}

/**
 * A number in [0, 1) that depends on seed and index only: one step of the mulberry32 generator, so that a
 * practice's supplier does not depend on how many others are made.
 */
function fraction(seed: number, index: number): number {
  let mixed = (Math.imul(seed, 0x9e3779b1) + Math.imul(index, 0x6d2b79f5)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
