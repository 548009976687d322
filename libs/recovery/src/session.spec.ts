import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  GOOD_FILE,
  minutes,
  OLD_FILE,
  type MachineStory,
} from '../../../test/support/fleet';

/** A machine that was up before the window under this boot id, and has been silent since 04:05. */
const upBefore = (bootId: string): MachineStory =>
  aMachine()
    .boots('2024-07-18T15:40Z', 'NORMAL', bootId)
    .reportsThrough('2024-07-18T15:45Z', '2024-07-19T04:05Z');

const report = (bootId: string, seq: number, uptimeMinutes: number): ReturnType<typeof aHeartbeat> =>
  aHeartbeat().boot(bootId, seq).uptime(minutes(uptimeMinutes)).file(GOOD_FILE);

describe('a session is a boot id and a start', () => {
  it('so a restored image that counts its boots again is heard, suspected, and recovers by its own soak', () => {
    const pc = upBefore('413');
    pc.sends(report('413', 1, 6), '2024-07-22T08:05Z');
    expect([pc.lastOutcome, pc.state, pc.exposure]).toEqual(['ACCEPTED', 'STABILISING', 'SUSPECTED']);
    pc.sends(report('413', 2, 26), '2024-07-22T08:25Z');
    pc.sends(report('413', 3, 46), '2024-07-22T08:45Z');
    expect(pc.state).toBe('STABILISING');
    pc.sends(report('413', 4, 66), '2024-07-22T09:05Z');
    expect([pc.lastOutcome, pc.state]).toEqual(['ACCEPTED', 'RECOVERED']);
    expect(pc.machine.memory.conflictSinceMs).toBeNull();
  });

  it('so two starts close together are a loop, also under one id', () => {
    const pc = upBefore('0');
    pc.sends(report('0', 1, 1), '2024-07-19T06:00Z');
    expect(pc.state).toBe('STABILISING');
    pc.sends(report('0', 1, 1), '2024-07-19T06:08Z');
    expect([pc.lastOutcome, pc.state]).toEqual(['ACCEPTED', 'CRASH_LOOPING']);
    pc.sends(report('0', 2, 16), '2024-07-19T06:23Z');
    expect(pc.state).toBe('STABILISING');
  });

  it.each([75, 90, 120, 240])(
    'so two starts %i s apart are a loop under one id, however quickly it turns',
    (apart) => {
      const pc = upBefore('0');
      const from = at('2024-07-19T06:00:10Z');
      pc.sends(report('0', 1, 1), new Date(from).toISOString());
      for (const turn of [1, 2, 3]) {
        const nextMs = from + turn * apart * 1_000;
        pc.sends(report('0', 1, 1 + turn / 10), new Date(nextMs).toISOString());
      }
      expect(pc.state).toBe('CRASH_LOOPING');
    },
  );

  it('so an agent that makes a new id when it is restarted has not booted the machine', () => {
    const pc = upBefore('a');
    pc.sends(report('b', 1, 2), '2024-07-19T06:00Z');
    pc.sends(report('c', 1, 7), '2024-07-19T06:05Z');
    expect([pc.state, pc.machine.memory.conflictSinceMs]).toEqual(['STABILISING', null]);
  });

  it('so two that turn out to be one, by a start in between, are one', () => {
    const pc = aMachine();
    const startsAt = (seconds: number, seq: number): void => {
      pc.sends(
        aHeartbeat()
          .boot('b', seq)
          .uptime(minutes(60) - seconds * 1_000),
        '2024-07-22T09:00Z',
      );
    };
    startsAt(0, 1);
    startsAt(110, 3);
    expect(pc.machine.memory.sessions).toHaveLength(2);
    startsAt(55, 2);
    expect(pc.machine.memory.sessions).toHaveLength(1);
    expect(pc.machine.memory.sessions[0]).toMatchObject({ highestSeq: 3, missingSeqs: [] });
  });

  it('of which a sleep that uptime does not count moves the start on, without a twin or a loop', () => {
    const pc = upBefore('b');
    pc.sends(report('b', 200, 1_000), '2024-07-19T08:20Z');
    pc.sends(report('b', 201, 1_005), '2024-07-19T08:45Z');
    pc.sends(report('b', 202, 1_010), '2024-07-19T08:50Z');
    expect([pc.lastOutcome, pc.machine.memory.conflictSinceMs]).toEqual(['ACCEPTED', null]);
  });
});

describe('a machine that slept through the window, and counts no uptime asleep', () => {
  /** Up since 08:00 on Thursday, last heard at 04:05 on Friday with this number. */
  const asleep = (seq: number): MachineStory =>
    aMachine().sends(report('b', seq, 1_205).file(OLD_FILE), '2024-07-19T04:05Z');

  it('was up in it: its numbers and its uptime go on', () => {
    const pc = asleep(240).sends(report('b', 241, 1_207), '2024-07-19T08:20Z');
    expect([pc.exposure, pc.state]).toEqual(['EXPOSED', 'NOT_AFFECTED']);
    const young = aMachine().sends(report('b', 3, 12).file(OLD_FILE), '2024-07-19T04:05Z');
    young.sends(report('b', 4, 14), '2024-07-19T08:20Z');
    expect([young.exposure, young.state]).toEqual(['EXPOSED', 'NOT_AFFECTED']);
  });

  it('is suspected where either begins again: that was a boot', () => {
    expect(asleep(240).sends(report('b', 1, 1_207), '2024-07-19T08:20Z').exposure).toBe('SUSPECTED');
    expect(asleep(240).sends(report('b', 241, 2), '2024-07-19T08:20Z').exposure).toBe('SUSPECTED');
    expect(asleep(240).sends(report('c', 241, 1_207), '2024-07-19T08:20Z').exposure).toBe('SUSPECTED');
  });
});

describe('an agent that is restarted begins its numbers again', () => {
  const restarted = (): MachineStory => {
    const pc = upBefore('b0');
    pc.sends(report('b1', 1, 1), '2024-07-19T06:00Z');
    pc.sends(report('b1', 2, 6), '2024-07-19T06:05Z');
    return pc.sends(report('b1', 3, 11), '2024-07-19T06:10Z');
  };

  it('and is taken at its word, above all where it tells of harm', () => {
    const pc = restarted().sends(report('b1', 1, 16).file(BAD_FILE), '2024-07-19T06:15Z');
    expect([pc.lastOutcome, pc.exposure, pc.state]).toEqual(['ACCEPTED', 'FAULTY_FILE', 'LATENT']);
    expect(pc.machine.memory.heard).toMatchObject({ seq: 1 });
    expect(pc.machine.memory.conflictSinceMs).toBeNull();
  });

  it('and the same report sent again stays a duplicate, also when it comes by a slower way', () => {
    const pc = restarted();
    const again = report('b1', 1, 16);
    pc.sends(again, '2024-07-19T06:15Z').sends(again, '2024-07-19T06:15Z').sends(again, '2024-07-19T06:17Z');
    pc.sends(again.aged(minutes(120)), '2024-07-19T08:15Z');
    expect(pc.outcomes.slice(-4)).toEqual(['ACCEPTED', 'DUPLICATE', 'DUPLICATE', 'DUPLICATE']);
  });

  it('and harm that comes late under a counted number counts', () => {
    const pc = restarted().sends(report('b1', 1, 16), '2024-07-19T06:15Z');
    pc.sends(report('b1', 2, 14).file(BAD_FILE).aged(minutes(20)), '2024-07-19T06:33Z');
    expect([pc.lastOutcome, pc.exposure]).toEqual(['STALE', 'FAULTY_FILE']);
  });
});
