import { loadMachines, saveContacts, type Contact, type MachineKey } from '@app/storage';
import { aHeartbeat, at, GOOD_FILE, minutes } from '../support/fleet';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  brokenInvariants,
  enrolMany,
  NOTHING_BROKEN,
  openWritePath,
  type WritePath,
} from '../support/write-path';

const ENROLLED = at('2024-07-01T09:00Z');
const MONDAY = at('2024-07-22T12:00Z');

let clone: TestDatabase;
let first: WritePath;
let second: WritePath;

beforeEach(async () => {
  clone = await createTestDatabase();
  [first, second] = [await openWritePath(clone.url, MONDAY), await openWritePath(clone.url, MONDAY)];
});

afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
  await clone.drop();
});

/** The names of the statements that a process sends, from now on. */
function statementsOf(path: WritePath): string[] {
  const names: string[] = [];
  const query = path.database.pool.query.bind(path.database.pool) as (...args: unknown[]) => unknown;
  const listening = (...args: unknown[]): unknown => {
    names.push((args[0] as { name?: string }).name ?? 'unnamed');
    return query(...args);
  };
  Object.assign(path.database.pool, { query: listening });
  return names;
}

/** The numbered report of a machine that runs and runs, and nothing else. */
async function report(path: WritePath, keys: readonly MachineKey[], seq: number): Promise<string[]> {
  const heartbeat = aHeartbeat()
    .boot('boot-1', seq)
    .uptime(minutes(5 * seq))
    .file(GOOD_FILE)
    .build();
  const results = await path.reports.report(
    keys.map((key) => ({ key, generation: 1, heartbeat })),
    MONDAY + minutes(5 * seq),
  );
  return results.map((result) => ('code' in result ? result.code : result.outcome));
}

const all = (keys: readonly MachineKey[], outcome: string): string[] => keys.map(() => outcome);

it('contacts are written to the row and nowhere else, but not over a row that has moved, nor to one that is not there', async () => {
  const keys = (await enrolMany(first.database, 5, ENROLLED)).sort((a, b) =>
    a.machineId < b.machineId ? -1 : 1,
  );
  const contacts: Contact[] = keys.map((key, i) => ({
    key,
    version: i === 2 ? 7 : 1,
    heardAtMs: MONDAY + i + 0.25,
    heardStartedAtMs: Date.parse('1999-12-31T23:59:59Z'),
    heardSeq: 2 ** 31 - 1 - i,
  }));
  const stranger = {
    ...(contacts[0] as Contact),
    key: { practiceId: 'P81000', machineId: 'ffffffff-ffff-4fff-bfff-ffffffffffff' },
  };
  expect(await saveContacts(first.database.pool, [...contacts, stranger])).toEqual([2, 5]);
  const { rows } = await first.database.pool.query<{
    version: number;
    heard_seq: number | null;
    ms: number;
    started: Date;
  }>(
    `SELECT version, heard_seq, date_part('epoch', heard_at) * 1000 AS ms, heard_started_at AS started
     FROM machine_status ORDER BY machine_id`,
  );
  expect(rows.map((row) => [row.version, row.heard_seq])).toEqual(
    contacts.map(({ heardSeq }, i) => (i === 2 ? [1, null] : [2, heardSeq])),
  );
  expect(rows[4]?.ms).toBeCloseTo(MONDAY + 4.25, 2);
  expect(rows[4]?.started.toISOString()).toBe('1999-12-31T23:59:59.000Z');
});

it('a machine that goes on and on is loaded once, and then only its contact is written', async () => {
  const keys = await enrolMany(first.database, 40, ENROLLED);
  for (let seq = 1; seq <= 14; seq += 1)
    expect(await report(first, keys, seq)).toEqual(all(keys, 'ACCEPTED'));
  const statements = statementsOf(first);
  for (let seq = 15; seq <= 20; seq += 1)
    expect(await report(first, keys, seq)).toEqual(all(keys, 'ACCEPTED'));
  expect(new Set(statements)).toEqual(new Set(['save-contacts']));
  const [machine] = await loadMachines(first.database.pool, keys.slice(0, 1));
  expect(machine?.machine.memory.heard).toMatchObject({ atMs: MONDAY + minutes(100), seq: 20 });
  expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
});

it('what another process wrote meanwhile is seen: reports by turns, each counted once', async () => {
  const keys = await enrolMany(first.database, 40, ENROLLED);
  for (let seq = 1; seq <= 24; seq += 1) {
    const path = seq % 3 === 0 ? second : first;
    expect(await report(path, keys, seq)).toEqual(all(keys, 'ACCEPTED'));
    expect(await report(seq % 2 === 0 ? second : first, keys, seq)).toEqual(all(keys, 'DUPLICATE'));
  }
  expect(first.seen.races + second.seen.races).toBeGreaterThan(0);
  const stored = await loadMachines(first.database.pool, keys);
  expect(stored.map(({ machine }) => machine.memory.heard?.seq)).toEqual(keys.map(() => 24));
  expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
});

it('a credential that was revoked is refused at once, also for a machine that this process knows', async () => {
  const [key] = await enrolMany(first.database, 1, ENROLLED);
  const keys = [key as MachineKey];
  for (let seq = 1; seq <= 15; seq += 1) await report(first, keys, seq);
  await second.database.pool.query('UPDATE machine_status SET generation = 2, version = version + 1');
  expect(await report(first, keys, 16)).toEqual(['CREDENTIAL_REVOKED']);
});

it('several reports of one machine in one batch are one contact, the last of them', async () => {
  const keys = await enrolMany(first.database, 3, ENROLLED);
  for (let seq = 1; seq <= 14; seq += 1) await report(first, keys, seq);
  const statements = statementsOf(first);
  const outcomes = await Promise.all([15, 16, 17].map((seq) => report(first, keys, seq)));
  expect(outcomes.flat()).toEqual(all([...keys, ...keys, ...keys], 'ACCEPTED'));
  expect(statements).toEqual(['save-contacts']);
  const stored = await loadMachines(first.database.pool, keys);
  expect(stored.map(({ machine, version }) => [machine.memory.heard?.seq, version])).toEqual(
    keys.map(() => [17, 16]),
  );
});
