import type { Pool } from 'pg';

/**
 * Counts what breaks the books, by statements of its own: the service's reconciliation is one of the things that are tried here.
 * Everything must be 0.
 */
export async function brokenBooks(pool: Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<Record<string, number>>(`
    SELECT
      (SELECT count(*)::int FROM (
         SELECT practice_id, exposure, state, count(*) AS machines FROM machine_status GROUP BY 1, 2, 3
       ) AS recount
       FULL JOIN (SELECT * FROM progress_count WHERE machines <> 0) AS cell USING (practice_id, exposure, state)
       WHERE recount.machines IS DISTINCT FROM cell.machines) AS "counts that differ from a recount",
      (SELECT count(*)::int FROM (
         SELECT practice_id, exposure, state, sum(delta) AS machines FROM progress_ledger GROUP BY 1, 2, 3
       ) AS book FULL JOIN progress_count AS cell USING (practice_id, exposure, state)
       WHERE COALESCE(book.machines, 0) <> COALESCE(cell.machines, 0)) AS "sums of the ledger that differ from the counts",
      (SELECT count(*)::int FROM machine_status AS status
       LEFT JOIN (SELECT practice_id, machine_id, count(*)::int AS appended, max(ordinal) AS last
                  FROM transition GROUP BY 1, 2) AS chain USING (practice_id, machine_id)
       WHERE status.transitions <> COALESCE(chain.appended, 0) OR status.transitions <> COALESCE(chain.last, 0))
        AS "machines with transitions missing or double",
      (SELECT count(*)::int FROM (
         SELECT ordinal, from_state, from_exposure,
                lag(to_state) OVER chain AS before_state, lag(to_exposure) OVER chain AS before_exposure
         FROM transition WINDOW chain AS (PARTITION BY practice_id, machine_id ORDER BY ordinal)
       ) AS step
       WHERE ordinal > 1 AND (from_state <> before_state OR from_exposure <> before_exposure))
        AS "transitions that do not follow from the one before",
      (SELECT count(*)::int FROM installation
       LEFT JOIN machine_status AS status USING (practice_id, machine_id)
       LEFT JOIN machine USING (practice_id, machine_id)
       WHERE status.state IS NULL OR machine.hostname IS NULL) AS "installations without a machine"`);
  return rows[0] ?? {};
}
