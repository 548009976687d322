import { practicesIn, type KnownPractices } from './practice-codes';
import type { BrokenRow, RegisterRow, RowProblem } from './register-file';

/** A row whose practice is known. */
export type PlacedRow = RegisterRow & { readonly practiceId: string };

/** A branch surgery that rows name, and the practice that they were taken for. */
export type NamedBranch = { readonly branch: string; readonly practice: string; readonly rows: number };

/** Rows by their practices. */
export type PlacedRows = {
  readonly placed: readonly PlacedRow[];
  readonly broken: readonly BrokenRow[];
  readonly branches: readonly NamedBranch[];
};

/** Rows that are placed in one step. */
const ROWS_PER_STEP = 500;

/**
 * Finds the practice of each row: the code that its cell holds, alone or within a text such as `P82011 - Tonge Fold` or the path of
 * an organisational unit. A branch surgery stands for the practice that it belongs to.
 *
 * @param defaultPractice of rows that say nothing; null: such rows are broken
 */
export function* placeRows(
  rows: readonly RegisterRow[],
  defaultPractice: string | null,
  practices: KnownPractices,
): Generator<void, PlacedRows> {
  const placed: PlacedRow[] = [];
  const broken: BrokenRow[] = [];
  const branches = new Map<string, NamedBranch>();
  for (const [at, row] of rows.entries()) {
    if (at % ROWS_PER_STEP === 0) yield;
    const practice = practiceOf(row.practice ?? defaultPractice, practices);
    if ('problem' in practice) {
      broken.push({ line: row.line, problem: practice.problem });
      continue;
    }
    const { code, practiceId } = practice;
    placed.push({ ...row, practiceId });
    if (code === practiceId) continue;
    const before = branches.get(code)?.rows ?? 0;
    branches.set(code, { branch: code, practice: practiceId, rows: before + 1 });
  }
  return { placed, broken, branches: [...branches.values()] };
}

type FoundPractice =
  { readonly code: string; readonly practiceId: string } | { readonly problem: RowProblem };

function practiceOf(text: string | null, practices: KnownPractices): FoundPractice {
  if (text === null) return { problem: 'NO_PRACTICE' };
  const named = practicesIn(text, practices.practiceOf);
  const [practice] = named;
  if (practice === undefined) return { problem: 'UNKNOWN_PRACTICE' };
  if (named.length > 1) return { problem: 'PRACTICE_UNCLEAR' };
  switch (practices.standingOf(practice.practiceId)) {
    case 'OPEN':
      return practice;
    case 'CLOSED':
      return { problem: 'PRACTICE_CLOSED' };
    case 'OUT_OF_SCOPE':
      return { problem: 'OUT_OF_SCOPE' };
    case 'UNKNOWN':
      return { problem: 'UNKNOWN_PRACTICE' };
  }
}
