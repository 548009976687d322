import { asciiArray, int4Array, timestamptzArray, uuidArray } from './binary-array';
import type { Queryable } from './database';
import type { MachineKey } from './machine-key';
import { SAVE_CONTACTS } from './machine.sql';

/** A machine that was heard again and said nothing new. */
export type Contact = {
  readonly key: MachineKey;
  /** The version of the row that this was decided on. */
  readonly version: number;
  readonly heardAtMs: number;
  readonly heardStartedAtMs: number;
  readonly heardSeq: number;
};

/**
 * Saves contacts in one statement, and with it in one transaction. A row is written only if its version is still the one that
 * was decided on; it is one higher afterwards.
 *
 * @param contacts in write order (`inWriteOrder`), one per machine; at least one
 * @returns the indexes of the contacts that lost the race against another writer, or whose machine is not known
 */
export async function saveContacts(db: Queryable, contacts: readonly Contact[]): Promise<readonly number[]> {
  const result = await db.query<[number[] | null]>({
    name: 'save-contacts',
    text: SAVE_CONTACTS,
    values: [
      asciiArray(contacts.map((contact) => contact.key.practiceId)),
      uuidArray(contacts.map((contact) => contact.key.machineId)),
      int4Array(contacts.map((contact) => contact.version)),
      timestamptzArray(contacts.map((contact) => contact.heardAtMs)),
      timestamptzArray(contacts.map((contact) => contact.heardStartedAtMs)),
      int4Array(contacts.map((contact) => contact.heardSeq)),
    ],
    rowMode: 'array',
  });
  return (result.rows[0]?.[0] ?? []).map((ordinal) => ordinal - 1);
}
