import * as fc from 'fast-check';
import { enrolledMachine } from '@app/recovery';
import { loadMachines, type MachineKey } from '@app/storage';
import { aHeartbeat, at, minutes, theRules } from '../support/fleet';
import { aMachinesLife, deliveredTwice, lives, type Delivery } from '../support/machine-lives';
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

describe('the write path', () => {
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

  it('ends in the memory that the rules reach alone, whichever of two processes gets what, in any order and twice', async () => {
    const fleet = fc.sample(deliveredTwice(aMachinesLife), { numRuns: 60, seed: 291 });
    const keys = await enrolMany(first.database, fleet.length, ENROLLED);
    const queue = interleave(
      fleet.map((one, i) => one.disordered.map((delivery) => ({ key: keys[i] as MachineKey, delivery }))),
    );
    for (let from = 0; from < queue.length; from += 40) {
      const batch = queue.slice(from, from + 40);
      await Promise.all(
        batch.map(({ key, delivery }, i) => send(i % 2 === 0 ? first : second, [key], delivery)),
      );
    }
    const stored = await loadMachines(first.database.pool, keys);
    fleet.forEach((one, i) => {
      const alone = lives(enrolledMachine(ENROLLED), one.inOrder, theRules()).machine;
      expect(stored[i]?.machine.memory).toEqual(alone.memory);
    });
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });

  it('treats a lost race as normal: the same machines at once from two processes, and every report counted once', async () => {
    const keys = await enrolMany(first.database, 20, ENROLLED);
    const rounds = Array.from({ length: 15 }, (_, i) => i + 1);
    const outcomes = await Promise.all(
      rounds.flatMap((seq) =>
        [first, second].map((path) =>
          send(path, keys, {
            heartbeat: aHeartbeat()
              .boot('boot-1', seq)
              .uptime(minutes(5 * seq))
              .aged(0)
              .build(),
            receivedAtMs: MONDAY + minutes(5 * seq),
          }),
        ),
      ),
    );
    expect(first.seen.races + second.seen.races).toBeGreaterThan(0);
    const counted = outcomes.flat().filter((result) => result.outcome !== 'DUPLICATE').length;
    expect(counted).toBe(keys.length * rounds.length);
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });

  it('lets two processes sweep the same fleet without a double transition', async () => {
    const keys = await enrolMany(first.database, 1_200, ENROLLED);
    const contact = {
      heartbeat: aHeartbeat().uptime(minutes(600)).build(),
      receivedAtMs: at('2024-07-19T04:30Z'),
    };
    for (let from = 0; from < keys.length; from += 400)
      await send(first, keys.slice(from, from + 400), contact);
    const sweeps = await Promise.all([
      first.sweeper.sweep(MONDAY),
      second.sweeper.sweep(MONDAY),
      first.sweeper.sweep(MONDAY),
    ]);
    expect(sweeps.reduce((sum, sweep) => sum + sweep.moved, 0)).toBe(keys.length);
    const { rows } = await first.database.pool.query<{ event_at: Date; count: number }>(
      'SELECT event_at, count(*)::int AS count FROM transition GROUP BY 1 ORDER BY 1',
    );
    // Suspected as soon as the window had ended; down after an hour of Friday's opening time. Nobody looked before Monday.
    expect(rows.map((row) => [row.event_at.toISOString(), row.count])).toEqual([
      ['2024-07-19T05:27:00.000Z', 1_200],
      ['2024-07-19T08:00:00.000Z', 1_200],
    ]);
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });

  it('refuses what does not fit into the queue as a whole, and takes the rest', async () => {
    const keys = await enrolMany(first.database, 3, ENROLLED);
    const report = { key: keys[0] as MachineKey, generation: null, heartbeat: aHeartbeat().build() };
    await expect(first.reports.report(new Array(10_001).fill(report), MONDAY)).rejects.toMatchObject({
      refusal: 'QUEUE_FULL',
      retryAfterSeconds: expect.any(Number) as number,
    });
    expect(await first.reports.report([report], MONDAY)).toEqual([{ outcome: 'ACCEPTED' }]);
  });

  it('answers for an unknown machine and a revoked credential, and records the others of the batch', async () => {
    const [known] = await enrolMany(first.database, 1, ENROLLED);
    const heartbeat = aHeartbeat().build();
    const stranger = { practiceId: 'P81000', machineId: '00000000-0000-4000-8000-000000000000' };
    const results = await first.reports.report(
      [
        { key: stranger, generation: null, heartbeat },
        { key: known as MachineKey, generation: 7, heartbeat },
        { key: known as MachineKey, generation: 1, heartbeat },
      ],
      MONDAY,
    );
    expect(results).toEqual([
      { outcome: 'REJECTED', code: 'UNKNOWN_MACHINE' },
      { outcome: 'REJECTED', code: 'CREDENTIAL_REVOKED' },
      { outcome: 'ACCEPTED' },
    ]);
  });

  it('finishes everything it accepted before it stops, and accepts nothing after', async () => {
    const keys = await enrolMany(first.database, 500, ENROLLED);
    const delivery = { heartbeat: aHeartbeat().build(), receivedAtMs: MONDAY };
    const accepted = Promise.all(keys.map((key) => send(first, [key], delivery)));
    await first.reports.stop();
    expect((await accepted).flat().every((result) => result.outcome === 'ACCEPTED')).toBe(true);
    await expect(send(first, keys, delivery)).rejects.toMatchObject({ refusal: 'STOPPING' });
    const { rows } = await second.database.pool.query<{ heard: number }>(
      'SELECT count(heard_at)::int AS heard FROM machine_status',
    );
    expect(rows[0]?.heard).toBe(500);
  });
});

function send(
  path: WritePath,
  keys: readonly MachineKey[],
  { heartbeat, receivedAtMs }: Delivery,
): ReturnType<WritePath['reports']['report']> {
  return path.reports.report(
    keys.map((key) => ({ key, generation: null, heartbeat })),
    receivedAtMs,
  );
}

/** One of each machine in turn, so that a batch holds many machines. */
function interleave<T>(queues: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, i) =>
    queues.flatMap((queue) => (queue[i] === undefined ? [] : [queue[i] as T])),
  ).flat();
}
