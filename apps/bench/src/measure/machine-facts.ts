import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { statfs } from 'node:fs/promises';
import type { Client } from 'pg';
import { measureFsyncRate, type FsyncRate } from './fsync-rate';

/** What figures are worth nothing without. */
export type MachineFacts = {
  readonly measuredAt: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  readonly postgresSettings: Readonly<Record<string, string>>;
  readonly fsync: FsyncRate;
  /** On a file system in memory nothing is durable, and every figure is flattered. */
  readonly inMemory: boolean;
  /** Above a fraction of the cores somebody else was working. */
  readonly loadBefore: number;
};

const GIB = 1024 ** 3;
/** Magic number of tmpfs (statfs(2)). */
const TMPFS = 0x01021994;
/** What durability and speed rest on most. */
const SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
  'wal_compression',
];

/** @param folder on the disk that the database lies on */
export async function readMachineFacts(
  client: Client,
  folder: string,
  loadBefore: number,
): Promise<MachineFacts> {
  const processors = cpus();
  const { rows } = await client.query<{ name: string; value: string }>(
    'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS wanted (name)',
    [SETTINGS],
  );
  const version = await client.query<{ server_version: string }>('SHOW server_version');
  return {
    measuredAt: new Date().toISOString(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round((totalmem() / GIB) * 10) / 10,
    system: `${type()} ${release()}`,
    node: process.version,
    postgres: version.rows[0]?.server_version ?? 'unknown',
    postgresSettings: Object.fromEntries(rows.map(({ name, value }) => [name, value])),
    fsync: measureFsyncRate(folder),
    inMemory: (await statfs(folder)).type === TMPFS,
    loadBefore,
  };
}

export function currentLoad(): number {
  return loadavg()[0] ?? 0;
}
