import { EXPOSURE_CODE, STATE_CODE } from '@app/storage';
import { once } from 'node:events';
import { Client } from 'pg';
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams';
import {
  bootIdOf,
  hostnameOf,
  machineIdOf,
  practiceCodeOf,
  scatter,
  type FleetShape,
} from '../fleet/fleet-shape';
import { LOTS, lotOf, roleOf, type Lot } from '../fleet/fleet-lots';
import type { ModelMachines } from './model-machines';
import {
  assertHash,
  columnsOf,
  factsHashOf,
  linesLike,
  MACHINE_TABLES,
  type Column,
  type Copy,
  type MachineTable,
  type WriteLines,
} from './model-rows';

/** Text handed to the server at once. */
const CHUNK_CHARACTERS = 1 << 18;
/** For index builds and the two sums at the end, on connections of ours only. */
const MEMORY = `SET maintenance_work_mem = '1GB'; SET work_mem = '512MB'; SET statement_timeout = 0`;

/** Machines of this lot crashed at any moment of a day and a half; those of others all at once, as an incident has it. */
const SCATTERED_LOT: Lot = 'DOWN_AFTER_CRASHES';
const SCATTERED_OVER_MS = 36 * 3_600_000;

/** Counts and ledger, anew from the machines and their transitions. */
const BOOK_COUNTS = `
  TRUNCATE progress_count, progress_ledger;
  INSERT INTO progress_count (practice_id, exposure, state, machines, changed_at)
  SELECT practice_id, exposure, state, count(*), max(since) FROM machine_status GROUP BY 1, 2, 3;
  INSERT INTO progress_ledger (practice_id, event_bucket, record_bucket, exposure, state, delta)
  SELECT practice_id, date_bin('5 min', event_at, 'epoch'), date_bin('5 min', recorded_at, 'epoch'),
         exposure, state, sum(delta)
  FROM (
    SELECT practice_id, enrolled_at AS event_at, enrolled_at AS recorded_at,
           ${EXPOSURE_CODE.UNKNOWN} AS exposure, ${STATE_CODE.UNVERIFIED} AS state, 1 AS delta
    FROM machine
    UNION ALL
    SELECT practice_id, event_at, recorded_at, from_exposure, from_state, -1 FROM transition
    UNION ALL
    SELECT practice_id, event_at, recorded_at, to_exposure, to_state, 1 FROM transition
  ) AS entry
  GROUP BY 1, 2, 3, 4, 5 HAVING sum(delta) <> 0`;

/**
 * Fills the service's database with the fleet while the service is stopped: every machine a copy of the model of its lot, by
 * COPY over one connection for each table, without the indexes that can be built afterwards. The models themselves go.
 * Nothing of this is measured.
 */
export async function seedFleet(
  url: string,
  shape: FleetShape,
  models: ModelMachines,
  onProgress: (share: number) => void,
): Promise<void> {
  const client = await connect(url);
  try {
    const writers = await makeWriters(client, models);
    const indexes = await dropIndexes(client);
    const lines: TableCopy[] = [];
    try {
      for (const table of MACHINE_TABLES) {
        const columns = await columnsOf(client, table);
        lines.push(await TableCopy.begin(url, table, columns));
      }
      await copyMachines(shape, writers, lines, onProgress);
      await Promise.all(lines.map((one) => one.commit()));
    } finally {
      await Promise.all(lines.map((one) => one.end()));
    }
    for (const definition of indexes) await client.query(definition);
    await client.query(BOOK_COUNTS);
  } finally {
    await client.end();
  }
}

type Writers = ReadonlyMap<Lot, Readonly<Record<MachineTable, WriteLines>>>;

async function makeWriters(client: Client, models: ModelMachines): Promise<Writers> {
  const writers = new Map<Lot, Readonly<Record<MachineTable, WriteLines>>>();
  for (const lot of LOTS) {
    await assertHash(client, lot, models[lot]);
    const tables: [MachineTable, WriteLines][] = [];
    for (const table of MACHINE_TABLES)
      tables.push([table, await linesLike(client, lot, models[lot], table)]);
    writers.set(lot, Object.fromEntries(tables) as Record<MachineTable, WriteLines>);
  }
  return writers;
}

/** In the order of the keys, so that the indexes of the keys grow at their ends. */
async function copyMachines(
  shape: FleetShape,
  writers: Writers,
  tables: readonly TableCopy[],
  onProgress: (share: number) => void,
): Promise<void> {
  for (let from = 0; from < shape.machines;) {
    let until = from + 1;
    while (until < shape.machines && shape.practiceOf[until] === shape.practiceOf[from]) until += 1;
    const ofPractice = Array.from({ length: until - from }, (_, i) => from + i);
    ofPractice.sort((a, b) => scatter(a) - scatter(b));
    for (const index of ofPractice) {
      const lot = lotOf(index);
      const copy = copyOf(shape, index, lot);
      const write = writers.get(lot);
      for (const table of tables) table.add(write?.[table.table](copy) ?? '');
    }
    for (const table of tables) await table.drain();
    from = until;
    onProgress(until / shape.machines);
  }
}

function copyOf(shape: FleetShape, index: number, lot: Lot): Copy {
  const hostname = hostnameOf(shape, index);
  return {
    practice: practiceCodeOf(shape, index),
    machineId: machineIdOf(index),
    hostname,
    serialNumber: serialNumberOf(index),
    bootId: bootIdOf(index),
    factsHash: factsHashOf(lot, hostname),
    role: roleOf(index),
    earlierMs: lot === SCATTERED_LOT ? scatter(index + 1) % SCATTERED_OVER_MS : 0,
  };
}

export function serialNumberOf(index: number): string {
  return `SN${scatter(index).toString(36).toUpperCase().padStart(7, '0')}`;
}

/** Drops every index that no constraint needs. @returns the statements that make them again */
async function dropIndexes(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT index.indexrelid::regclass::text AS name, pg_get_indexdef(index.indexrelid) AS definition
     FROM pg_index AS index
     WHERE index.indrelid = ANY ($1::regclass[])
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)`,
    [MACHINE_TABLES],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}

/** One table being filled, on a connection and in a transaction of its own. */
class TableCopy {
  private waiting: string[] = [];
  private characters = 0;

  private constructor(
    readonly table: MachineTable,
    private readonly client: Client,
    private readonly stream: CopyStreamQuery,
  ) {}

  /** Emptied in the same transaction, the table takes its rows as settled ones (FREEZE): no vacuum has to follow. */
  static async begin(url: string, table: MachineTable, columns: readonly Column[]): Promise<TableCopy> {
    const client = await connect(url);
    await client.query(`BEGIN; TRUNCATE ${table}`);
    const names = columns.map(({ name }) => name).join(', ');
    const stream = client.query(copyFrom(`COPY ${table} (${names}) FROM STDIN WITH (FREEZE)`));
    return new TableCopy(table, client, stream);
  }

  add(lines: string): void {
    this.waiting.push(lines);
    this.characters += lines.length;
  }

  /** Hands over what waits, and waits itself until the server has caught up. */
  async drain(all = false): Promise<void> {
    if (this.characters < CHUNK_CHARACTERS && !all) return;
    const bytes = Buffer.from(this.waiting.join(''), 'utf8');
    this.waiting = [];
    this.characters = 0;
    if (!this.stream.write(bytes))
      await Promise.race([once(this.stream, 'drain'), once(this.stream, 'error')]);
  }

  async commit(): Promise<void> {
    await this.drain(true);
    await new Promise<void>((resolve, reject) => {
      this.stream.once('error', reject);
      this.stream.end(resolve);
    });
    await this.client.query('COMMIT');
  }

  end(): Promise<void> {
    return this.client.end();
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(MEMORY);
  return client;
}
