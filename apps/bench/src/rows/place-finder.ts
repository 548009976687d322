import { formatMachineKey, roleCode, STATE_CODE } from '@app/storage';
import type { Client } from 'pg';
import { PAGE_ORDERS, type PageOrder } from './page-questions';
import { UNRECOVERED_STATES, type PriorityPoints } from './priority-points';

/** What the orders sort by, before the key. */
const SORT_OF: Readonly<Record<PageOrder, string | null>> = {
  PRACTICE: null,
  SINCE: 'since',
  HOST_NAME: 'host_order',
  LAST_HEARD: 'heard_order',
  PRIORITY: '-points, since',
};

/** What a cursor says of a machine's place in an order, before its key. */
const SORT_VALUE_OF: Readonly<Record<PageOrder, string>> = {
  PRACTICE: `''`,
  SINCE: 'since::text',
  HOST_NAME: 'host_order',
  LAST_HEARD: 'heard_order::text',
  PRIORITY: `points || ' ' || since::text`,
};

/** Columns that questions are about. */
const STATUS_COLUMNS =
  'practice_id, machine_id, state, exposure, reason, since, heard_at, heard_order, host_order, role_code';
const MACHINE_COLUMNS =
  'serial_number, identity_conflict_since, boot_mode, file_verdict, bitlocker, sensor_running, sensor_version, safe_boot_flag, os_build';

/** The last machine before a page: what a cursor says of it. */
export type Place = { readonly sortValue: string; readonly machineId: string };

/**
 * Finds places far behind in lists of unrecovered machines, in a copy of those machines that says how far behind each stands in every
 * order: sorted once for each order, and not once for each list.
 */
export class PlaceFinder {
  private constructor(private readonly client: Client) {}

  /** @param points what state and role of a machine add to its priority */
  static async make(client: Client, points: readonly PriorityPoints[]): Promise<PlaceFinder> {
    const ranks = PAGE_ORDERS.map((order) => {
      const sort = SORT_OF[order];
      const by = [...(sort === null ? [] : [sort]), 'practice_id', 'machine_id'].join(', ');
      return `(row_number() OVER (ORDER BY ${by}))::int AS ${rankOf(order)}`;
    });
    await client.query(`SET work_mem = '256MB'`);
    await client.query(
      `CREATE TEMP TABLE unrecovered AS
       SELECT *, ${ranks.join(', ')}
       FROM (SELECT ${STATUS_COLUMNS}, ${MACHINE_COLUMNS}, ${pointsOf(points)} AS points
             FROM machine_status JOIN machine USING (practice_id, machine_id)
             WHERE state IN (${UNRECOVERED_STATES.map((state) => STATE_CODE[state]).join(', ')})) AS one`,
    );
    return new PlaceFinder(client);
  }

  /** How many unrecovered machines meet a condition. */
  async count(condition: string): Promise<number> {
    const { rows } = await this.client.query<{ machines: number }>(
      `SELECT count(*)::int AS machines FROM unrecovered WHERE ${condition}`,
    );
    return rows[0]?.machines ?? 0;
  }

  /** The machine in a place of a list, counted from 1; null when the list is shorter. */
  async at(condition: string, order: PageOrder, place: number): Promise<Place | null> {
    const { rows } = await this.client.query<{
      sort_value: string;
      practice_id: string;
      machine_id: string;
    }>(
      `SELECT ${SORT_VALUE_OF[order]} AS sort_value, practice_id, machine_id FROM unrecovered
       WHERE ${rankOf(order)} = (
         SELECT ${rankOf(order)} FROM unrecovered WHERE ${condition} ORDER BY 1 OFFSET ${place - 1} LIMIT 1
       )`,
    );
    const row = rows[0];
    if (row === undefined) return null;
    const key = { practiceId: row.practice_id, machineId: row.machine_id };
    return { sortValue: row.sort_value, machineId: formatMachineKey(key) };
  }
}

function rankOf(order: PageOrder): string {
  return `rank_by_${order.toLowerCase()}`;
}

function pointsOf(points: readonly PriorityPoints[]): string {
  const cases = points.map(
    (one) => `WHEN state = ${STATE_CODE[one.state]} AND role_code = ${roleCode(one.role)} THEN ${one.points}`,
  );
  return `CASE ${cases.join(' ')} ELSE 0 END`;
}
