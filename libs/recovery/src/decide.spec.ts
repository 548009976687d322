import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  GOOD_FILE,
  iso,
  minutes,
  OLD_FILE,
  theRules,
  type MachineStory,
} from '../../../test/support/fleet';
import { countsAsRecovered } from './decide';

const good = aHeartbeat().file(GOOD_FILE);
const crashed = good.crash('2024-07-19T04:31Z');
const recovered = (): MachineStory =>
  aMachine().boots('2024-07-22T06:00Z').reportsThrough('2024-07-22T06:05Z', '2024-07-22T07:00Z', crashed);

describe('alive is not recovered', () => {
  it('any number of heartbeats from safe mode does not recover a machine', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z', 'SAFE_MODE_NETWORK')
      .reportsThrough('2024-07-22T06:05Z', '2024-07-22T12:00Z', crashed);
    expect([pc.state, pc.path]).toEqual(['IN_REPAIR', ['IN_REPAIR']]);
  });

  it('one heartbeat of a looping machine does not recover it, nor does one of each turn', () => {
    const pc = aMachine();
    for (const minute of ['00', '05', '10', '15', '20', '25', '30', '35']) {
      pc.boots(`2024-07-19T05:${minute}Z`).reports(
        `2024-07-19T05:${minute}:40Z`,
        crashed.crash(`2024-07-19T04:${minute}Z`),
      );
    }
    expect([pc.state, pc.path]).toEqual(['CRASH_LOOPING', ['STABILISING', 'CRASH_LOOPING']]);
  });

  it('uptime that is gathered over many boots does not recover a machine: it asks for one session', () => {
    const pc = aMachine();
    for (const hour of ['06', '07', '08', '09'])
      pc.boots(`2024-07-22T${hour}:00Z`).reportsThrough(
        `2024-07-22T${hour}:05Z`,
        `2024-07-22T${hour}:55Z`,
        crashed,
      );
    expect(pc.path).toEqual(['STABILISING']);
  });

  it('a spooled report from before the crash does not recover the machine', () => {
    const pc = aMachine()
      .boots('2024-07-22T05:00Z', 'NORMAL', 'before')
      .reports('2024-07-22T05:05Z', crashed)
      .reports('2024-07-22T05:10Z', crashed);
    pc.boots('2024-07-22T08:02Z')
      .reports('2024-07-22T08:03Z', crashed.crash('2024-07-22T08:00Z'))
      .continues('before');
    pc.reports('2024-07-22T07:55Z', good, '2024-07-22T08:05Z');
    expect([pc.lastOutcome, pc.state]).toEqual(['STALE', 'STABILISING']);
    expect(pc.continues('boot-2').reports('2024-07-22T08:10Z', good).path).not.toContain('RECOVERED');
  });

  it('a file from before the incident is not bad', () => {
    const pc = aMachine()
      .boots('2024-07-19T03:00Z')
      .reports('2024-07-19T06:00Z', aHeartbeat().file(OLD_FILE));
    expect([pc.exposure, pc.state]).toEqual(['EXPOSED', 'NOT_AFFECTED']);
  });
});

describe('a clone', () => {
  it('does not recover its twin by the report that shows the conflict', () => {
    const pc = aMachine()
      .boots('2024-07-22T08:00Z', 'NORMAL', 'clone')
      .reportsThrough('2024-07-22T08:01Z', '2024-07-22T08:51Z', good);
    pc.boots('2024-07-22T08:52Z', 'NORMAL', 'twin')
      .reports('2024-07-22T08:53Z', aHeartbeat().file(BAD_FILE))
      .continues('clone');
    pc.reportsThrough('2024-07-22T09:05Z', '2024-07-22T12:00Z', good);
    expect([pc.state, pc.path]).toEqual(['STABILISING', ['NOT_AFFECTED', 'LATENT', 'STABILISING']]);
  });

  it('does not recover its twin by a proof from before the crash of the twin was known', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z', 'NORMAL', 'clone')
      .reportsThrough('2024-07-22T06:05Z', '2024-07-22T07:30Z', good);
    pc.boots('2024-07-22T07:31Z', 'NORMAL', 'twin')
      .reports('2024-07-22T07:32Z', good)
      .continues('clone')
      .reports('2024-07-22T07:35Z', good);
    pc.continues('twin').reports('2024-07-22T07:37Z', crashed);
    expect([pc.exposure, pc.state, pc.path]).toEqual([
      'CRASHED',
      'STABILISING',
      ['NOT_AFFECTED', 'STABILISING'],
    ]);
  });

  it('does not un-recover a machine that had recovered before, but a crash of either does', () => {
    const pc = recovered()
      .boots('2024-07-22T07:01Z', 'NORMAL', 'clone')
      .reports('2024-07-22T07:06Z', good)
      .continues('boot-1')
      .reports('2024-07-22T07:10Z', good);
    expect([pc.machine.memory.conflictSinceMs, pc.state]).toEqual([at('2024-07-22T07:01Z'), 'RECOVERED']);
    pc.continues('clone').reports('2024-07-22T07:15Z', good.crash('2024-07-22T07:12Z'));
    expect(pc.state).toBe('RELAPSED');
  });
});

describe('the whole way of a machine', () => {
  it('latent, its file replaced, recovered, relapsed by a later crash, recovered again', () => {
    const pc = aMachine()
      .boots('2024-07-19T04:00Z')
      .reports('2024-07-19T04:20Z', aHeartbeat().file(OLD_FILE));
    pc.reports('2024-07-19T04:40Z', aHeartbeat().file(BAD_FILE)).reports('2024-07-19T05:35Z', good);
    expect(pc.path).toEqual(['LATENT', 'STABILISING', 'RECOVERED']);
    pc.boots('2024-07-19T10:02Z').reports('2024-07-19T10:03Z', good.crash('2024-07-19T10:00Z'));
    expect([pc.exposure, pc.state]).toEqual(['CRASHED', 'RELAPSED']);
    pc.reportsThrough('2024-07-19T10:08Z', '2024-07-19T11:08Z', good);
    expect(pc.path.slice(3)).toEqual(['RELAPSED', 'RECOVERED']);
    expect(countsAsRecovered(pc.exposure, pc.state)).toBe(true);
  });

  it('suspected, down, repaired, stabilising, recovered', () => {
    const pc = aMachine()
      .boots('2024-07-18T07:00Z')
      .reports('2024-07-19T04:20Z')
      .silentUntil('2024-07-19T12:00Z');
    pc.boots('2024-07-19T12:10Z', 'WINRE').reports('2024-07-19T12:15Z').boots('2024-07-19T12:30Z');
    pc.reportsThrough('2024-07-19T12:31Z', '2024-07-19T13:31Z', good).silentUntil('2024-07-26T12:00Z');
    expect([pc.exposure, pc.path]).toEqual(['SUSPECTED', ['DOWN', 'IN_REPAIR', 'STABILISING', 'RECOVERED']]);
  });
});

describe('a STALE heartbeat', () => {
  it('is one older than the newest: it may sharpen the exposure and moves neither state nor contact', () => {
    const pc = aMachine()
      .boots('2024-07-22T05:00Z')
      .reports('2024-07-22T06:00Z')
      .reports('2024-07-22T05:30Z', crashed, '2024-07-22T06:01Z');
    expect([pc.lastOutcome, pc.exposure, pc.state]).toEqual(['STALE', 'CRASHED', 'NOT_AFFECTED']);
    expect(iso(pc.machine.memory.heard?.atMs ?? null)).toBe('2024-07-22T06:00:00.000Z');
    expect(pc.lastTransition).toMatchObject({
      atMs: at('2024-07-22T05:30Z'),
      reason: 'CRASH_HIT',
      evidence: { stale: true },
    });
  });

  it('is also one from before the present state began, though nothing newer was heard', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T07:30Z', crashed)
      .silentUntil('2024-07-22T09:00Z');
    expect([pc.state, pc.since]).toEqual(['DOWN', '2024-07-22T08:30:00.000Z']);
    pc.reports('2024-07-22T08:29Z', good, '2024-07-22T09:05Z');
    expect([pc.lastOutcome, pc.state]).toEqual(['STALE', 'DOWN']);
    expect(pc.reports('2024-07-22T09:10Z', good).path).toEqual([
      'STABILISING',
      'DOWN',
      'STABILISING',
      'RECOVERED',
    ]);
  });

  it('is not one of the very moment at which the state began', () => {
    const pc = aMachine(theRules(), '2024-07-22T06:00Z').sends(crashed, '2024-07-22T06:00Z');
    expect([pc.lastOutcome, pc.state]).toEqual(['ACCEPTED', 'STABILISING']);
  });

  it('completes the session history: it may be what shows a loop', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:20Z', 'NORMAL', 'second')
      .reports('2024-07-22T06:21Z', crashed);
    pc.boots('2024-07-22T06:00Z', 'NORMAL', 'first').reports('2024-07-22T06:01Z', good, '2024-07-22T06:22Z');
    expect([pc.lastOutcome, pc.state]).toEqual(['STALE', 'STABILISING']);
    expect(pc.continues('second').reports('2024-07-22T06:26Z', good).state).toBe('CRASH_LOOPING');
  });

  it('of two reports at one instant is the one with the lower number', () => {
    const pc = aMachine()
      .sends(aHeartbeat().seq(2), '2024-07-22T06:00Z')
      .sends(aHeartbeat().seq(1), '2024-07-22T06:00Z');
    expect(pc.outcomes).toEqual(['ACCEPTED', 'STALE']);
  });
});

describe('a DUPLICATE heartbeat', () => {
  it('is the same boot session and number again: by a retry, or from the spool', () => {
    const pc = aMachine().sends(crashed.boot('boot-1', 1), '2024-07-22T06:05Z');
    const { machine } = pc;
    pc.sends(crashed.boot('boot-1', 1), '2024-07-22T06:05:30Z').sends(
      crashed.boot('boot-1', 1).aged(minutes(90)),
      '2024-07-22T07:35Z',
    );
    expect(pc.outcomes).toEqual(['ACCEPTED', 'DUPLICATE', 'DUPLICATE']);
    expect(pc.machine).toBe(machine);
  });

  it('is not the same number of another session, nor a number that was missed', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z')
      .boots('2024-07-22T07:00Z')
      .reports('2024-07-22T07:05Z');
    expect(pc.outcomes).toEqual(['ACCEPTED', 'ACCEPTED']);
    const gap = aMachine()
      .sends(aHeartbeat().seq(1), '2024-07-22T06:05Z')
      .sends(aHeartbeat().seq(3), '2024-07-22T06:15Z');
    expect(gap.sends(aHeartbeat().seq(2), '2024-07-22T06:10Z').outcomes).toEqual([
      'ACCEPTED',
      'ACCEPTED',
      'STALE',
    ]);
  });
});

describe('a transition', () => {
  it('stores from, to, reason, the evidence and the time of the event', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z', crashed, '2024-07-22T06:07Z');
    expect(pc.transitions).toEqual([
      {
        fromExposure: 'UNKNOWN',
        toExposure: 'CRASHED',
        fromState: 'UNVERIFIED',
        toState: 'STABILISING',
        reason: 'BOOTED_NORMALLY',
        atMs: at('2024-07-22T06:05Z'),
        evidence: {
          source: 'HEARTBEAT',
          bootId: 'boot-1',
          seq: 1,
          observedAt: '2024-07-22T06:05:00.000Z',
          uptimeSeconds: 300,
          bootMode: 'NORMAL',
          file: 'GOOD',
          lastCrashAt: '2024-07-19T04:31:00.000Z',
        },
      },
    ]);
  });

  it('is one of exposure alone when the state stays, and leaves the date of the state', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z', aHeartbeat().file(BAD_FILE))
      .boots('2024-07-22T06:40Z', 'WINRE');
    pc.reports('2024-07-22T06:41Z', aHeartbeat()).reports('2024-07-22T06:46Z', crashed);
    expect(pc.lastTransition).toMatchObject({
      fromExposure: 'FAULTY_FILE',
      toExposure: 'CRASHED',
      fromState: 'IN_REPAIR',
      toState: 'IN_REPAIR',
    });
    expect([pc.lastTransition.reason, pc.since]).toEqual(['CRASH_HIT', '2024-07-22T06:41:00.000Z']);
  });

  it('is made for each step where one report tells of several, each with its reason', () => {
    const reasons = (pc: MachineStory): string[] => pc.transitions.slice(-2).map(({ reason }) => reason);
    const back = aMachine()
      .boots('2024-07-22T05:00Z')
      .reports('2024-07-22T05:05Z', aHeartbeat().file(BAD_FILE));
    back.reports('2024-07-22T05:10Z', aHeartbeat().file(BAD_FILE)).reports('2024-07-22T08:00Z', good);
    expect(reasons(back)).toEqual(['BOOTED_NORMALLY', 'TESTS_PASSED']);
    const looping = recovered().boots('2024-07-22T09:12Z');
    looping.reports('2024-07-22T09:13Z', good.crash('2024-07-22T09:00Z').crash('2024-07-22T09:10Z'));
    expect(reasons(looping)).toEqual(['HARMED_AFTER_RECOVERY', 'TWO_STARTS_OR_CRASHES']);
    expect(looping.transitions.slice(-2).map(({ toExposure }) => toExposure)).toEqual(['CRASHED', 'CRASHED']);
  });

  it('is not made where nothing changes', () => {
    expect(
      recovered().reportsThrough('2024-07-22T07:05Z', '2024-07-22T09:00Z', good).transitions,
    ).toHaveLength(2);
  });
});
