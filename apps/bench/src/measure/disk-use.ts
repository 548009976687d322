import type { Client } from 'pg';

/** Bytes on disk, indexes and visibility maps included. */
export type DiskUse = {
  /** Of what there is once for each machine. */
  readonly machineBytes: number;
  /** Of what is only ever appended. */
  readonly historyBytes: number;
  readonly transitions: number;
};

/** Reads what the tables of machines take on disk. Table names are ours. */
export async function readDiskUse(client: Client): Promise<DiskUse> {
  const { rows } = await client.query<{ machine: string; history: string; transitions: string }>(`
    SELECT pg_total_relation_size('machine') + pg_total_relation_size('machine_status')
             + pg_total_relation_size('installation') AS machine,
           pg_total_relation_size('transition') + pg_total_relation_size('progress_ledger') AS history,
           (SELECT count(*) FROM transition) AS transitions`);
  const [row] = rows;
  return {
    machineBytes: Number(row?.machine),
    historyBytes: Number(row?.history),
    transitions: Number(row?.transitions),
  };
}
