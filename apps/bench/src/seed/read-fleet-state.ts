import { STATE_CODE } from '@app/storage';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { FleetState } from '../fleet/fleet-lives';

/** States that still need to recover. */
const BAD_STATES = [
  STATE_CODE.LATENT,
  STATE_CODE.DOWN,
  STATE_CODE.CRASH_LOOPING,
  STATE_CODE.IN_REPAIR,
  STATE_CODE.STABILISING,
  STATE_CODE.RELAPSED,
];

/** The number of a machine stands in the last twelve digits of its identity. */
const INDEX_OF_MACHINE = `('x' || right(status.machine_id::text, 12))::bit(48)::bigint`;

/** One row for each machine: its number, the number of its last heartbeat, whether it is unrecovered. */
const READ_STATES = `
  COPY (SELECT (${INDEX_OF_MACHINE})::int, COALESCE(status.heard_seq, 0),
               (CASE WHEN status.state IN (${BAD_STATES.join(', ')}) THEN 1 ELSE 0 END)::int
        FROM machine_status AS status) TO STDOUT (FORMAT binary)`;

/** Binary COPY: a head of 19 bytes, then for each row the number of columns (2 bytes), and for each its length (4) and value (4). */
const HEAD_BYTES = 19;
const ROW_BYTES = 2 + 3 * (4 + 4);
const INDEX_AT = 2 + 4;
const SEQ_AT = INDEX_AT + 8;
const BAD_AT = SEQ_AT + 8;

/** Reads what the database knows about every machine, in seconds for millions. */
export async function readFleetState(client: Client, machines: number): Promise<FleetState> {
  const state = { seqs: new Uint32Array(machines), bad: new Uint8Array(machines) };
  const stream = client.query(copyTo(READ_STATES));
  let rest: Buffer = Buffer.alloc(0);
  let hasHead = false;
  for await (const chunk of stream) {
    let bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    if (!hasHead) {
      if (bytes.length < HEAD_BYTES) {
        rest = bytes;
        continue;
      }
      bytes = bytes.subarray(HEAD_BYTES);
      hasHead = true;
    }
    let at = 0;
    for (; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
      const index = bytes.readInt32BE(at + INDEX_AT);
      state.seqs[index] = bytes.readInt32BE(at + SEQ_AT);
      state.bad[index] = bytes.readInt32BE(at + BAD_AT);
    }
    rest = bytes.subarray(at);
  }
  return state;
}
