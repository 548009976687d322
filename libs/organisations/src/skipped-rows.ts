/**
 * Why a row is not taken. BROKEN_ROW cannot be read · DUPLICATE_CODE a second row of one practice ·
 * NOT_A_GP_PRACTICE another prescribing setting · NOT_IN_ENGLAND Wales, Channel Islands · RETIRED_REGION a
 * region abolished before 2020, on rows closed long ago · UNKNOWN_REGION none of the seven · NOT_YET_OPEN
 * proposed · UNKNOWN_ICB neither built in nor in the database · ICB_NOT_IN_REGION the row puts the ICB into
 * another region · CODE_IN_USE the code belongs to an organisation of another level · STALE_FILE the database
 * knows something later about this practice's place than the file does
 */
export const SKIP_REASONS = [
  'BROKEN_ROW',
  'DUPLICATE_CODE',
  'NOT_A_GP_PRACTICE',
  'NOT_IN_ENGLAND',
  'RETIRED_REGION',
  'UNKNOWN_REGION',
  'NOT_YET_OPEN',
  'UNKNOWN_ICB',
  'ICB_NOT_IN_REGION',
  'CODE_IN_USE',
  'STALE_FILE',
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

/** One row that was not taken. `code` is null when the row has no readable one. */
export type SkippedRow = {
  readonly line: number;
  readonly code: string | null;
  readonly reason: SkipReason;
  readonly detail: string;
};

/** All rows that were not taken: counted completely, listed up to a bound. */
export type SkippedRows = {
  readonly total: number;
  readonly counts: Readonly<Partial<Record<SkipReason, number>>>;
  /** In the order of the file, the first `SKIPPED_ROWS_LISTED_PER_REASON_MAX` of each reason. */
  readonly listed: readonly SkippedRow[];
};

/**
 * Rows listed of each reason. Per reason, because an epraccur file skips some 8,000 rows that are no GP
 * practices, and these must not crowd out the three broken ones that somebody has to look at.
 */
export const SKIPPED_ROWS_LISTED_PER_REASON_MAX = 25;

/** Counts skipped rows and keeps the first of each reason. */
export class SkipTally {
  private readonly counts: Partial<Record<SkipReason, number>> = {};
  private readonly listed: SkippedRow[] = [];
  private total = 0;

  /** @param earlier rows already skipped by a step before; they count here too */
  constructor(earlier?: SkippedRows) {
    if (earlier === undefined) return;
    this.total = earlier.total;
    Object.assign(this.counts, earlier.counts);
    this.listed.push(...earlier.listed);
  }

  add(row: SkippedRow): void {
    const count = (this.counts[row.reason] ?? 0) + 1;
    this.counts[row.reason] = count;
    this.total += 1;
    if (count <= SKIPPED_ROWS_LISTED_PER_REASON_MAX) this.listed.push(row);
  }

  /** How many rows were skipped for this reason so far. */
  count(reason: SkipReason): number {
    return this.counts[reason] ?? 0;
  }

  result(): SkippedRows {
    const listed = [...this.listed].sort((a, b) => a.line - b.line);
    return { total: this.total, counts: { ...this.counts }, listed };
  }
}
