import { randomUUID } from 'node:crypto';
import {
  CareForMachines,
  type CareAction,
  type CareRequest,
  type CareResult,
  type RefusedRequest,
} from '@app/care';
import {
  compareMachineKeys,
  createMachines,
  type Database,
  loadMachines,
  type MachineKey,
} from '@app/storage';
import { aHeartbeat, at, GOOD_FILE, minutes, theRules } from '../support/fleet';
import { reportAsAgentsDo } from '../support/report-as-agents-do';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  brokenInvariants,
  enrolMany,
  NOTHING_BROKEN,
  openWritePath,
  type WritePath,
} from '../support/write-path';

const ENROLLED = at('2024-07-01T09:00Z');
const MONDAY = at('2024-07-22T08:00Z');
const ANN = { id: 'person-1', name: 'Ann' };
const RETIRE: CareAction = { kind: 'RETIRE', reason: 'scrapped', reviewOn: '2024-10-01' };

let clone: TestDatabase;
let path: WritePath;
let other: WritePath;
let progressChanges: number;

beforeEach(async () => {
  clone = await createTestDatabase();
  [path, other] = [await openWritePath(clone.url, MONDAY), await openWritePath(clone.url, MONDAY)];
  progressChanges = 0;
});

afterEach(async () => {
  await Promise.all([path.close(), other.close()]);
  await clone.drop();
});

function careOf(database: Database): CareForMachines {
  const observer = { progressChanged: () => void (progressChanges += 1) };
  return new CareForMachines(
    database,
    () => theRules(),
    observer,
    async (code) => code.startsWith('P8'),
  );
}

function request(
  action: CareAction,
  keys: readonly MachineKey[],
  more: Partial<CareRequest> = {},
): CareRequest {
  return {
    ...{ actor: ANN, action, idempotencyKey: randomUUID(), target: 'some', expectedMachines: null },
    ...{
      expectedVersion: null,
      isInScope: () => true,
      find: async () => [...keys].sort(compareMachineKeys),
      ...more,
    },
  };
}

async function done(
  action: CareAction,
  keys: readonly MachineKey[],
  more: Partial<CareRequest> = {},
): Promise<CareResult> {
  const result = await careOf(path.database).care(request(action, keys, more), MONDAY);
  if ('refusal' in result) throw new Error(result.message);
  return result;
}

async function count(sql: string, ...values: readonly unknown[]): Promise<number> {
  const { rows } = await path.database.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`, [
    ...values,
  ]);
  return rows[0]?.n ?? -1;
}

const crash = (seq: number, minute: number) => ({
  heartbeat: aHeartbeat()
    .boot('boot-1', seq)
    .uptime(minutes(5 * seq))
    .file(GOOD_FILE)
    .crash('2024-07-19T04:31Z')
    .build(),
  receivedAtMs: MONDAY + minutes(minute),
});

async function report(
  by: WritePath,
  keys: readonly MachineKey[],
  { heartbeat, receivedAtMs }: ReturnType<typeof crash>,
) {
  return by.reports.report(
    keys.map((key) => ({ key, generation: null, heartbeat })),
    receivedAtMs,
  );
}

describe('an action for many machines', () => {
  it('is done for each by itself, with its counts, transition and event', async () => {
    const keys = await enrolMany(path.database, 1_200, ENROLLED);
    await done(RETIRE, keys.slice(0, 100));
    const result = await done(RETIRE, keys);
    expect(result).toMatchObject({
      machines: 1_200,
      done: 1_100,
      refused: [{ code: 'ALREADY_SO', machines: 100 }],
      repeated: false,
    });
    expect(result.refusedMachines).toHaveLength(100);
    expect(await count('machine_status WHERE state = 12')).toBe(1_200);
    expect(await count(`care_event WHERE kind = 'RETIRE' AND ordinal = 1 AND actor_name = 'Ann'`)).toBe(
      1_200,
    );
    expect(await count(`transition WHERE evidence ->> 'source' = 'PERSON'`)).toBe(1_200);
    expect(progressChanges).toBeGreaterThan(0);
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);
  });

  it('is done once, however often it is sent, and gives the same answer', async () => {
    const keys = await enrolMany(path.database, 30, ENROLLED);
    const sent = request({ kind: 'NOTE', text: 'batch 4 of the van' }, keys);
    const care = careOf(path.database);
    const first = await care.care(sent, MONDAY);
    const again = await care.care(sent, MONDAY + minutes(60));
    expect(again).toEqual({ ...first, repeated: true });
    expect(await count('care_event')).toBe(30);
    expect(await care.care({ ...sent, action: RETIRE }, MONDAY)).toMatchObject({
      refusal: 'KEY_USED_FOR_ANOTHER_REQUEST',
    });
    expect(await care.care({ ...sent, target: 'others' }, MONDAY)).toMatchObject({
      refusal: 'KEY_USED_FOR_ANOTHER_REQUEST',
    });
    const bob = { ...sent, actor: { id: 'person-2', name: 'Bob' } };
    expect(await care.care(bob, MONDAY)).toMatchObject({ done: 30, repeated: false });
  });

  it('is carried out by one of several that send it at once', async () => {
    const keys = await enrolMany(path.database, 40, ENROLLED);
    const sent = request({ kind: 'NOTE', text: 'checked' }, keys);
    const answers = await Promise.all(
      [path, other, path, other].map(({ database }) => careOf(database).care(sent, MONDAY)),
    );
    expect(answers.filter((answer) => 'done' in answer && !answer.repeated)).toHaveLength(1);
    expect(await count('care_event')).toBe(40);
  });

  it('goes on where it broke off when it is sent again', async () => {
    const keys = await enrolMany(path.database, 1_300, ENROLLED);
    const sent = request({ kind: 'NOTE', text: 'half-way' }, keys);
    await expect(careOf(breakingAfter(path.database, 2)).care(sent, MONDAY)).rejects.toThrow(
      'the power is gone',
    );
    expect(await count('care_event')).toBe(1_000);
    expect(await careOf(other.database).care(sent, MONDAY)).toMatchObject({
      machines: 1_300,
      done: 1_300,
      repeated: false,
    });
    expect(await count('care_event')).toBe(1_300);
    expect(await count('machine WHERE care_version = 1')).toBe(1_300);
  });

  it('asks for another look when the filter finds another number of machines than the preview', async () => {
    const keys = await enrolMany(path.database, 12, ENROLLED);
    const care = careOf(path.database);
    await done(RETIRE, keys.slice(0, 2));
    const preview = await care.preview(request(RETIRE, keys), MONDAY);
    expect(preview).toEqual({ machines: 12, wouldDo: 10, refused: [{ code: 'ALREADY_SO', machines: 2 }] });
    expect(await count('care_event')).toBe(2);
    const sent = request(RETIRE, keys, { expectedMachines: 11 });
    expect(await care.care(sent, MONDAY)).toMatchObject({ refusal: 'PREVIEW_OUT_OF_DATE' });
    expect(await care.care({ ...sent, expectedMachines: 12 }, MONDAY)).toMatchObject({ done: 10 });
  });

  it('is refused as a whole where it is more than one request may do, or makes no sense for many', async () => {
    const [one, two] = await enrolMany(path.database, 2, ENROLLED);
    const many = Array.from({ length: 10_001 }, () => one as MachineKey);
    const care = careOf(path.database);
    const code = async (sent: CareRequest): Promise<unknown> =>
      ((await care.care(sent, MONDAY)) as RefusedRequest).refusal;
    expect(await code(request(RETIRE, many))).toBe('TOO_MANY_MACHINES');
    expect(
      await code(
        request({ kind: 'REPLACE', successor: one as MachineKey, note: null }, [one, two] as MachineKey[]),
      ),
    ).toBe('INVALID_VALUE');
    expect(await code(request(RETIRE, [one as MachineKey], { idempotencyKey: 'short' }))).toBe(
      'INVALID_VALUE',
    );
    expect(await count('care_action')).toBe(0);
  });
});

describe('care beside heartbeats', () => {
  it('loses nothing to them, and they lose nothing to it', async () => {
    const keys = await enrolMany(path.database, 300, ENROLLED);
    await report(path, keys, crash(1, -10));
    const acts: readonly CareAction[] = [
      { kind: 'CHECK_IN', note: null },
      { kind: 'NOTE', text: 'seen' },
      { kind: 'ATTEST_CRASH', seenAtMs: MONDAY - minutes(1), note: null },
      { kind: 'CLAIM', assignee: null, forMs: minutes(60) },
    ];
    const reports = [2, 3, 4, 5, 6].flatMap((seq) =>
      [path, other].map((by) => reportAsAgentsDo(() => report(by, keys, crash(seq, seq - 1)))),
    );
    const cares = acts.map((action, i) =>
      careOf(i % 2 === 0 ? path.database : other.database).care(request(action, keys), MONDAY + i),
    );
    const outcomes = (await Promise.all(reports)).flat();
    const results = await Promise.all(cares);
    expect(outcomes.every(({ outcome }) => outcome !== 'REJECTED')).toBe(true);
    expect(results.map((result) => 'done' in result && result.done)).toEqual([300, 300, 300, 300]);
    expect([await count('care_event'), await count('machine WHERE care_version = 4')]).toEqual([1_200, 300]);
    const stored = await loadMachines(path.database.pool, keys);
    expect(
      stored.every(({ machine }) => machine.memory.attestedCrash !== null && machine.memory.heard?.seq === 6),
    ).toBe(true);
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);
  });

  it('of the same machine at the same moment is done one after the other', async () => {
    const [key] = await enrolMany(path.database, 1, ENROLLED);
    const people = Array.from({ length: 8 }, (_, i) => ({ id: `person-${i}`, name: `Person ${i}` }));
    const claim: CareAction = { kind: 'CLAIM', assignee: null, forMs: minutes(30) };
    const results = await Promise.all(
      people.map((actor, i) =>
        careOf(i % 2 === 0 ? path.database : other.database).care(
          request(claim, [key as MachineKey], { actor }),
          MONDAY,
        ),
      ),
    );
    expect(results.filter((result) => 'done' in result && result.done === 1)).toHaveLength(1);
    expect(await count('care_event')).toBe(1);
  });

  it('of a machine that somebody has cared for meanwhile is refused to whoever shows the old version', async () => {
    const [key] = await enrolMany(path.database, 1, ENROLLED);
    const keys = [key as MachineKey];
    expect((await done({ kind: 'NOTE', text: 'first' }, keys, { expectedVersion: 0 })).done).toBe(1);
    expect(await done({ kind: 'NOTE', text: 'second' }, keys, { expectedVersion: 0 })).toMatchObject({
      done: 0,
      refused: [{ code: 'VERSION_MISMATCH', machines: 1 }],
    });
  });
});

describe('a move to another practice', () => {
  it('takes everything along that is known, and counts the machine once', async () => {
    const keys = await enrolMany(path.database, 21, ENROLLED);
    await report(path, keys.slice(0, 14), crash(1, -60));
    await done({ kind: 'TAG', add: ['van'], remove: [] }, keys);
    const [first] = keys;
    const from = (first as MachineKey).practiceId;
    const movers = keys.filter(({ practiceId }) => practiceId === from);
    const before = await loadMachines(path.database.pool, movers);
    expect((await done({ kind: 'MOVE', toPractice: 'P81999', note: null }, movers)).done).toBe(3);

    const { rows } = await path.database.pool.query<{ machine_id: string; old_id: string }>(
      `SELECT split_part(moved_to, '.', 2)::uuid AS machine_id, machine_id AS old_id FROM machine
       WHERE moved_to IS NOT NULL ORDER BY machine.practice_id, machine.machine_id`,
    );
    const arrived = await loadMachines(
      path.database.pool,
      rows.map((row) => ({ practiceId: 'P81999', machineId: row.machine_id })),
    );
    const sorted = [...before].sort((a, b) => compareMachineKeys(a.key, b.key));
    expect(arrived.map(({ machine }) => machine)).toEqual(sorted.map(({ machine }) => machine));
    expect(await count(`machine_tag WHERE practice_id = 'P81999' AND tag = 'van'`)).toBe(3);
    expect(await count(`installation WHERE practice_id = 'P81999' AND moved_from = $1`, from)).toBe(3);
    expect(await count(`care_event WHERE kind = 'ARRIVE' AND practice_id = 'P81999'`)).toBe(3);
    expect(await count(`machine_status WHERE practice_id = $1 AND state = 12 AND generation = 2`, from)).toBe(
      3,
    );
    const { rows: counts } = await path.database.pool.query<{ fleet: number; exempt: number }>(
      `SELECT sum(machines) FILTER (WHERE state < 11)::int AS fleet, sum(machines) FILTER (WHERE state >= 11)::int AS exempt
       FROM progress_count`,
    );
    expect(counts[0]).toEqual({ fleet: 21, exempt: 3 });
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);

    const [key] = arrived;
    const next = await report(path, [(key as (typeof arrived)[number]).key], crash(2, -50));
    expect(next).toEqual([{ outcome: 'ACCEPTED' }]);
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);
  });

  it('to a practice that is not open is refused', async () => {
    const keys = await enrolMany(path.database, 1, ENROLLED);
    expect((await done({ kind: 'MOVE', toPractice: 'X00000', note: null }, keys)).refused).toEqual([
      { code: 'UNKNOWN_PRACTICE', machines: 1 },
    ]);
  });
});

describe('a replacement', () => {
  it('is a word that approves; the machine is replaced when the other one has proven itself', async () => {
    const practiceId = 'P81000';
    const keys = [1, 2].map((i) => ({ practiceId, machineId: `00000000-0000-4000-8000-00000000000${i}` }));
    await createMachines(
      path.database.pool,
      keys.map((key, i) => ({
        key,
        installationId: `i-${i}`,
        hostname: `PC-${i}`,
        serialNumber: null,
        smbiosUuid: null,
      })),
      ENROLLED,
    );
    const [old, successor] = keys as [MachineKey, MachineKey];
    await done({ kind: 'REPLACE', successor, note: null }, [old]);
    const linked = (): Promise<number> =>
      count('machine WHERE machine_id = $1 AND successor_id = $2', old.machineId, successor.machineId);
    const approved = `replacement WHERE machine_id = $1 AND successor_id = $2 AND verdict = 'APPROVED'`;
    expect(await count(approved, old.machineId, successor.machineId)).toBe(1);
    // The successor has said nothing yet: a person's word is no evidence.
    expect(await linked()).toBe(0);
    expect(await brokenInvariants(path.database)).toEqual(NOTHING_BROKEN);
  });
});

/** The same database until so many transactions have been committed. */
function breakingAfter(database: Database, transactions: number): Database {
  let left = transactions;
  const breaking = Object.create(database) as Database;
  breaking.transaction = async (work) => {
    if (left === 0) throw new Error('the power is gone');
    left -= 1;
    return database.transaction(work);
  };
  return breaking;
}
