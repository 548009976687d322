import { EXPOSURE_CODE, hashFacts, STATE_CODE, type MachineFacts } from '@app/storage';
import type { Client } from 'pg';
import { BAD_FILE_AT, GOOD_FILE_AT, OS_BUILD, SENSOR_VERSION } from '../fleet/heartbeat-facts';
import {
  bootIdOf,
  hostnameOf,
  machineIdOf,
  practiceCodeOf,
  startsBad,
  type FleetShape,
} from '../fleet/fleet-shape';
import type { ModelMachine, ModelMachines } from './model-machines';

/** Machines in one statement: some megabytes of parameters. */
const CHUNK_MACHINES = 20_000;

/** The tables of a machine, and what a copy has of its own; every other column is as in the model's row. */
const OWN_COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  machine: { hostname: 'wanted.hostname' },
  machine_status: { facts_hash: 'wanted.facts_hash', memory: 'replace(model.memory, $8, wanted.boot_id)' },
  transition: { evidence: 'replace(model.evidence::text, $8, wanted.boot_id)::jsonb' },
};
const KEY_COLUMNS = { practice_id: 'wanted.practice_id', machine_id: 'wanted.machine_id' };

/**
 * The statement that copies the rows of a model for each machine. $1 practices, $2 machine ids, $3 host
 * names, $4 boot ids, $5 hashes of the facts; $6 and $7 the model's key, $8 its boot id. The columns are the
 * database's, so that a new one needs no change here.
 */
async function makeCopyStatement(client: Client): Promise<string> {
  const copies: string[] = [];
  for (const [table, own] of Object.entries(OWN_COLUMNS)) {
    const { rows } = await client.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`,
      [table],
    );
    const names = rows.map(({ column_name: name }) => name);
    const sources: Readonly<Record<string, string>> = { ...KEY_COLUMNS, ...own };
    copies.push(
      `INSERT INTO ${table} (${names.join(', ')})
       SELECT ${names.map((name) => sources[name] ?? `model.${name}`).join(', ')}
       FROM wanted, ${table} AS model
       WHERE model.practice_id = $6 AND model.machine_id = $7`,
    );
  }
  return `
    WITH wanted AS (
      SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int[])
        AS w (practice_id, machine_id, hostname, boot_id, facts_hash)
    ), ${copies.map((copy, i) => `copied_${i} AS (${copy})`).join(', ')}
    INSERT INTO installation (installation_id, practice_id, machine_id)
    SELECT 'bench-' || machine_id, practice_id, machine_id FROM wanted`;
}

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

/** Fills the service's database with the fleet while the service is stopped. Nothing of this is measured. */
export async function seedFleet(
  client: Client,
  shape: FleetShape,
  models: ModelMachines,
  onProgress: (share: number) => void,
): Promise<void> {
  await assertHashes(client, models);
  const copy = await makeCopyStatement(client);
  for (let from = 0; from < shape.machines; from += CHUNK_MACHINES) {
    const until = Math.min(from + CHUNK_MACHINES, shape.machines);
    const indexes = Array.from({ length: until - from }, (_, i) => from + i);
    const good = indexes.filter((index) => !startsBad(index));
    await client.query(copy, copyParameters(shape, models.good, good, GOOD_FILE_AT));
    await client.query(copy, copyParameters(shape, models.bad, indexes.filter(startsBad), BAD_FILE_AT));
    onProgress(until / shape.machines);
  }
  await client.query(BOOK_COUNTS);
}

function copyParameters(
  shape: FleetShape,
  model: ModelMachine,
  indexes: readonly number[],
  fileAt: string,
): string[] {
  const list = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;
  const hostnames = indexes.map((index) => hostnameOf(shape, index));
  return [
    list(indexes.map((index) => practiceCodeOf(shape, index))),
    list(indexes.map(machineIdOf)),
    list(hostnames),
    list(indexes.map(bootIdOf)),
    list(hostnames.map((hostname) => factsHash(hostname, fileAt))),
    model.practiceCode,
    model.machineId,
    model.bootId,
  ];
}

/** The service compares the hash of a heartbeat's facts with the stored one; the host name is part of it. */
function factsHash(hostname: string, fileAt: string): number {
  const facts: MachineFacts = {
    facts_ms: 0,
    hostname,
    os_build: OS_BUILD,
    sensor_version: SENSOR_VERSION,
    sensor_running: true,
    bitlocker: 'PROTECTED',
    safe_boot_flag: false,
    boot_mode: 'NORMAL',
    file_written_ms: Date.parse(fileAt),
    file_verdict: fileAt === GOOD_FILE_AT ? 'GOOD' : 'BAD',
    clock_skew_seconds: 0,
    identity_conflict_ms: null,
  };
  return hashFacts(facts);
}

/**
 * If the facts that are hashed change, the seeded machines would all seem to have changed theirs; better to
 * fail.
 */
async function assertHashes(client: Client, { good, bad }: ModelMachines): Promise<void> {
  for (const [model, fileAt] of [
    [good, GOOD_FILE_AT],
    [bad, BAD_FILE_AT],
  ] as const) {
    const { rows } = await client.query<{ facts_hash: number }>(
      'SELECT facts_hash FROM machine_status WHERE practice_id = $1 AND machine_id = $2',
      [model.practiceCode, model.machineId],
    );
    if (rows[0]?.facts_hash !== factsHash(model.hostname, fileAt)) {
      throw new Error(
        'the service hashes other facts than the seed of the bench; bring seed-fleet.ts up to date',
      );
    }
  }
}
