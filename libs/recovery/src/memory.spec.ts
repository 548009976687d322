import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  GOOD_FILE,
  iso,
  minutes,
  type MachineStory,
} from '../../../test/support/fleet';
import { isCounted } from './memory';
import { MISSING_SEQS_MAX, SESSIONS_KEPT_MAX } from './session';

/** One session since 06:00 in which these numbers were received, ten seconds apart in their own order. */
function received(...seqs: readonly number[]): MachineStory {
  const pc = aMachine();
  for (const seq of seqs)
    pc.sends(
      aHeartbeat()
        .boot('boot-1', seq)
        .uptime(seq * 10_000),
      new Date(at('2024-07-22T06:00Z') + seq * 10_000).toISOString(),
    );
  return pc;
}
const counted = (pc: MachineStory, seq: number, bootId = 'boot-1'): boolean =>
  isCounted(
    pc.machine.memory,
    aHeartbeat()
      .boot(bootId, seq)
      .uptime(at('2024-07-22T09:00Z') - at('2024-07-22T06:00Z'))
      .proves('2024-07-22T09:00Z'),
  );

describe('numbers that were counted', () => {
  it('are all of a session heard from its start', () => {
    const pc = received(1, 2, 3);
    expect([0, 1, 2, 3, 4].map((seq) => counted(pc, seq))).toEqual([false, true, true, true, false]);
    expect(counted(pc, 2, 'boot-2')).toBe(false);
  });

  it('leave out those that have not arrived, until they do', () => {
    const pc = received(1, 2, 6);
    expect([1, 2, 3, 4, 5, 6].map((seq) => counted(pc, seq))).toEqual([
      true,
      true,
      false,
      false,
      false,
      true,
    ]);
    pc.sends(aHeartbeat().boot('boot-1', 4).uptime(40_000), '2024-07-22T06:00:40Z');
    expect([3, 4, 5].map((seq) => counted(pc, seq))).toEqual([false, true, false]);
  });

  it('are not claimed below a gap too long to remember', () => {
    const pc = received(1, 2 + MISSING_SEQS_MAX + 1);
    expect(pc.machine.memory.sessions[0]?.missingSeqs).toEqual([]);
    expect([1, 2, 2 + MISSING_SEQS_MAX, 3 + MISSING_SEQS_MAX].map((seq) => counted(pc, seq))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('are known across the longest gap that is remembered', () => {
    const pc = received(1, 2 + MISSING_SEQS_MAX);
    expect([1, 2, 1 + MISSING_SEQS_MAX, 2 + MISSING_SEQS_MAX].map((seq) => counted(pc, seq))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('never remember more missing numbers than they may, however many gaps there are', () => {
    const odd = received(...Array.from({ length: 40 }, (_, i) => 2 * i + 1));
    const session = odd.machine.memory.sessions[0];
    expect(session?.missingSeqs).toHaveLength(MISSING_SEQS_MAX);
    expect([79, 78, 77].map((seq) => counted(odd, seq))).toEqual([true, false, true]);
    expect([48, 47, 46, 45].map((seq) => counted(odd, seq))).toEqual([false, true, false, false]);
    expect(
      odd.sends(aHeartbeat().boot('boot-1', 45).uptime(450_000), '2024-07-22T06:07:30Z').lastOutcome,
    ).toBe('STALE');
  });
});

describe('two reports of one instant', () => {
  const one = aHeartbeat().boot('a', 3).uptime(minutes(90)).file(GOOD_FILE).crash('2024-07-22T04:00Z');
  it.each([
    ['of two sessions', one, one.boot('b', 4).uptime(minutes(70))],
    ['of two numbers of a session', one, one.seq(4)],
    ['with two files', one, one.seq(4).file(BAD_FILE)],
    ['with a sensor that runs and does not', one, one.seq(4).sensorRunning(false)],
    ['with a sensor in scope and none', one, one.seq(4).sensor(null)],
    ['with and without BitLocker suspended', one, one.seq(4).bitlocker('SUSPENDED')],
  ])('leave the same memory in either order: %s', (_, first, second) => {
    for (const moment of ['2024-07-19T04:00Z', '2024-07-22T08:00Z']) {
      const inOrder = aMachine().sends(first, moment).sends(second, moment);
      const reversed = aMachine().sends(second, moment).sends(first, moment);
      expect(reversed.machine.memory).toEqual(inOrder.machine.memory);
    }
  });

  it('prove what the older session proves, which is less', () => {
    const pc = aMachine()
      .sends(one, '2024-07-22T08:00Z')
      .sends(one.boot('b', 4).uptime(minutes(70)), '2024-07-22T08:00Z');
    expect(iso(pc.machine.memory.proof?.sessionStartedAtMs ?? null)).toBe('2024-07-22T06:30:00.000Z');
    expect(pc.machine.memory.heard?.bootId).toBe('b');
  });
});

describe('sessions', () => {
  it('are kept newest first, and no more than a spool in disorder needs', () => {
    const pc = aMachine();
    for (const hour of ['06', '09', '07', '10', '08', '11'])
      pc.boots(`2024-07-22T${hour}:00Z`, 'NORMAL', hour).reports(`2024-07-22T${hour}:05Z`);
    expect(pc.machine.memory.sessions.map(({ bootId }) => bootId)).toEqual(['11', '10', '09', '08']);
    expect(pc.machine.memory.sessions).toHaveLength(SESSIONS_KEPT_MAX);
  });

  it('remember the earliest start that was told: a late packet can only make it look later', () => {
    const pc = aMachine()
      .sends(aHeartbeat().seq(1).uptime(minutes(1)), '2024-07-22T06:01:04Z')
      .sends(aHeartbeat().seq(2).uptime(minutes(6)), '2024-07-22T06:06:01Z');
    expect(iso(pc.machine.memory.sessions[0]?.startedAtMs ?? null)).toBe('2024-07-22T06:00:01.000Z');
  });
});

describe('an identity conflict', () => {
  const both = (): MachineStory =>
    aMachine()
      .boots('2024-07-22T06:00Z', 'NORMAL', 'older')
      .reports('2024-07-22T06:05Z')
      .boots('2024-07-22T07:00Z', 'NORMAL', 'newer');
  const conflict = (pc: MachineStory): string | null => iso(pc.machine.memory.conflictSinceMs);

  it('is an older boot session that reports live after a newer one started', () => {
    expect(
      conflict(both().reports('2024-07-22T07:05Z').continues('older').reports('2024-07-22T07:10Z')),
    ).toBe('2024-07-22T07:00:00.000Z');
  });

  it('shows as well when the newer session is the one heard last', () => {
    expect(
      conflict(
        both()
          .continues('older')
          .reports('2024-07-22T07:10Z')
          .continues('newer')
          .reports('2024-07-22T07:15Z'),
      ),
    ).toBe('2024-07-22T07:00:00.000Z');
  });

  it('is not a spool of the older session, however late it is flushed', () => {
    const pc = both().reports('2024-07-22T07:05Z').continues('older');
    expect(
      conflict(
        pc
          .reports('2024-07-22T06:50Z', aHeartbeat(), '2024-07-22T07:10Z')
          .reports('2024-07-22T07:08Z', aHeartbeat(), '2024-07-22T07:14Z'),
      ),
    ).toBeNull();
  });

  it('is not a reboot, nor two estimates of one start', () => {
    expect(conflict(both().reports('2024-07-22T07:05Z'))).toBeNull();
    const shifted = aMachine()
      .boots('2024-07-22T07:00Z')
      .reports('2024-07-22T07:05Z')
      .boots('2024-07-22T07:02Z')
      .reports('2024-07-22T07:06Z');
    expect(conflict(shifted.continues('boot-1').reports('2024-07-22T07:10Z'))).toBeNull();
  });

  it('asks for more than the tolerance between the start of the one and the report of the other', () => {
    const heardAgain = (observedAt: string): string | null =>
      conflict(both().reports('2024-07-22T07:05Z').continues('older').reports(observedAt));
    expect([heardAgain('2024-07-22T07:02:00.000Z'), heardAgain('2024-07-22T07:02:00.001Z')]).toEqual([
      null,
      '2024-07-22T07:00:00.000Z',
    ]);
  });

  it('is dated by the first newer session, however many follow', () => {
    const pc = both().reports('2024-07-22T07:05Z').continues('older').reports('2024-07-22T07:10Z');
    pc.boots('2024-07-22T08:00Z', 'NORMAL', 'newest').reports('2024-07-22T08:05Z').continues('older');
    expect(conflict(pc.reports('2024-07-22T08:10Z'))).toBe('2024-07-22T07:00:00.000Z');
  });

  it('stays until a person settles it', () => {
    const pc = both()
      .reports('2024-07-22T07:05Z')
      .continues('older')
      .reports('2024-07-22T07:10Z')
      .continues('newer');
    expect(conflict(pc.reportsThrough('2024-07-22T07:15Z', '2024-07-22T12:00Z'))).toBe(
      '2024-07-22T07:00:00.000Z',
    );
  });
});
