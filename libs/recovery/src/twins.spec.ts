import * as fc from 'fast-check';
import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  GOOD_FILE,
  iso,
  type HeartbeatBuilder,
  type MachineStory,
} from '../../../test/support/fleet';
import { MINUTE_MS, SECOND_MS } from './clock';

const STARTED = '2024-07-22T06:00Z';

/** A report of the session that began at 06:00, received at this time of the day. */
const told = (
  pc: MachineStory,
  time: string,
  seq: number,
  facts: HeartbeatBuilder = aHeartbeat(),
): MachineStory => {
  const receivedAt = `2024-07-22T${time}Z`;
  return pc.sends(facts.boot('b', seq).uptime(at(receivedAt) - at(STARTED)), receivedAt);
};
const conflict = (pc: MachineStory): string | null => iso(pc.machine.memory.conflictSinceMs);
const SESSION = '2024-07-22T06:00:00.000Z';

/** Suspected by its silence since the window, and back since Monday 06:00. */
const suspected = (): MachineStory =>
  aMachine().boots('2024-07-18T20:00Z').reports('2024-07-19T04:05Z').silentUntil('2024-07-22T06:01Z');

describe('two machines in one session', () => {
  it('show when one tells another boot mode', () => {
    const pc = told(suspected(), '07:00', 12);
    told(pc, '07:05', 13, aHeartbeat().mode('SAFE_MODE'));
    expect(conflict(pc)).toBe(SESSION);
  });

  it('show when they tell other facts of one second', () => {
    const pc = told(suspected(), '07:00', 12, aHeartbeat().file(GOOD_FILE));
    told(pc, '07:00', 12, aHeartbeat().file(GOOD_FILE).sensorRunning(false));
    expect([conflict(pc), pc.lastOutcome]).toEqual([SESSION, 'DUPLICATE']);
    const other = told(suspected(), '07:00', 12, aHeartbeat().file(GOOD_FILE));
    expect(conflict(told(other, '07:00', 40, aHeartbeat().file(BAD_FILE)))).toBe(SESSION);
  });

  it('show when a number comes again too early for an agent that was restarted', () => {
    const pc = told(told(suspected(), '07:00', 12), '07:03', 12);
    expect(conflict(pc)).toBe(SESSION);
    const thief = told(told(told(suspected(), '07:00', 12), '07:02', 100_000), '07:05', 13);
    expect(conflict(thief)).toBe(SESSION);
  });

  it('do not let each other recover', () => {
    const pc = suspected();
    const good = aHeartbeat().file(GOOD_FILE);
    for (let i = 1; i <= 30; i += 1) {
      const minute = String(i * 2).padStart(2, '0');
      if (i < 30) told(pc, `07:${minute}`, i + 10, i % 2 === 0 ? good : good.mode('SAFE_MODE'));
    }
    expect([pc.state === 'RECOVERED', conflict(pc)]).toEqual([false, SESSION]);
  });

  it('are settled by a person, and show again when both go on', () => {
    const pc = told(told(suspected(), '07:00', 12), '07:03', 12);
    pc.isTold({ kind: 'SETTLE_IDENTITY' }, '2024-07-22T07:04Z');
    told(pc, '07:05', 13);
    expect(conflict(pc)).toBeNull();
    told(pc, '07:08', 13);
    expect(conflict(pc)).toBe(SESSION);
  });

  it('are found within the first hour, whatever they say and however their reports interleave', () => {
    const check = fc.property(
      fc.integer({ min: 2, max: 298 }),
      fc.integer({ min: 1, max: 3_000 }),
      fc.boolean(),
      fc.array(fc.nat(2_500), { minLength: 24, maxLength: 24 }),
      (offsetSeconds, firstSeq, alike, latenciesMs) => {
        const pc = suspected();
        for (let i = 0; i < 24; i += 1) {
          const isClone = i % 2 === 1;
          const writtenAtMs =
            at(STARTED) + (Math.floor(i / 2) + 1) * 5 * MINUTE_MS + (isClone ? offsetSeconds * SECOND_MS : 0);
          const facts = aHeartbeat().file(isClone && !alike ? GOOD_FILE : BAD_FILE);
          const heartbeat = facts.boot('b', firstSeq + Math.floor(i / 2)).uptime(writtenAtMs - at(STARTED));
          pc.sends(heartbeat, new Date(writtenAtMs + (latenciesMs[i] ?? 0)).toISOString());
        }
        expect(conflict(pc)).not.toBeNull();
      },
    );
    fc.assert(check, { seed: 20240719, numRuns: 300 });
  });
});

describe('two boots under one id', () => {
  it('are two machines when both go on reporting', () => {
    const pc = told(told(suspected(), '07:00', 12), '07:05', 13);
    const clone = (time: string, seq: number, uptimeMinutes: number): MachineStory =>
      pc.sends(
        aHeartbeat()
          .boot('b', seq)
          .uptime(uptimeMinutes * MINUTE_MS),
        `2024-07-22T${time}Z`,
      );
    clone('07:06', 1, 2);
    told(pc, '07:10', 14);
    expect(conflict(pc)).toBeNull();
    clone('07:11', 2, 7);
    expect(conflict(pc)).toBe('2024-07-22T07:04:00.000Z');
  });

  it('are one machine that was booted when only the newer one goes on', () => {
    const pc = told(told(suspected(), '07:00', 12), '07:05', 13);
    for (const minute of [7, 12, 17, 22])
      pc.sends(
        aHeartbeat()
          .boot('b', minute)
          .uptime((minute - 6) * MINUTE_MS),
        `2024-07-22T07:${String(minute).padStart(2, '0')}Z`,
      );
    expect(conflict(pc)).toBeNull();
  });
});

describe('one machine is not taken for two', () => {
  it('when its agent is restarted, at once or after lost reports', () => {
    const pc = told(told(suspected(), '07:00', 12), '07:00', 1, aHeartbeat().sensorRunning(false));
    told(pc, '07:05', 2);
    told(pc, '07:20', 4);
    expect(conflict(pc)).toBeNull();
  });

  it('when its first reports after a restart of the agent fall into one second', () => {
    const pc = told(suspected(), '07:00', 1);
    told(pc, '07:00', 1, aHeartbeat().bitlocker('SUSPENDED'));
    expect(conflict(pc)).toBeNull();
  });

  it('when a copy of a report comes late with the age that it had, and the machine goes on', () => {
    const pc = told(told(suspected(), '07:00', 12), '07:05', 13);
    const copy = aHeartbeat()
      .boot('b', 13)
      .uptime(at('2024-07-22T07:05Z') - at(STARTED));
    pc.sends(copy, '2024-07-22T07:06:59Z');
    expect(pc.lastOutcome).toBe('DUPLICATE');
    pc.sends(copy, '2024-07-22T07:09Z');
    told(told(pc, '07:10', 14), '07:15', 15);
    expect([pc.lastOutcome, conflict(pc)]).toEqual(['ACCEPTED', null]);
  });

  it('when a spool of another boot mode falls into the session', () => {
    const pc = told(suspected(), '07:00', 12);
    const spooled = aHeartbeat()
      .boot('b', 3)
      .mode('WINRE')
      .uptime(10 * MINUTE_MS)
      .aged(60 * MINUTE_MS);
    pc.sends(spooled, '2024-07-22T07:10Z');
    expect(conflict(pc)).toBeNull();
  });
});
