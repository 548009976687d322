import { Client } from 'pg';
import {
  compareByKey,
  machineIdOf,
  makeFleetShape,
  practiceCodeOf,
  type FleetShape,
  type FleetShapeFacts,
} from '../fleet/fleet-shape';
import { FIRST_SEQ } from '../fleet/fleet-lives';
import { speakersOf } from '../fleet/fleet-lots';
import { FleetWalk } from '../fleet/fleet-walk';
import { quantiles } from '../measure/quantiles';
import type { LoadResult } from '../load/load-command';

export type PrepareBare = { readonly kind: 'PREPARE'; readonly url: string; readonly shape: FleetShapeFacts };
export type MakeBatches = {
  readonly kind: 'MAKE_BATCHES';
  readonly rowsPerBatch: number;
  readonly seconds: number;
};
export type RunBatches = { readonly kind: 'RUN'; readonly seconds: number };
export type BareCommand = PrepareBare | MakeBatches | RunBatches;

/**
 * What the service writes for a heartbeat that moves nothing but contact, and nothing else: no look-up, no
 * decision, no version to guard, no counts, no HTTP.
 */
const BARE_UPDATE = `
  UPDATE machine_status AS status
  SET version = status.version + 1,
      heard_at = to_timestamp(bare.heard_ms / 1000),
      heard_seq = bare.heard_seq,
      due_at = to_timestamp(bare.due_ms / 1000)
  FROM unnest($1::text[], $2::uuid[], $3::float8[], $4::int[], $5::float8[])
    AS bare (practice_id, machine_id, heard_ms, heard_seq, due_ms)
  WHERE status.practice_id = bare.practice_id AND status.machine_id = bare.machine_id`;

/** As many as the service writes over. */
const LANES = 2;
/** More than any server here does in a second; the batches are made before the clock starts. */
const ROWS_PER_SECOND_MAX = 150_000;
/** Of memory: some 100 bytes a row. */
const ROWS_PREPARED_MAX = 2_000_000;

/**
 * The limit that the database sets: the same rows updated in batches over two connections, everything else
 * prepared.
 */
export class BareUpdate {
  private readonly shape: FleetShape;
  private readonly speakers: Uint32Array;
  private readonly walk: FleetWalk;
  private readonly clients: Client[];
  private lanes: string[][][] = [];
  private rowsPerBatch = 0;

  constructor({ url, shape }: PrepareBare) {
    this.shape = makeFleetShape(shape);
    this.speakers = speakersOf(shape.machines);
    this.walk = new FleetWalk(this.speakers.length, shape.seed);
    this.clients = Array.from({ length: LANES }, () => new Client({ connectionString: url }));
  }

  async connect(): Promise<void> {
    for (const client of this.clients) await client.connect();
  }

  /**
   * Makes the parameters of so many batches of random machines, each in the order of the keys, each machine
   * in one lane only.
   */
  makeBatches({ rowsPerBatch, seconds }: MakeBatches): void {
    this.rowsPerBatch = rowsPerBatch;
    const rows = Math.min(seconds * ROWS_PER_SECOND_MAX, ROWS_PREPARED_MAX);
    const perBatch = Math.min(rowsPerBatch, Math.floor(this.speakers.length / LANES));
    // Sets: the walk may start again before a batch is full, and no machine may be in a batch twice.
    const open = Array.from({ length: LANES }, () => new Set<number>());
    this.lanes = Array.from({ length: LANES }, () => []);
    for (let row = 0; row < rows; row += 1) {
      const machine = this.speakers[this.walk.next()] as number;
      const lane = machine % LANES;
      const batch = open[lane] as Set<number>;
      batch.add(machine);
      if (batch.size < perBatch) continue;
      (this.lanes[lane] as string[][]).push(this.toParameters([...batch]));
      batch.clear();
    }
  }

  async run(seconds: number): Promise<LoadResult> {
    const startedMs = performance.now();
    const untilMs = startedMs + seconds * 1_000;
    const latenciesMs: number[] = [];
    let items = 0;
    let endedMs = startedMs;
    const work = async (client: Client, batches: readonly string[][]): Promise<void> => {
      for (let i = 0; performance.now() < untilMs; i += 1) {
        const sentMs = performance.now();
        const values = batches[i % batches.length] as string[];
        const result = await client.query({ name: `bare-${this.rowsPerBatch}`, text: BARE_UPDATE, values });
        endedMs = performance.now();
        latenciesMs.push(endedMs - sentMs);
        items += result.rowCount ?? 0;
      }
    };
    await Promise.all(this.clients.map((client, lane) => work(client, this.lanes[lane] as string[][])));
    const [p50Ms, p99Ms] = quantiles(latenciesMs, [0.5, 0.99]);
    const failures = items === 0 ? { 'no row was updated': 1 } : {};
    return {
      requests: latenciesMs.length,
      items,
      failures,
      seconds: (endedMs - startedMs) / 1_000,
      p50Ms: p50Ms ?? 0,
      p99Ms: p99Ms ?? 0,
    };
  }

  private toParameters(machines: number[]): string[] {
    machines.sort((a, b) => compareByKey(this.shape, a, b));
    const nowMs = Date.now();
    const list = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;
    return [
      list(machines.map((index) => practiceCodeOf(this.shape, index))),
      list(machines.map(machineIdOf)),
      list(machines.map(() => nowMs)),
      list(machines.map(() => FIRST_SEQ)),
      list(machines.map(() => 'NULL')),
    ];
  }
}
