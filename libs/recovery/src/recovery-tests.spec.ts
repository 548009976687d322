import {
  aHeartbeat,
  aMachine,
  BAD_FILE,
  GOOD_FILE,
  OLD_FILE,
  OTHER_STOP_CODE,
  theRules,
  type HeartbeatBuilder,
  type MachineStory,
} from '../../../test/support/fleet';
import type { BootMode } from './heartbeat';
import { failingTests, RECOVERY_TESTS, type RecoveryTest } from './recovery-tests';

const crashed = aHeartbeat().file(GOOD_FILE).crash('2024-07-19T04:31Z');
const failing = (pc: MachineStory): RecoveryTest[] => failingTests(pc.machine.memory, theRules());

/** An affected machine whose fourth report of a session, two hours old, passes every test but for what is changed. */
function fourthReport(
  facts: HeartbeatBuilder,
  mode: BootMode = 'NORMAL',
  startedAt = '2024-07-22T06:00Z',
): MachineStory {
  const pc = aMachine().boots('2024-07-22T05:00Z').reports('2024-07-22T05:01Z', crashed);
  pc.boots(startedAt, mode);
  for (const observedAt of [
    '2024-07-22T07:45Z',
    '2024-07-22T07:50Z',
    '2024-07-22T07:55Z',
    '2024-07-22T08:00Z',
  ])
    pc.reports(observedAt, facts);
  return pc;
}

describe('the tests of recovery', () => {
  it('are passed together by an affected machine that is well', () => {
    const pc = fourthReport(crashed);
    expect([pc.state, failing(pc)]).toEqual(['RECOVERED', []]);
  });

  it.each<[RecoveryTest, MachineStory]>([
    ['UPTIME_60_MIN', fourthReport(crashed, 'NORMAL', '2024-07-22T07:00:01Z')],
    ['NORMAL_BOOT', fourthReport(crashed, 'SAFE_MODE')],
    ['FILE_HARMLESS', fourthReport(crashed.file(BAD_FILE))],
    ['FILE_HARMLESS', fourthReport(crashed.file(null).sensorRunning(false))],
    ['FILE_HARMLESS', fourthReport(crashed.file(null).without('sensorRunning'))],
    ['FILE_HARMLESS', fourthReport(crashed.without('channelFileWrittenAtMs'))],
    ['NO_CRASH_SINCE_BOOT', fourthReport(crashed.crash('2024-07-22T06:30Z'))],
  ])('are not passed while %s alone fails, and it is said', (test, pc) => {
    expect(failing(pc)).toEqual([test]);
    expect(pc.path).not.toContain('RECOVERED');
    expect(pc.path).not.toContain('RECOVERED_AT_RISK');
    expect(pc.path).not.toContain('RELAPSED');
  });

  it('ask for 60 minutes of uptime to the second', () => {
    const exact = fourthReport(crashed, 'NORMAL', '2024-07-22T07:00:00Z');
    expect([exact.state, failing(exact)]).toEqual(['RECOVERED', []]);
    expect(fourthReport(crashed, 'NORMAL', '2024-07-22T07:00:01Z').state).toBe('STABILISING');
  });

  it('ask for three heartbeats of the session, as seq counts them', () => {
    const pc = aMachine()
      .boots('2024-07-22T05:00Z')
      .reports('2024-07-22T05:01Z', crashed)
      .boots('2024-07-22T06:00Z');
    pc.reports('2024-07-22T07:05Z', crashed).reports('2024-07-22T07:10Z', crashed);
    expect([pc.state, failing(pc)]).toEqual(['STABILISING', ['THREE_HEARTBEATS']]);
    pc.reports('2024-07-22T07:15Z', crashed);
    expect([pc.state, failing(pc)]).toEqual(['RECOVERED', []]);
  });

  it.each([
    ['good', crashed],
    ['older than the incident', crashed.file(OLD_FILE)],
    ['absent with the sensor running', crashed.file(null).sensorRunning(true)],
  ])('take a file that is %s for harmless', (_, facts) => {
    expect(fourthReport(facts).state).toBe('RECOVERED');
  });
});

describe('a crash and the session it belongs to', () => {
  const session = (crashedAt: string): MachineStory =>
    aMachine()
      .boots('2024-07-22T06:00Z')
      .reportsThrough(
        '2024-07-22T06:05Z',
        '2024-07-22T07:05Z',
        aHeartbeat().file(GOOD_FILE).crash(crashedAt),
      );

  it('ended the session before when it is logged at the boot after it: up to two minutes into the session', () => {
    expect([session('2024-07-22T05:59Z').state, failing(session('2024-07-22T05:59Z'))]).toEqual([
      'RECOVERED',
      [],
    ]);
    expect([session('2024-07-22T06:02:00.000Z').state, failing(session('2024-07-22T06:02:00.000Z'))]).toEqual(
      ['RECOVERED', []],
    );
    const later = session('2024-07-22T06:02:00.001Z');
    expect([later.state, failing(later)]).toEqual(['STABILISING', ['NO_CRASH_SINCE_BOOT']]);
  });

  it.each(['2024-07-22T05:59Z', '2024-07-22T06:02Z'])(
    'is what the machine had recovered from, at %s, when it relapses',
    (crashedAt) => {
      const pc = session(crashedAt)
        .boots('2024-07-22T09:02Z')
        .reports('2024-07-22T09:03Z', aHeartbeat().file(GOOD_FILE).crash('2024-07-22T09:00Z'));
      expect(pc.state).toBe('RELAPSED');
    },
  );

  it('is one of the incident’s: any other crash is no relapse, also where a bad file was held', () => {
    const soft = crashed.without('crashes').with({ crashes: [] }).crash('2024-07-22T09:00Z', OTHER_STOP_CODE);
    const held = aMachine()
      .boots('2024-07-22T05:00Z')
      .reports('2024-07-22T05:05Z', aHeartbeat().file(BAD_FILE));
    held
      .reportsThrough('2024-07-22T05:10Z', '2024-07-22T06:05Z', aHeartbeat().file(GOOD_FILE))
      .boots('2024-07-22T09:02Z');
    expect([held.exposure, held.state]).toEqual(['FAULTY_FILE', 'RECOVERED']);
    held.reports('2024-07-22T09:03Z', soft);
    // That it crashed at all is taken for the harm that the bad file did; it is not that it did harm again.
    expect([held.exposure, held.state]).toEqual(['CRASHED', 'RECOVERED']);
    const neverHeld = session('2024-07-22T05:59Z')
      .boots('2024-07-22T09:02Z')
      .reports('2024-07-22T09:03Z', soft);
    expect(neverHeld.state).toBe('RECOVERED');
  });

  it('fails the test alone: a soft crash in the session of the proof is let be', () => {
    const both = aHeartbeat().file(GOOD_FILE).crash('2024-07-22T04:00Z');
    const pc = aMachine()
      .boots('2024-07-22T05:00Z')
      .reports('2024-07-22T05:05Z', both.file(BAD_FILE))
      .boots('2024-07-22T06:00Z');
    pc.reportsThrough(
      '2024-07-22T06:05Z',
      '2024-07-22T07:05Z',
      both.crash('2024-07-22T06:30Z', OTHER_STOP_CODE),
    );
    expect([failing(pc), pc.state]).toEqual([[], 'RECOVERED']);
  });
});

describe('a proof from before the harm', () => {
  const provedBefore = (): MachineStory =>
    aMachine()
      .boots('2024-07-18T20:00Z')
      .reportsThrough('2024-07-19T03:00Z', '2024-07-19T04:05Z', aHeartbeat().file(OLD_FILE));

  it('does not recover a suspected machine', () => {
    const pc = provedBefore()
      .silentUntil('2024-07-19T08:00Z')
      .boots('2024-07-19T08:10Z')
      .reports('2024-07-19T08:11Z');
    expect([pc.machine.memory.proof !== null, pc.exposure, pc.state]).toEqual([
      true,
      'SUSPECTED',
      'STABILISING',
    ]);
  });

  it('does not recover a machine that crashed or holds a bad file, nor make that a relapse', () => {
    expect(provedBefore().boots('2024-07-19T08:10Z').reports('2024-07-19T08:11Z', crashed).state).toBe(
      'STABILISING',
    );
    expect(provedBefore().reports('2024-07-19T04:40Z', aHeartbeat().file(BAD_FILE)).state).toBe('LATENT');
  });

  it('does not make the first harm of a machine a relapse', () => {
    const pc = aMachine().boots('2024-07-18T07:00Z').reports('2024-07-18T17:00Z').boots('2024-07-22T06:00Z');
    pc.reportsThrough('2024-07-22T06:05Z', '2024-07-22T07:05Z', aHeartbeat().file(GOOD_FILE)).boots(
      '2024-07-22T09:02Z',
    );
    pc.reports('2024-07-22T09:03Z', aHeartbeat().file(GOOD_FILE).crash('2024-07-22T09:00Z'));
    expect(pc.path).toEqual(['NOT_AFFECTED', 'STABILISING']);
  });

  it('does not survive a spooled report that the file was bad after it', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reportsThrough('2024-07-22T06:05Z', '2024-07-22T07:00Z', crashed);
    pc.reports('2024-07-22T07:30Z').reports(
      '2024-07-22T07:10Z',
      aHeartbeat().file(BAD_FILE),
      '2024-07-22T07:31Z',
    );
    expect([pc.state, pc.reports('2024-07-22T07:35Z').state]).toEqual(['RECOVERED', 'RELAPSED']);
  });
});

describe('the tests that fail', () => {
  it('hold an identity conflict against the machine', () => {
    const pc = aMachine()
      .boots('2024-07-22T04:00Z')
      .reports('2024-07-22T06:00Z', crashed.file(BAD_FILE))
      .boots('2024-07-22T06:10Z');
    pc.reports('2024-07-22T06:15Z', crashed)
      .continues('boot-1')
      .reports('2024-07-22T06:20Z', crashed.file(BAD_FILE))
      .continues('boot-2');
    pc.reportsThrough('2024-07-22T06:25Z', '2024-07-22T08:00Z', crashed);
    expect([pc.state, failing(pc)]).toEqual(['STABILISING', ['NO_IDENTITY_CONFLICT']]);
  });

  it('fail, all that ask for evidence, before anything was heard', () => {
    expect(failing(aMachine())).toEqual([
      'UPTIME_60_MIN',
      'THREE_HEARTBEATS',
      'NORMAL_BOOT',
      'FILE_HARMLESS',
    ]);
  });

  it('never leave the question "why is this machine not recovered?" without an answer', () => {
    const pc = aMachine().boots('2024-07-22T06:00Z').reports('2024-07-22T06:05Z', crashed);
    pc.reportsThrough('2024-07-22T06:10Z', '2024-07-22T07:30Z', aHeartbeat());
    expect([pc.state, failing(pc)]).toEqual(['STABILISING', ['FILE_HARMLESS']]);
  });

  it('are named once each', () => {
    expect(new Set(RECOVERY_TESTS).size).toBe(6);
  });
});
