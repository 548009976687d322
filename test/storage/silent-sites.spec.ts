import { randomUUID } from 'node:crypto';
import { createMachines, type MachineKey } from '@app/storage';
import { SweepSilence, type SweepReport } from '@app/tracking';
import { aHeartbeat, at, minutes, theRules } from '../support/fleet';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { brokenInvariants, NOTHING_BROKEN, openWritePath, type WritePath } from '../support/write-path';

/** Practices that go dark on the Monday after the incident, while two processes sweep. They are open from 07:00 to 17:30Z. */
const ENROLLED = at('2024-07-01T09:00Z');
const DARK = at('2024-07-22T10:00Z');

describe('practices that are silent as a whole', () => {
  let clone: TestDatabase;
  let first: WritePath;
  let second: WritePath;

  beforeEach(async () => {
    clone = await createTestDatabase();
    [first, second] = [await openWritePath(clone.url, DARK), await openWritePath(clone.url, DARK)];
  });

  afterEach(async () => {
    await Promise.all([first.close(), second.close()]);
    await clone.drop();
  });

  async function enrol(practiceId: string, count: number): Promise<MachineKey[]> {
    const keys = Array.from({ length: count }, () => ({ practiceId, machineId: randomUUID() }));
    const machines = keys.map((key) => ({
      key,
      installationId: key.machineId,
      hostname: 'PC',
      serialNumber: null,
      smbiosUuid: null,
    }));
    await createMachines(first.database.pool, machines, ENROLLED);
    return keys;
  }

  /** One report of machines that crashed in the window and are stabilising. */
  async function heard(keys: readonly MachineKey[], atMs: number, seq = 1): Promise<void> {
    const heartbeat = aHeartbeat()
      .boot('boot-1', seq)
      .uptime(atMs - DARK + minutes(30))
      .crash('2024-07-19T04:31Z')
      .build();
    const reports = keys.map((key) => ({ key, generation: null, heartbeat }));
    const results = await first.reports.report(reports, atMs);
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['ACCEPTED']));
  }

  /** A sweeper whose clock moves on with every look at it: after 600 machines it has no time to ask for more, and soon none at all. */
  function hurried(): SweepSilence {
    let monotonicMs = 0;
    const silent = (): undefined => undefined;
    return new SweepSilence(
      first.database,
      () => theRules(),
      () => DARK,
      () => (monotonicMs += 84),
      {
        batchCommitted: silent,
        racesLost: silent,
        swept: silent,
        silenceHeld: silent,
        progressChanged: silent,
      },
    );
  }

  async function down(): Promise<readonly { practice_id: string; at: string; machines: number }[]> {
    const { rows } = await first.database.pool.query<{ practice_id: string; at: Date; machines: number }>(
      `SELECT practice_id, event_at AS at, count(*)::int AS machines FROM transition WHERE to_state = 3
       GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }

  async function silences(): Promise<readonly unknown[]> {
    const { rows } = await first.database.pool.query<{
      practice_id: string;
      since: Date;
      ended: Date | null;
      machines: number;
    }>(
      'SELECT practice_id, silent_since AS since, machines, ended_at AS ended FROM site_silence ORDER BY 1, 2',
    );
    return rows.map(({ practice_id, since, ended, machines }) => [
      practice_id,
      since.toISOString(),
      machines,
      ended?.toISOString() ?? null,
    ]);
  }

  it('hold their machines, while two machines or a machine of a speaking practice fall silent as ever', async () => {
    const dark = await enrol('P81001', 5);
    const small = await enrol('P81002', 2);
    const alive = await enrol('P81003', 5);
    await enrol('P81001', 3); // never heard
    for (const keys of [dark, small, alive]) await heard(keys, DARK);
    await heard(alive.slice(0, 1), DARK + minutes(50), 2);
    const sweepAt = DARK + minutes(61);
    const sweeps = await Promise.all([first, second, first].map(({ sweeper }) => sweeper.sweep(sweepAt)));
    expect(sweeps.reduce((sum, { moved }) => sum + moved, 0)).toBe(6);
    expect(first.seen.held + second.seen.held).toBeGreaterThanOrEqual(5);
    const deadline = '2024-07-22T11:00:00.000Z';
    expect(await down()).toEqual([
      { practice_id: 'P81002', at: deadline, machines: 2 },
      { practice_id: 'P81003', at: deadline, machines: 4 },
    ]);
    expect(await silences()).toEqual([['P81001', '2024-07-22T10:00:00.000Z', 5, null]]);
    expect((await first.sweeper.sweep(sweepAt + minutes(30))).examined).toBe(0);
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });

  it('let go of those that stay silent an hour after one spoke again, each at its own deadline', async () => {
    const keys = await enrol('P81001', 5);
    await heard(keys.slice(0, 2), DARK - minutes(10));
    await heard(keys.slice(2), DARK);
    expect(await first.sweeper.sweep(at('2024-07-22T11:30Z'))).toMatchObject({ moved: 0, held: 5 });
    await heard(keys.slice(4), at('2024-07-22T12:00Z'), 2);
    expect(await second.sweeper.sweep(at('2024-07-22T12:00:10Z'))).toMatchObject({ moved: 0, sitesBack: 1 });
    expect(await first.sweeper.sweep(at('2024-07-22T12:00:15Z'))).toMatchObject({ sitesBack: 0 });
    await heard(keys.slice(3, 4), at('2024-07-22T12:20Z'), 2);
    for (const path of [first, second]) {
      expect(await path.sweeper.sweep(at('2024-07-22T12:45Z'))).toMatchObject({ moved: 0 });
      expect(await path.sweeper.sweep(at('2024-07-22T12:59Z'))).toMatchObject({ moved: 0 });
    }
    await heard(keys.slice(4), at('2024-07-22T12:59:30Z'), 3);
    await first.sweeper.sweep(at('2024-07-22T13:00:10Z'));
    expect(await down()).toEqual([
      { practice_id: 'P81001', at: '2024-07-22T10:50:00.000Z', machines: 2 },
      { practice_id: 'P81001', at: '2024-07-22T11:00:00.000Z', machines: 1 },
    ]);
    expect(await silences()).toEqual([['P81001', '2024-07-22T10:00:00.000Z', 5, '2024-07-22T12:00:10.000Z']]);
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });

  it('let go of all a working day later, and of none for silence that began in the window', async () => {
    const incident = await enrol('P81000', 4);
    const keys = await enrol('P81001', 4);
    await first.reports.report(
      incident.map((key) => ({
        key,
        generation: null,
        heartbeat: aHeartbeat().uptime(minutes(600)).build(),
      })),
      at('2024-07-19T04:30Z'),
    );
    await heard(keys, DARK);
    expect(await first.sweeper.sweep(at('2024-07-23T09:59Z'))).toMatchObject({ moved: 4, held: 4 });
    expect(await down()).toEqual([{ practice_id: 'P81000', at: '2024-07-19T08:00:00.000Z', machines: 4 }]);
    expect(await first.sweeper.sweep(at('2024-07-23T10:00Z'))).toMatchObject({ moved: 4, held: 0 });
    expect((await down())[1]).toEqual({ practice_id: 'P81001', at: '2024-07-22T11:00:00.000Z', machines: 4 });
    // Still silent, and said so; it only explains nothing any more.
    expect(await silences()).toEqual([['P81001', '2024-07-22T10:00:00.000Z', 4, null]]);
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });

  it('may be many: a whole region without a network is held, and noticed to be back', async () => {
    const practices = Array.from({ length: 210 }, (_, i) => `P82${String(i).padStart(3, '0')}`);
    const keys: MachineKey[][] = [];
    for (const practice of practices) keys.push(await enrol(practice, 5));
    await heard(keys.flat(), DARK);
    const sweeper = hurried();
    const sweep = (): Promise<SweepReport> => sweeper.sweep(DARK + minutes(61));
    expect(await sweep()).toMatchObject({ examined: 1_000, held: 600, postponed: 400, unfinished: true });
    expect(await sweep()).toMatchObject({ examined: 50, held: 50, postponed: 0, unfinished: false });
    expect(await sweep()).toMatchObject({ examined: 400, held: 400, postponed: 0, unfinished: false });
    expect(await sweep()).toMatchObject({ examined: 0, moved: 0, unfinished: false });
    expect(await silences()).toHaveLength(210);
    const back = keys.map(([one]) => one as MachineKey);
    await heard(back, DARK + minutes(70), 2);
    expect(await second.sweeper.sweep(DARK + minutes(71))).toMatchObject({ examined: 0, sitesBack: 210 });
    await heard(back, DARK + minutes(120), 3);
    expect(await first.sweeper.sweep(DARK + minutes(131))).toMatchObject({ moved: 4 * 210 });
    expect(await brokenInvariants(first.database)).toEqual(NOTHING_BROKEN);
  });
});
