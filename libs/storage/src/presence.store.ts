import { RULE_VERSION, type Interval } from '@app/recovery';
import { recordBlindness, recordPresence, type BlindnessCause } from './blindness.store';
import type { Database, Queryable } from './database';
import { loadMachines } from './machine.store';
import { SAVE_CONTACTS, SAVE_DECISIONS } from './machine.sql';

/** A time in which we could not take reports, which is over and not written down yet. */
export type EndedBlindness = { readonly interval: Interval; readonly cause: BlindnessCause };

/**
 * Proves that reports can be taken, and writes down that this process was there to take them until `atMs`, with the blind times that
 * have ended. Every statement of the write path is run with no machine in it: that needs the same tables, columns and grants and waits
 * for the same locks. The rows that are written make the commit wait for whatever a commit waits for.
 */
export async function provePresence(
  database: Database,
  processId: string,
  atMs: number,
  ended: readonly EndedBlindness[],
): Promise<void> {
  await database.transaction(async (client) => {
    await runWritePath(client);
    for (const { interval, cause } of ended) await recordBlindness(client, interval, cause);
    await recordPresence(client, processId, atMs);
  }, database.lookout);
}

async function runWritePath(client: Queryable): Promise<void> {
  await loadMachines(client, []);
  await client.query({ name: 'prove-contacts', text: SAVE_CONTACTS, values: [[], [], [], [], [], []] });
  const nothing = [[], [], [], [], [], [], '[]', 0, RULE_VERSION, []];
  await client.query({ name: 'prove-decisions', text: SAVE_DECISIONS, values: nothing });
}
