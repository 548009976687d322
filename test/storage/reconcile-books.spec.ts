import * as fc from 'fast-check';
import {
  compareMachineKeys,
  createMachines,
  loadMachines,
  readBooks,
  type Database,
  type MachineKey,
} from '@app/storage';
import { DRIFT_KINDS, findDrift, ReconcileBooks, type Drift, type ReconciliationReport } from '@app/tracking';
import { aTravelled, ERRORS_FOR_A_PERSON, REPAIRABLE_ERRORS, type Injection } from '../support/book-errors';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { aHeartbeat, at, BAD_FILE, GOOD_FILE, minutes } from '../support/fleet';
import { aMachinesLife } from '../support/machine-lives';
import {
  brokenInvariants,
  enrolMany,
  NOTHING_BROKEN,
  openWritePath,
  type WritePath,
} from '../support/write-path';

const ENROLLED = at('2024-07-01T09:00Z');
const MONDAY = at('2024-07-22T12:00Z');
const NOW = at('2024-07-22T14:00Z');
/** Later than anything that a test here reports. */
const LATE = at('2024-07-25T12:00Z');

let clone: TestDatabase;
let path: WritePath;
let database: Database;
let keys: MachineKey[];
let books: ReconcileBooks;
let progressChanged = 0;

beforeAll(async () => {
  clone = await createTestDatabase();
  path = await openWritePath(clone.url, MONDAY);
  database = path.database;
  keys = await enrolMany(database, 60, ENROLLED);
  await live(keys);
  books = reconciler(path);
});

beforeEach(() => {
  progressChanged = 0;
});

/** Whatever was done to the books, they are good again. */
afterEach(async () => {
  expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
});

afterAll(async () => {
  await path.close();
  await clone.drop();
});

function reconciler(of: WritePath): ReconcileBooks {
  const observer = { reconciled: () => undefined, progressChanged: () => (progressChanged += 1) };
  const now = (): number => NOW;
  return new ReconcileBooks(
    of.database,
    now,
    () => 0,
    async () => undefined,
    observer,
  );
}

/** Crashes, repairs, silences: chains of a few transitions each, booked over a week. */
async function live(machines: readonly MachineKey[]): Promise<void> {
  const lives = fc.sample(aMachinesLife, { numRuns: machines.length, seed: 20 });
  const longest = Math.max(...lives.map((life) => life.length));
  for (let i = 0; i < longest; i += 1) {
    await Promise.all(
      lives.map(async (life, machine) => {
        const report = life[i];
        const key = machines[machine];
        if (report === undefined || key === undefined) return;
        const { heartbeat, observedAtMs } = report;
        await path.reports.report([{ key, generation: null, heartbeat }], observedAtMs);
      }),
    );
  }
  await path.sweeper.sweep(MONDAY);
}

function foundIn(report: ReconciliationReport): string[] {
  return report.drifts.map(textOf);
}

function textOf(drift: Drift): string {
  if ('machine' in drift) return `${drift.kind} ${drift.machine.key.machineId}`;
  const off = drift.expected - drift.found;
  return `${drift.kind} ${drift.practiceId} ${off > 0 ? '+' : ''}${off}`;
}

const sums = (report: ReconciliationReport): Record<string, [found: number, repaired: number]> =>
  Object.fromEntries(
    report.kinds
      .filter(({ found }) => found > 0)
      .map(({ kind, found, repaired }) => [kind, [found, repaired]]),
  );

describe('good books', () => {
  it('hold no error, and every machine was looked at', async () => {
    const report = await books.reconcile(false);
    expect(report).toMatchObject({ atMs: NOW, machines: 60, practices: 7, drifts: [] });
    expect(report.kinds.map(({ kind }) => kind)).toEqual([...DRIFT_KINDS]);
    expect(books.latest).toBe(report);
    expect(await books.reconcile(true)).toMatchObject({ drifts: [] });
    expect(progressChanged).toBe(0);
  });

  it('are found in a database without any machine', async () => {
    const empty = await createTestDatabase();
    const other = await openWritePath(empty.url, MONDAY);
    try {
      expect(await reconciler(other).reconcile(true)).toMatchObject({
        machines: 0,
        practices: 0,
        drifts: [],
      });
    } finally {
      await other.close();
      await empty.drop();
    }
  });

  it('raise no false alarm while heartbeats, sweeps and enrolments go on, and hold none of them up', async () => {
    const second = await openWritePath(clone.url, MONDAY);
    const progress = { writers: 2 };
    let written = 0;
    const writers = [path, second].map(async (process, writer) => {
      for (let round = 1; round <= 40; round += 1) {
        const receivedAtMs = MONDAY + minutes(10 * round);
        const heartbeat = aHeartbeat()
          .boot(`boot-${writer}-${round % 5}`, round)
          .uptime(minutes(2))
          .file(round % 3 === 0 ? BAD_FILE : GOOD_FILE);
        const crashed = round % 4 === 0 ? heartbeat.crash(new Date(receivedAtMs).toISOString()) : heartbeat;
        const reports = keys.map((key) => ({ key, generation: null, heartbeat: crashed.build() }));
        await process.reports.report(reports, receivedAtMs);
        written += reports.length;
        await process.sweeper.sweep(receivedAtMs - minutes(90));
        await createMachines(database.pool, [newMachine(writer, round)], receivedAtMs);
      }
      progress.writers -= 1;
    });
    const reports: ReconciliationReport[] = [];
    while (progress.writers > 0) reports.push(await books.reconcile(false));
    await Promise.all(writers);
    await second.close();
    expect(reports.length).toBeGreaterThan(3);
    expect(written).toBe(2 * 40 * 60);
    expect(new Set(reports.flatMap(foundIn))).toEqual(new Set());
    expect(await books.reconcile(false)).toMatchObject({ machines: 60 + 80, drifts: [] });
  });
});

function newMachine(writer: number, round: number) {
  const suffix = String(writer * 1_000 + round).padStart(12, '0');
  const key = { practiceId: 'P81000', machineId: `00000000-0000-4000-8000-${suffix}` };
  return { key, installationId: `late-${suffix}`, hostname: 'PC', serialNumber: null, smbiosUuid: null };
}

describe('an injected error is found, and nothing else; repair puts it right', () => {
  it.each(REPAIRABLE_ERRORS)('$name', async ({ inject }) => {
    await path.sweeper.sweep(LATE);
    const before = await loadMachines(database.pool, [...keys].sort(compareMachineKeys));
    const expected = await inject(database.pool);
    const found = await books.reconcile(false);
    expect(foundIn(found).sort()).toEqual([...expected].sort());
    expect(sums(await books.reconcile(true))).toEqual({
      [expected[0]?.split(' ')[0] ?? '']: [expected.length, expected.length],
    });
    expect(progressChanged).toBe(1);
    expect(await books.reconcile(false)).toMatchObject({ drifts: [] });
    // The next sweep works out again what the repair could not know.
    await path.sweeper.sweep(LATE);
    const after = await loadMachines(database.pool, [...keys].sort(compareMachineKeys));
    expect(after.map(({ machine, transitionCount }) => ({ ...machine, transitionCount }))).toEqual(
      before.map(({ machine, transitionCount }) => ({ ...machine, transitionCount })),
    );
  });
});

describe('an injected error that took history with it is found, and nothing else', () => {
  it.each(ERRORS_FOR_A_PERSON)('$name', async ({ inject }) => {
    const undone = database.transaction(async (db) => {
      const expected = await inject(db);
      expect(findDrift(await readBooks(db, { after: '', until: '~' })).map(textOf)).toEqual(expected);
      throw new Undo();
    });
    await expect(undone).rejects.toThrow(Undo);
  });

  it('and is left to a person by repair, which puts right what it can beside it', async () => {
    const { practiceId, machineId } = await aTravelled(database.pool);
    const values = [practiceId, machineId];
    const { rows } = await database.pool.query<{ row: string }>(
      `WITH gone AS (DELETE FROM transition WHERE practice_id = $1 AND machine_id = $2 AND ordinal = 1 RETURNING *)
       SELECT to_json(gone)::text AS row FROM gone`,
      values,
    );
    await database.pool.query('UPDATE progress_count SET machines = machines + 1 WHERE practice_id = $1', [
      practiceId,
    ]);
    const repaired = sums(await books.reconcile(true));
    expect(repaired).toMatchObject({ TRANSITION_MISSING: [1, 0] });
    const [found, corrected] = repaired['COUNT_DIFFERS'] ?? [];
    expect([found, corrected]).toEqual([corrected, found]);
    expect(foundIn(await books.reconcile(true))).toEqual([`TRANSITION_MISSING ${machineId}`]);
    await database.pool.query(
      'INSERT INTO transition SELECT * FROM json_populate_record(NULL::transition, $1::json)',
      [rows[0]?.row],
    );
  });
});

class Undo extends Error {}

it('finds several errors at once, each with its kind, and repairs them once, however many do', async () => {
  const injections = [REPAIRABLE_ERRORS[0], REPAIRABLE_ERRORS[2], REPAIRABLE_ERRORS[5]] as Injection[];
  const expected: string[] = [];
  for (const { inject } of injections) expected.push(...(await inject(database.pool)));
  expect(foundIn(await books.reconcile(false)).sort()).toEqual(expected.sort());
  await Promise.all([books.reconcile(true), reconciler(path).reconcile(true)]);
});

it('repairs a count while machines move, and the moves stay counted', async () => {
  const { practiceId } = await aTravelled(database.pool);
  await database.pool.query('UPDATE progress_count SET machines = machines + 5 WHERE practice_id = $1', [
    practiceId,
  ]);
  const writing = (async () => {
    for (let round = 1; round <= 30; round += 1) {
      const heartbeat = aHeartbeat()
        .boot(`b-${round}`, 1)
        .file(round % 2 === 0 ? BAD_FILE : GOOD_FILE);
      await path.reports.report(
        keys.map((key) => ({ key, generation: null, heartbeat: heartbeat.build() })),
        MONDAY + minutes(1_000 + 20 * round),
      );
    }
  })();
  const repaired = await books.reconcile(true);
  await writing;
  expect(repaired.drifts.length).toBeGreaterThan(0);
});

it('does not see what another connection has not committed, and does not wait for it', async () => {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('UPDATE progress_count SET machines = machines + 1');
    expect(await books.reconcile(false)).toMatchObject({ drifts: [] });
    await client.query('ROLLBACK');
  } finally {
    client.release();
  }
});
