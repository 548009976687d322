import { randomUUID } from 'node:crypto';
import { ChangeHours } from '@app/care';
import { HOUR_MS, type Rules } from '@app/recovery';
import { createMachines, markHoursChanged, type Database, type MachineKey } from '@app/storage';
import { KnownHours, RecheckDeadlines } from '@app/tracking';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { aHeartbeat, at, iso, minutes, theRules } from '../support/fleet';
import {
  CHESHIRE_PRACTICE,
  GREATER_MANCHESTER,
  insertPractices,
  NEIGHBOUR,
  PRACTICE,
} from '../support/practices';
import { brokenInvariants, NOTHING_BROKEN, openWritePath, type WritePath } from '../support/write-path';

/** Closures change while two processes share a database: one enters them, the other keeps the deadlines. */
const HEARD = at('2024-07-25T11:35Z');

let clone: TestDatabase;
let writes: WritePath;
let database: Database;
let hours: KnownHours;
let desk: ChangeHours;

beforeEach(async () => {
  clone = await createTestDatabase();
  writes = await openWritePath(clone.url, HEARD);
  database = writes.database;
  await insertPractices(database.pool);
  hours = new KnownHours(database);
  desk = new ChangeHours(database, () => Promise.resolve());
});

afterEach(async () => {
  await writes.close();
  await clone.drop();
});

/** Machines that crashed in the window and have to prove themselves, heard once. */
async function stabilising(practiceId: string, count: number): Promise<void> {
  const keys: MachineKey[] = Array.from({ length: count }, () => ({ practiceId, machineId: randomUUID() }));
  const machines = keys.map((key) => ({
    ...{ key, installationId: key.machineId, hostname: 'PC', serialNumber: null, smbiosUuid: null },
  }));
  await createMachines(database.pool, machines, HEARD - minutes(60));
  const heartbeat = aHeartbeat().boot('boot-1', 1).uptime(minutes(10)).crash('2024-07-19T04:31Z').build();
  await writes.reports.report(
    keys.map((key) => ({ key, generation: null, heartbeat })),
    HEARD,
  );
}

async function change(kind: 'enter' | 'withdraw', organisation: string): Promise<void> {
  const entry = { organisation, day: '2024-07-25', fromMinute: 750, untilMinute: 1110 };
  const result = await desk.change(
    {
      ...{ actor: { id: 'ann', name: 'Ann' }, covers: () => true, idempotencyKey: null, placeOf: () => '' },
      change: {
        entered: kind === 'enter' ? [{ ...entry, kind: 'CLOSED', reason: 'Training' }] : [],
        withdrawn: kind === 'withdraw' ? [{ ...entry, span: null }] : [],
        weekdays: [],
      },
    },
    HEARD,
  );
  expect(result.refused).toBeNull();
}

/** What is stored: machines by practice and deadline. */
async function deadlines(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ practice_id: string; due: Date | null; n: number }>(
    'SELECT practice_id, due_at AS due, count(*)::int AS n FROM machine_status GROUP BY 1, 2 ORDER BY 1, 2',
  );
  return rows.map(({ practice_id: id, due, n }) => `${n} at ${id} ${iso(due?.getTime() ?? null) ?? ''}`);
}

async function marked(): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM deadline_recheck',
  );
  return rows[0]?.n ?? 0;
}

/** The other process. @param msPerLook how far its clock moves on with every look at it */
function recheck(msPerLook = 0): RecheckDeadlines {
  let nowMs = 0;
  const rules = (): Rules => ({ ...theRules(), hoursOf: hours.hoursOf });
  return new RecheckDeadlines(
    database,
    hours,
    rules,
    () => HEARD,
    () => (nowMs += msPerLook),
  );
}

it('moves the deadlines of an ICB’s practices with its closure, and back when it is taken back', async () => {
  await stabilising(PRACTICE, 3);
  await stabilising(CHESHIRE_PRACTICE, 2);
  const before = await deadlines();
  expect(before).toEqual([
    `2 at ${CHESHIRE_PRACTICE} 2024-07-25T12:35:00.000Z`,
    `3 at ${PRACTICE} 2024-07-25T12:35:00.000Z`,
  ]);
  await change('enter', GREATER_MANCHESTER);
  expect(await recheck().run()).toBe(true);
  expect(await deadlines()).toEqual([before[0], `3 at ${PRACTICE} 2024-07-26T08:00:00.000Z`]);
  await change('withdraw', GREATER_MANCHESTER);
  expect(await recheck().run()).toBe(true);
  expect(await deadlines()).toEqual(before);
  expect(await marked()).toBe(0);
  expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
});

it('does a large practice in pieces, and many practices in the time that it has', async () => {
  await stabilising(PRACTICE, 450);
  await stabilising(NEIGHBOUR, 5);
  const codes = Array.from({ length: 60 }, (_, i) => `P97${String(i).padStart(3, '0')}`);
  await database.pool.query(
    `INSERT INTO organisation (code, level, name, updated_at) SELECT code, 'PRACTICE', code, now() FROM unnest($1::text[]) AS one (code)`,
    [codes],
  );
  await database.pool.query(
    `INSERT INTO organisation_link (child_code, parent_code, valid_from) SELECT code, $2, '-infinity' FROM unnest($1::text[]) AS one (code)`,
    [codes, GREATER_MANCHESTER],
  );
  await database.pool.query(
    `INSERT INTO practice (code, source) SELECT code, 'EPRACCUR_LEGACY' FROM unnest($1::text[]) AS one (code)`,
    [codes],
  );
  await change('enter', GREATER_MANCHESTER);
  const runs: boolean[] = [];
  const hurried = recheck(HOUR_MS);
  while (runs.at(-1) !== true) runs.push(await hurried.run());
  // 63 practices of this ICB, twenty at a time, and a last look that finds none.
  expect(runs).toEqual([false, false, false, false, true]);
  expect(await deadlines()).toEqual([
    `450 at ${PRACTICE} 2024-07-26T08:00:00.000Z`,
    `5 at ${NEIGHBOUR} 2024-07-26T08:00:00.000Z`,
  ]);
});

it('leaves marks alone that are newer than the hours it knows', async () => {
  await stabilising(PRACTICE, 1);
  await change('enter', PRACTICE);
  await hours.refresh();
  await database.pool.query('UPDATE deadline_recheck SET revision = 99');
  expect(await recheck().run()).toBe(true);
  expect(await marked()).toBe(1);
});

it('knows by one number whether hours have changed', async () => {
  await hours.refresh();
  const known = hours.hoursOf(PRACTICE);
  await hours.refresh();
  expect(hours.hoursOf(PRACTICE)).toBe(known);
  await markHoursChanged(database.pool, [PRACTICE]);
  await hours.refresh();
  expect(hours.hoursOf(PRACTICE)).not.toBe(known);
  expect(hours.revision).toBe(1);
});
