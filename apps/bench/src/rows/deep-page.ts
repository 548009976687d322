import { formatMachineKey, STATE_CODE } from '@app/storage';
import type { Client } from 'pg';
import type { ServiceProcess } from '../stage/service-process';
import { askPage, cursorBehind, type Page } from './page-request';
import { SORT_OF, type PageOrder, type PageQuestion } from './page-questions';

/** Machines before the 10,000th page. */
const DEEP_AT = 9_999 * 100;
const PAGE_ROWS = 100;

const UNRECOVERED = [
  STATE_CODE.LATENT,
  STATE_CODE.DOWN,
  STATE_CODE.CRASH_LOOPING,
  STATE_CODE.IN_REPAIR,
  STATE_CODE.STABILISING,
  STATE_CODE.RELAPSED,
];

/**
 * The 10,000th page of a list, or the last one of a shorter list; null when it has one page only. The place is found in the database,
 * which takes seconds, once.
 */
export async function deepPage(
  service: ServiceProcess,
  client: Client,
  question: PageQuestion,
  order: PageOrder,
): Promise<Page | null> {
  const first: Page = { question, order, after: null };
  const { endCursor, machines } = await askPage(service, first);
  if (endCursor === null || machines < PAGE_ROWS) return null;
  const sort = SORT_OF[order];
  const columns = [...(sort === null ? [] : [sort]), 'status.practice_id', 'status.machine_id'];
  const from =
    `FROM machine_status AS status ${question.condition.includes('machine.') ? 'JOIN machine USING (practice_id, machine_id)' : ''} ` +
    `WHERE status.state IN (${UNRECOVERED.join(', ')}) AND ${question.condition}`;
  const { rows: counts } = await client.query<{ machines: number }>(
    `SELECT count(*)::int AS machines ${from}`,
  );
  const before = Math.min(DEEP_AT, (counts[0]?.machines ?? 0) - PAGE_ROWS);
  if (before < PAGE_ROWS) return null;
  const { rows } = await client.query<{ sort_value: string; practice_id: string; machine_id: string }>(
    `SELECT ${sort === null ? `''` : `(${sort})::text`} AS sort_value, status.practice_id, status.machine_id ${from}
     ORDER BY ${columns.join(', ')} OFFSET ${before - 1} LIMIT 1`,
  );
  const row = rows[0];
  if (row === undefined) return null;
  const key = formatMachineKey({ practiceId: row.practice_id, machineId: row.machine_id });
  return { ...first, after: cursorBehind(endCursor, row.sort_value, key) };
}
