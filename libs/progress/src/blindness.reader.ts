import type { Pool } from 'pg';

export const BLINDNESS_CAUSES = ['NOT_RUNNING', 'DATABASE', 'SHEDDING'] as const;
/** Why reports could not be taken. */
export type BlindnessCause = (typeof BLINDNESS_CAUSES)[number];

/** A time in which reports could not be taken; it counts for nobody's silence. */
export type BlindTime = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly cause: BlindnessCause;
};

/** Tells when we were blind: whoever reads a percentage should know when nobody could be heard. */
export class BlindnessReader {
  constructor(private readonly pool: Pool) {}

  /** The newest blind times that ended after `sinceMs`, newest first, as each was recorded; they may overlap. */
  async newest(sinceMs: number | null, rowsMax: number): Promise<BlindTime[]> {
    const { rows } = await this.pool.query<{ from_ms: number; until_ms: number; cause: BlindnessCause }>(
      `SELECT date_part('epoch', started_at) * 1000 AS from_ms, date_part('epoch', ended_at) * 1000 AS until_ms, cause
       FROM blindness
       WHERE $1::float8 IS NULL OR ended_at > to_timestamp($1::float8 / 1000)
       ORDER BY started_at DESC, ended_at DESC, id
       LIMIT $2`,
      [sinceMs, rowsMax],
    );
    return rows.map((row) => ({
      fromMs: Math.round(row.from_ms),
      untilMs: Math.round(row.until_ms),
      cause: row.cause,
    }));
  }
}
