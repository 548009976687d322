import * as fc from 'fast-check';
import {
  compareMachineKeys,
  createMachines,
  loadMachines,
  readBooks,
  type Database,
  type MachineKey,
} from '@app/storage';
import { DRIFT_KINDS, ReconcileBooks, type Drift, type ReconciliationReport } from '@app/tracking';
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

let clone: TestDatabase;
let path: WritePath;
let database: Database;
let keys: MachineKey[];
let books: ReconcileBooks;
let progressChanged = 0;

beforeEach(async () => {
  clone = await createTestDatabase();
  path = await openWritePath(clone.url, MONDAY);
  database = path.database;
  keys = await enrolMany(database, 60, ENROLLED);
  await live(keys);
  progressChanged = 0;
  books = reconciler(path);
});

afterEach(async () => {
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

/** A machine with two transitions or more, the same in every run of the test. */
async function aTravelled(transitionsMin = 2): Promise<MachineKey> {
  const { rows } = await database.pool.query<{ practice_id: string; machine_id: string }>(
    `SELECT practice_id, machine_id FROM machine_status WHERE transitions >= $1 ORDER BY practice_id, machine_id LIMIT 1`,
    [transitionsMin],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('no machine of the sample moved that often');
  return { practiceId: row.practice_id, machineId: row.machine_id };
}

async function change(sql: string, values: readonly unknown[] = []): Promise<number> {
  return (await database.pool.query(sql, [...values])).rowCount ?? 0;
}

function foundIn(report: ReconciliationReport): string[] {
  return report.drifts.map((drift) => `${drift.kind} ${subjectOf(drift)}`);
}

function subjectOf(drift: Drift): string {
  if ('machine' in drift) return drift.machine.key.machineId;
  return `${drift.practiceId} ${drift.expected - drift.found > 0 ? '+' : ''}${drift.expected - drift.found}`;
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
    let writing = true;
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
        written += (await process.reports.report(reports, receivedAtMs)).length;
        await process.sweeper.sweep(receivedAtMs - minutes(90));
        await createMachines(database.pool, [newMachine(writer, round)], receivedAtMs);
      }
      writing = false;
    });
    const reports: ReconciliationReport[] = [];
    while (writing) reports.push(await books.reconcile(false));
    await Promise.all(writers);
    await second.close();
    expect(reports.length).toBeGreaterThan(3);
    expect(written).toBe(2 * 40 * 60);
    expect(new Set(reports.flatMap(foundIn))).toEqual(new Set());
    expect(await books.reconcile(false)).toMatchObject({ machines: 60 + 80, drifts: [] });
    expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
  });
});

function newMachine(writer: number, round: number) {
  const suffix = String(writer * 1_000 + round).padStart(12, '0');
  const key = { practiceId: 'P81000', machineId: `00000000-0000-4000-8000-${suffix}` };
  return { key, installationId: `late-${suffix}`, hostname: 'PC', serialNumber: null, smbiosUuid: null };
}

type Injection = {
  readonly name: string;
  /** Does the harm. @returns what must be found, as `foundIn` says it */
  readonly inject: () => Promise<readonly string[]>;
};

const REPAIRABLE: readonly Injection[] = [
  {
    name: 'a count that is too high',
    inject: async () => {
      const { practiceId } = await aTravelled();
      await change(
        `UPDATE progress_count SET machines = machines + 3 WHERE (practice_id, exposure, state) IN (
           SELECT practice_id, exposure, state FROM progress_count WHERE practice_id = $1 AND machines > 0
           ORDER BY exposure, state LIMIT 1)`,
        [practiceId],
      );
      return [`COUNT_DIFFERS ${practiceId} -3`];
    },
  },
  {
    name: 'a count that is gone',
    inject: async () => {
      const { practiceId } = await aTravelled();
      const { rows } = await database.pool.query<{ machines: number }>(
        `DELETE FROM progress_count WHERE (practice_id, exposure, state) IN (
           SELECT practice_id, exposure, state FROM progress_count WHERE practice_id = $1 AND machines > 0
           ORDER BY machines DESC, exposure, state LIMIT 1) RETURNING machines`,
        [practiceId],
      );
      return [`COUNT_DIFFERS ${practiceId} +${rows[0]?.machines ?? 0}`];
    },
  },
  {
    name: 'an entry of the ledger that is gone',
    inject: async () => {
      const { practiceId } = await aTravelled();
      const { rows } = await database.pool.query<{ delta: number }>(
        `DELETE FROM progress_ledger WHERE (practice_id, event_bucket, record_bucket, exposure, state) IN (
           SELECT practice_id, event_bucket, record_bucket, exposure, state FROM progress_ledger
           WHERE practice_id = $1 AND delta > 0 ORDER BY event_bucket DESC, record_bucket, exposure, state LIMIT 1)
         RETURNING delta`,
        [practiceId],
      );
      return [`LEDGER_DIFFERS ${practiceId} +${rows[0]?.delta ?? 0}`];
    },
  },
  {
    name: 'an entry of the ledger that was booked at another time, so that every sum is still right',
    inject: async () => {
      const { practiceId } = await aTravelled();
      const { rows } = await database.pool.query<{ delta: number }>(
        `UPDATE progress_ledger SET event_bucket = event_bucket + interval '10 years'
         WHERE (practice_id, event_bucket, record_bucket, exposure, state) IN (
           SELECT practice_id, event_bucket, record_bucket, exposure, state FROM progress_ledger
           WHERE practice_id = $1 AND delta > 0 ORDER BY event_bucket DESC, record_bucket, exposure, state LIMIT 1)
         RETURNING delta`,
        [practiceId],
      );
      const delta = rows[0]?.delta ?? 0;
      return [`LEDGER_DIFFERS ${practiceId} +${delta}`, `LEDGER_DIFFERS ${practiceId} -${delta}`];
    },
  },
  {
    name: 'a machine whose state was overwritten',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(
        `UPDATE machine_status SET state = CASE state WHEN 7 THEN 3 ELSE 7 END WHERE practice_id = $1 AND machine_id = $2`,
        [practiceId, machineId],
      );
      return [`STATUS_DIFFERS ${machineId}`];
    },
  },
  {
    name: 'a machine whose number of transitions is wrong',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(
        `UPDATE machine_status SET transitions = transitions + 1 WHERE practice_id = $1 AND machine_id = $2`,
        [practiceId, machineId],
      );
      return [`TRANSITION_COUNT_DIFFERS ${machineId}`];
    },
  },
];

const FOR_A_PERSON: readonly Injection[] = [
  {
    name: 'a first transition that is gone',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(`DELETE FROM transition WHERE practice_id = $1 AND machine_id = $2 AND ordinal = 1`, [
        practiceId,
        machineId,
      ]);
      return [`TRANSITION_MISSING ${machineId}`];
    },
  },
  {
    name: 'a last transition that is gone',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(
        `DELETE FROM transition WHERE practice_id = $1 AND machine_id = $2 AND ordinal =
           (SELECT transitions FROM machine_status WHERE practice_id = $1 AND machine_id = $2)`,
        [practiceId, machineId],
      );
      return [`TRANSITION_MISSING ${machineId}`];
    },
  },
  {
    name: 'a transition too many',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(
        `INSERT INTO transition
         SELECT practice_id, machine_id, ordinal + 1, to_exposure, to_exposure, to_state, 12, reason, rule_version, event_at,
                recorded_at, evidence
         FROM transition WHERE practice_id = $1 AND machine_id = $2 ORDER BY ordinal DESC LIMIT 1`,
        [practiceId, machineId],
      );
      return [`TRANSITION_SURPLUS ${machineId}`];
    },
  },
  {
    name: 'a transition that leaves from elsewhere than the one before arrived',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(
        `UPDATE transition SET from_state = 12 WHERE practice_id = $1 AND machine_id = $2 AND ordinal = 2`,
        [practiceId, machineId],
      );
      return [`TRANSITION_ALTERED ${machineId}`];
    },
  },
  {
    name: 'a last transition that was overwritten',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(
        `UPDATE transition SET to_state = 12 WHERE practice_id = $1 AND machine_id = $2 AND ordinal =
           (SELECT transitions FROM machine_status WHERE practice_id = $1 AND machine_id = $2)`,
        [practiceId, machineId],
      );
      return [`TRANSITION_ALTERED ${machineId}`];
    },
  },
  {
    name: 'a machine without its row of facts',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(`DELETE FROM machine WHERE practice_id = $1 AND machine_id = $2`, [practiceId, machineId]);
      return [`MACHINE_ROW_MISSING ${machineId}`];
    },
  },
  {
    name: 'a machine without its status',
    inject: async () => {
      const { practiceId, machineId } = await aTravelled();
      await change(`DELETE FROM machine_status WHERE practice_id = $1 AND machine_id = $2`, [
        practiceId,
        machineId,
      ]);
      return [`STATUS_ROW_MISSING ${machineId}`];
    },
  },
];

describe('an injected error is found, and nothing else; repair puts it right', () => {
  it.each(REPAIRABLE)('$name', async ({ inject }) => {
    const before = await loadMachines(database.pool, [...keys].sort(compareMachineKeys));
    const expected = await inject();
    const found = await books.reconcile(false);
    expect(foundIn(found).sort()).toEqual([...expected].sort());
    expect(sums(await books.reconcile(true))).toEqual({
      [expected[0]?.split(' ')[0] ?? '']: [expected.length, expected.length],
    });
    expect(progressChanged).toBe(1);
    expect(await books.reconcile(false)).toMatchObject({ drifts: [] });
    expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
    // The next sweep works out again what the repair could not know.
    await path.sweeper.sweep(MONDAY);
    const after = await loadMachines(database.pool, [...keys].sort(compareMachineKeys));
    expect(after.map(({ machine, transitionCount }) => ({ ...machine, transitionCount }))).toEqual(
      before.map(({ machine, transitionCount }) => ({ ...machine, transitionCount })),
    );
  });
});

describe('an injected error that took history with it is found, and nothing else; repair leaves it to a person', () => {
  it.each(FOR_A_PERSON)('$name', async ({ inject }) => {
    const expected = await inject();
    const kind = expected[0]?.split(' ')[0] ?? '';
    expect(foundIn(await books.reconcile(false))).toEqual(expected);
    expect(sums(await books.reconcile(true))).toEqual({ [kind]: [1, 0] });
    expect(foundIn(await books.reconcile(false))).toEqual(expected);
  });
});

it('finds several errors at once, each with its kind, and repairs what can be', async () => {
  const injections = [REPAIRABLE[0], REPAIRABLE[2], REPAIRABLE[5]] as Injection[];
  const expected: string[] = [];
  for (const { inject } of injections) expected.push(...(await inject()));
  expect(foundIn(await books.reconcile(false)).sort()).toEqual(expected.sort());
  await Promise.all([books.reconcile(true), reconciler(path).reconcile(true)]);
  expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
});

it('repairs a count while machines move, and the moves stay counted', async () => {
  const { practiceId } = await aTravelled();
  await change('UPDATE progress_count SET machines = machines + 5 WHERE practice_id = $1', [practiceId]);
  const writing = (async () => {
    for (let round = 1; round <= 30; round += 1) {
      const heartbeat = aHeartbeat()
        .boot(`b-${round}`, 1)
        .file(round % 2 === 0 ? BAD_FILE : GOOD_FILE);
      await path.reports.report(
        keys.map((key) => ({ key, generation: null, heartbeat: heartbeat.build() })),
        MONDAY + minutes(20 * round),
      );
    }
  })();
  const repaired = await books.reconcile(true);
  await writing;
  expect(repaired.drifts.length).toBeGreaterThan(0);
  expect(await brokenInvariants(database)).toEqual(NOTHING_BROKEN);
});

it('reads one moment: the whole of a statement that another connection has not committed is not there', async () => {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('UPDATE progress_count SET machines = machines + 1');
    const snapshot = await readBooks(database.pool, { after: '', until: '~' });
    expect([snapshot.suspects, snapshot.cells, snapshot.ledger]).toEqual([[], [], []]);
    await client.query('ROLLBACK');
  } finally {
    client.release();
  }
});
