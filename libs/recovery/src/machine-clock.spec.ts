import {
  aHeartbeat,
  aMachine,
  at,
  GOOD_FILE,
  iso,
  minutes,
  OTHER_STOP_CODE,
  type HeartbeatBuilder,
  type MachineStory,
} from '../../../test/support/fleet';
import { HOUR_MS } from './clock';
import type { FileVerdict } from './evidence';

/** Stamps of a machine whose clock is wrong by so many hours. A machine is heard on Monday, in a session since 07:00. */
const HEARD = '2024-07-22T08:00Z';
const YEARS = -9 * 365 * 24;

function stamped(trueTime: string, skewHours: number): string {
  return new Date(at(trueTime) + skewHours * HOUR_MS).toISOString();
}
function wrongBy(skewHours: number, receivedAt = HEARD): HeartbeatBuilder {
  return aHeartbeat()
    .uptime(minutes(60))
    .sentAt(at(receivedAt) + skewHours * HOUR_MS);
}

describe('a crash stamped by a wrong clock', () => {
  it.each([3, -3, 8, -8, 0.5, -0.5, 200, YEARS])('is put right by the skew: %p h', (hours) => {
    const evidence = wrongBy(hours).crash(stamped('2024-07-19T04:31Z', hours)).proves(HEARD);
    expect(evidence.hitsMs.map(iso)).toEqual(['2024-07-19T04:31:00.000Z']);
  });

  it.each([3, -3, YEARS])('from before the window is none, with a clock wrong by %p h', (hours) => {
    const evidence = wrongBy(hours).crash(stamped('2024-07-19T04:00Z', hours)).proves(HEARD);
    expect([evidence.hitsMs, evidence.crashes]).toEqual([[], []]);
  });

  it('is taken as it stands where the skew would date it after the boot that tells of it: the clock went wrong since', () => {
    const evidence = wrongBy(YEARS).crash('2024-07-19T04:31Z').crash('2024-07-01T12:00Z').proves(HEARD);
    expect(evidence.hitsMs.map(iso)).toEqual(['2024-07-19T04:31:00.000Z']);
  });

  it('says nothing where neither reading lies before that boot, and is remembered as such', () => {
    const evidence = wrongBy(1).crash('2024-07-22T09:30Z').proves(HEARD);
    expect(evidence.hitsMs).toEqual([]);
    expect(evidence.crashes).toEqual([
      { stampMs: at('2024-07-22T09:30Z'), atMs: at('2024-07-22T09:30Z'), ahead: true },
    ]);
  });

  it('is not touched while the clock is right to two minutes, or nothing is told of it', () => {
    const crash = aHeartbeat().uptime(minutes(60)).crash('2024-07-22T07:59Z');
    for (const told of [crash, crash.sentAt(at(HEARD) + 120_000), crash.sentAt(at(HEARD) - 120_000)])
      expect(told.proves(HEARD).hitsMs.map(iso)).toEqual(['2024-07-22T07:59:00.000Z']);
  });

  it('is put right as well when it is soft', () => {
    const evidence = wrongBy(-5).crash(stamped('2024-07-19T06:00Z', -5), OTHER_STOP_CODE).proves(HEARD);
    expect(iso(evidence.lastSoftCrashMs)).toBe('2024-07-19T06:00:00.000Z');
    expect(wrongBy(1).crash('2024-07-22T09:30Z', OTHER_STOP_CODE).proves(HEARD).lastSoftCrashMs).toBeNull();
  });
});

describe('a file stamped by a wrong clock', () => {
  const verdict = (skewHours: number, stampedAt: string): FileVerdict =>
    wrongBy(skewHours).file(stampedAt).proves(HEARD).file;

  it.each([3, -3, YEARS])('proves nothing within the skew of an edge: %p h', (hours) => {
    expect(verdict(hours, '2024-07-19T05:29:11Z')).toBe('AMBIGUOUS');
    expect(verdict(hours, '2024-07-19T04:30:00Z')).toBe('AMBIGUOUS');
  });

  it('is what it says further away from the edges, on either side', () => {
    expect(verdict(3, '2024-07-19T08:27:00Z')).toBe('AMBIGUOUS');
    expect(verdict(3, '2024-07-19T08:27:01Z')).toBe('GOOD');
    expect(verdict(-3, '2024-07-19T01:08:59Z')).toBe('PRE_INCIDENT');
  });

  it('proves nothing when it is from the future', () => {
    expect(verdict(90, '2024-07-22T08:05:01Z')).toBe('AMBIGUOUS');
  });
});

describe('a machine whose clock is wrong', () => {
  /** Crashed in the window, its file deleted at 08:00 on Friday, switched off, and on again on Saturday. */
  const repaired = (skewHours: number, untilWhen: string): MachineStory => {
    const crashed = '2024-07-19T04:31Z';
    const pc = aMachine().boots('2024-07-19T08:00Z');
    const tell = (from: string, until: string): MachineStory => {
      for (let ms = at(from); ms <= at(until); ms += minutes(5)) {
        const when = new Date(ms).toISOString();
        const facts = wrongBy(skewHours, when).file(null);
        pc.reports(when, facts.crash(stamped(crashed, skewHours)));
      }
      return pc;
    };
    tell('2024-07-19T08:05Z', '2024-07-19T10:00Z').boots('2024-07-20T08:00Z');
    return tell('2024-07-20T08:05Z', untilWhen);
  };

  it.each([8, -8, 30, -30, 26, 0.3, YEARS])('recovers and does not relapse: %p h', (hours) => {
    const pc = repaired(hours, '2024-07-20T12:00Z');
    expect([pc.exposure, pc.state, pc.path.filter((state) => state === 'RELAPSED')]).toEqual([
      'CRASHED',
      'RECOVERED',
      [],
    ]);
  });

  it.each([8, 30])('does not relapse either when the clock is put right later: %p h', (hours) => {
    const pc = repaired(hours, '2024-07-20T08:30Z');
    const crashed = stamped('2024-07-19T04:31Z', hours);
    for (const day of [20, 21, 22]) {
      pc.boots(`2024-07-${day}T09:00Z`);
      const facts = aHeartbeat().file(GOOD_FILE).crash(crashed);
      pc.reportsThrough(`2024-07-${day}T09:05Z`, `2024-07-${day}T12:00Z`, facts);
    }
    expect([pc.state, pc.path.includes('RELAPSED')]).toEqual(['RECOVERED', false]);
  });

  it('does not relapse by a stamp from the future that comes to pass, when nothing is told of the clock', () => {
    const pc = aMachine().boots('2024-07-19T08:00Z');
    const facts = aHeartbeat().file(GOOD_FILE).crash('2024-07-19T04:31Z').crash('2024-07-19T15:00Z');
    pc.reportsThrough('2024-07-19T08:05Z', '2024-07-19T10:00Z', facts).boots('2024-07-20T08:00Z');
    expect(pc.reports('2024-07-20T08:05Z', facts).state).toBe('RECOVERED');
  });

  it.each([8, -8, YEARS])('relapses when it crashes anew: %p h', (hours) => {
    const pc = repaired(hours, '2024-07-20T09:30Z').boots('2024-07-20T09:40Z');
    const again = wrongBy(hours, '2024-07-20T09:59Z').file(null).crash(stamped('2024-07-20T09:38Z', hours));
    expect(pc.reports('2024-07-20T09:59Z', again).state).toBe('RELAPSED');
  });

  it('is no loop for telling of one crash at slightly different distances', () => {
    const pc = aMachine().boots('2024-07-22T07:00Z');
    for (const [i, seconds] of [1, 4, 2, 3].entries()) {
      const when = new Date(at('2024-07-22T07:03Z') + i * minutes(2)).toISOString();
      const clock = at(when) + 3 * HOUR_MS - seconds * 1_000;
      pc.reports(when, aHeartbeat().sentAt(clock).crash(stamped('2024-07-22T06:55Z', 3)));
    }
    expect([pc.state, pc.machine.memory.hits?.previousMs]).toEqual(['STABILISING', null]);
  });
});
