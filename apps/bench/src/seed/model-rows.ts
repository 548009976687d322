import { hashFacts, roleCode, type MachineFacts } from '@app/storage';
import type { Client } from 'pg';
import { BAD_FILE_AT, GOOD_FILE_AT, OS_BUILD, SENSOR_VERSION } from '../fleet/heartbeat-facts';
import type { Lot, Role } from '../fleet/fleet-lots';
import type { ModelMachine } from './model-machines';

/** The tables of a machine. */
export const MACHINE_TABLES = ['installation', 'machine', 'machine_status', 'transition'] as const;
export type MachineTable = (typeof MACHINE_TABLES)[number];

/** What one copy of a model has of its own. */
export type Copy = {
  readonly practice: string;
  readonly machineId: string;
  readonly hostname: string;
  readonly serialNumber: string;
  readonly bootId: string;
  readonly factsHash: number;
  /** Null: nobody has said what it is for. */
  readonly role: Role | null;
  /** How much earlier everything happened to it than to its model, in milliseconds. */
  readonly earlierMs: number;
};

/** Writes a copy's lines for a table, as COPY reads them. */
export type WriteLines = (copy: Copy) => string;

type Piece = string | ((copy: Copy) => string);

/** Columns of the tables that take part, in the order of the lines. A generated one is the database's business. */
export async function columnsOf(client: Client, table: MachineTable): Promise<readonly Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`,
    [table],
  );
  return rows;
}
export type Column = { readonly name: string; readonly type: string };

/** Reads the rows of a model and makes of them the writer of a copy's lines. */
export async function linesLike(
  client: Client,
  lot: Lot,
  model: ModelMachine,
  table: MachineTable,
): Promise<WriteLines> {
  const columns = await columnsOf(client, table);
  const wanted = columns.map(({ name, type }) =>
    type === 'timestamp with time zone' ? `date_part('epoch', ${name}) * 1000` : name,
  );
  const { rows } = await client.query<{ cells: (string | null)[] }>(
    `SELECT ARRAY[${wanted.map((expression) => `(${expression})::text`).join(', ')}] AS cells FROM ${table}
     WHERE practice_id = $1 AND machine_id = $2 ${table === 'transition' ? 'ORDER BY ordinal' : ''}`,
    [model.practiceCode, model.machineId],
  );
  if (rows.length === 0 && table !== 'transition') throw new Error(`the model of ${lot} has no ${table}`);
  const pieces = rows.flatMap(({ cells }) =>
    cells.flatMap((cell, i): Piece[] => [
      pieceOf(columns[i] as Column, cell, model),
      i === cells.length - 1 ? '\n' : '\t',
    ]),
  );
  return writerOf(pieces);
}

/** Joins what stays the same once, so that a copy costs little more than its own texts. */
function writerOf(pieces: readonly Piece[]): WriteLines {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined[joined.length - 1];
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return (copy) => {
    let text = '';
    for (const piece of joined) text += typeof piece === 'string' ? piece : piece(copy);
    return text;
  };
}

/** What no machine of another installation may share with its model. */
const OWN: Readonly<Record<string, (copy: Copy) => string>> = {
  practice_id: (copy) => copy.practice,
  machine_id: (copy) => copy.machineId,
  installation_id: (copy) => `bench-${copy.machineId}`,
  hostname: (copy) => copy.hostname,
  host_order: (copy) => copy.hostname.toLowerCase(),
  serial_number: (copy) => copy.serialNumber,
  facts_hash: (copy) => String(copy.factsHash),
  role: (copy) => copy.role ?? '\\N',
  role_code: (copy) => String(roleCode(copy.role)),
};

/** Moments of recording: the bench wrote these rows when it did, whenever it says that things happened. */
const NOT_SHIFTED = ['enrolled_at', 'recorded_at'];
/** Milliseconds since 1970 of our time in a text. */
const MOMENT_IN_TEXT = /\b1\d{12}\b/g;

function pieceOf({ name, type }: Column, cell: string | null, model: ModelMachine): Piece {
  const own = OWN[name];
  if (own !== undefined) return own;
  if (cell === null) return '\\N';
  if (type === 'timestamp with time zone') {
    const atMs = Math.round(Number(cell));
    if (NOT_SHIFTED.includes(name)) return new Date(atMs).toISOString();
    return (copy) => new Date(atMs - copy.earlierMs).toISOString();
  }
  const text = escaped(cell);
  if (type !== 'text' && type !== 'jsonb') return text;
  const parts = model.bootId === '' ? [text] : text.split(model.bootId);
  return (copy) => {
    const renamed = parts.length === 1 ? text : parts.join(copy.bootId);
    if (copy.earlierMs === 0) return renamed;
    return renamed.replace(MOMENT_IN_TEXT, (moment) => String(Number(moment) - copy.earlierMs));
  };
}

/** As COPY wants a text: the separator, the line's end and the escape itself escaped. */
function escaped(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => `\\${ESCAPES[character] ?? character}`);
}
const ESCAPES: Readonly<Record<string, string>> = { '\t': 't', '\n': 'n', '\r': 'r' };

/** The service compares the hash of a heartbeat's facts with the stored one; the host name is part of it. */
export function factsHashOf(lot: Lot, hostname: string): number {
  if (lot === 'UNHEARD') return 0;
  const bad = lot === 'LATENT' || lot === 'DOWN_WITH_BAD_FILE';
  const facts: MachineFacts = {
    facts_ms: 0,
    hostname,
    os_build: OS_BUILD,
    sensor_version: SENSOR_VERSION,
    sensor_running: true,
    bitlocker: 'PROTECTED',
    safe_boot_flag: false,
    boot_mode: lot === 'IN_REPAIR' ? 'SAFE_MODE' : 'NORMAL',
    file_written_ms: Date.parse(bad ? BAD_FILE_AT : GOOD_FILE_AT),
    file_verdict: bad ? 'BAD' : 'GOOD',
    clock_skew_seconds: 0,
    identity_conflict_ms: null,
  };
  return hashFacts(facts);
}

/** If the facts that are hashed change, the seeded machines would all seem to have changed theirs; better to fail. */
export async function assertHash(client: Client, lot: Lot, model: ModelMachine): Promise<void> {
  const { rows } = await client.query<{ facts_hash: number }>(
    'SELECT facts_hash FROM machine_status WHERE practice_id = $1 AND machine_id = $2',
    [model.practiceCode, model.machineId],
  );
  if (rows[0]?.facts_hash !== factsHashOf(lot, model.hostname)) {
    throw new Error(`the service hashes other facts of ${lot} than model-rows.ts; bring it up to date`);
  }
}
