import { ASSET_IDENTITIES, comparableIdentities } from '@app/recovery';
import type { BrokenRow, RegisterRow, RowProblem } from './register-file';

/** A row whose practice is known. */
export type PlacedRow = RegisterRow & { readonly practiceId: string };

/** What may be said of a practice to whoever imports. */
export type PracticeStanding = 'OPEN' | 'CLOSED' | 'OUT_OF_SCOPE' | 'UNKNOWN';

/** What looks like the code of a practice; whether there is one is asked. */
const CODE = /(?<![A-Z0-9])[A-Z]\d{5}(?![A-Z0-9])/g;

/**
 * Finds the practice of each row: the code that its cell holds, alone or within a text such as `P82011 - Tonge Fold` or the path of
 * an organisational unit. A row that repeats an asset of an earlier one is left out.
 *
 * @param defaultPractice of rows that say nothing; null: such rows are broken
 */
export function placeRows(
  rows: readonly RegisterRow[],
  defaultPractice: string | null,
  standingOf: (practiceId: string) => PracticeStanding,
): { readonly placed: readonly PlacedRow[]; readonly broken: readonly BrokenRow[] } {
  const placed: PlacedRow[] = [];
  const broken: BrokenRow[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const practice = practiceOf(row.practice, defaultPractice, standingOf);
    const problem = 'problem' in practice ? practice.problem : repeats(row, practice.code, seen);
    if (problem !== null || 'problem' in practice)
      broken.push({ line: row.line, problem: problem ?? 'NO_PRACTICE' });
    else placed.push({ ...row, practiceId: practice.code });
  }
  return { placed, broken };
}

type FoundPractice = { readonly code: string } | { readonly problem: RowProblem };

function practiceOf(
  text: string | null,
  defaultPractice: string | null,
  standingOf: (practiceId: string) => PracticeStanding,
): FoundPractice {
  const upper = text?.toUpperCase() ?? defaultPractice;
  if (upper === null) return { problem: 'NO_PRACTICE' };
  const whole = upper.trim();
  const codes = standingOf(whole) === 'UNKNOWN' ? [...new Set(upper.match(CODE) ?? [])] : [whole];
  const known = codes.filter((code) => standingOf(code) !== 'UNKNOWN');
  const [code] = known;
  if (code === undefined) return { problem: 'UNKNOWN_PRACTICE' };
  if (known.length > 1) return { problem: 'PRACTICE_UNCLEAR' };
  switch (standingOf(code)) {
    case 'OPEN':
      return { code };
    case 'CLOSED':
      return { problem: 'PRACTICE_CLOSED' };
    case 'OUT_OF_SCOPE':
      return { problem: 'OUT_OF_SCOPE' };
    case 'UNKNOWN':
      return { problem: 'UNKNOWN_PRACTICE' };
  }
}

/** By its strongest identity: the same host name on other hardware is another asset. */
function repeats(row: RegisterRow, practiceId: string, seen: Set<string>): RowProblem | null {
  for (const name of ASSET_IDENTITIES) {
    const value = comparableIdentities(row, name)[0] ?? null;
    if (value === null) continue;
    const key = `${practiceId} ${name} ${value}`;
    if (seen.has(key)) return 'SAME_ASSET_AS_ABOVE';
    seen.add(key);
    return null;
  }
  return null;
}
