import {
  aHeartbeat,
  aMachine,
  BAD_FILE,
  GOOD_FILE,
  minutes,
  type HeartbeatBuilder,
  type MachineStory,
} from '../../../test/support/fleet';
import type { BootMode } from './heartbeat';

const good = aHeartbeat().file(GOOD_FILE);
const crashed = good.crash('2024-07-19T04:31Z');

/** Monday morning: booted at 06:00 after a crash in the window. */
const afterTheCrash = (mode: BootMode = 'NORMAL'): MachineStory =>
  aMachine().boots('2024-07-22T06:00Z', mode);
const recovered = (facts: HeartbeatBuilder = crashed): MachineStory =>
  afterTheCrash().reportsThrough('2024-07-22T06:05Z', '2024-07-22T07:00Z', facts);

describe('RECOVERED', () => {
  it('is an affected machine that passes all tests, dated by the report that shows it', () => {
    const pc = recovered();
    expect([pc.path, pc.since, pc.lastTransition.reason]).toEqual([
      ['STABILISING', 'RECOVERED'],
      '2024-07-22T07:00:00.000Z',
      'TESTS_PASSED',
    ]);
  });

  it('becomes RELAPSED by a crash after recovery, not by one before it that is told again', () => {
    const pc = recovered().boots('2024-07-22T09:02Z').reports('2024-07-22T09:03Z', crashed);
    expect(pc.state).toBe('RECOVERED');
    expect(pc.reports('2024-07-22T09:08Z', crashed.crash('2024-07-22T09:00Z')).state).toBe('RELAPSED');
  });

  it('becomes RELAPSED by a bad file, for the first time or again', () => {
    const held = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z', aHeartbeat().file(BAD_FILE));
    held.reportsThrough('2024-07-22T06:10Z', '2024-07-22T07:00Z', good);
    expect([held.state, held.reports('2024-07-22T07:05Z', aHeartbeat().file(BAD_FILE)).state]).toEqual([
      'RECOVERED',
      'RELAPSED',
    ]);
    expect(held.reports('2024-07-22T07:10Z', good).state).toBe('RECOVERED');
    expect(recovered().reports('2024-07-22T07:05Z', aHeartbeat().file(BAD_FILE)).state).toBe('RELAPSED');
  });

  it('becomes RELAPSED also when it had recovered from a mere suspicion', () => {
    const suspected = (): MachineStory =>
      aMachine()
        .boots('2024-07-19T00:00Z')
        .reports('2024-07-19T04:05Z')
        .boots('2024-07-22T06:00Z')
        .reportsThrough('2024-07-22T06:05Z', '2024-07-22T07:00Z', good);
    expect([suspected().exposure, suspected().state]).toEqual(['SUSPECTED', 'RECOVERED']);
    const crashedAgain = suspected()
      .boots('2024-07-22T09:02Z')
      .reports('2024-07-22T09:03Z', good.crash('2024-07-22T09:00Z'));
    expect([crashedAgain.exposure, crashedAgain.state]).toEqual(['CRASHED', 'RELAPSED']);
    const badFile = suspected().reports('2024-07-22T07:05Z', aHeartbeat().file(BAD_FILE));
    expect([badFile.exposure, badFile.state]).toEqual(['FAULTY_FILE', 'RELAPSED']);
  });

  it('is not left by a reboot, two quick reboots, or a report that passes no test', () => {
    const pc = recovered()
      .boots('2024-07-22T09:00Z')
      .reports('2024-07-22T09:01Z')
      .boots('2024-07-22T09:05Z')
      .reports('2024-07-22T09:06Z');
    expect(pc.state).toBe('RECOVERED');
  });
});

describe('RECOVERED_AT_RISK', () => {
  it.each([
    ['the sensor is not running', crashed.sensorRunning(false)],
    ['there is no sensor', crashed.sensor(null)],
    ['BitLocker is suspended', crashed.bitlocker('SUSPENDED')],
    ['the safe-boot flag is set', crashed.safeBootFlag(true)],
  ])('is a machine that passes the tests while %s, until that is closed', (_, facts) => {
    const pc = recovered(facts);
    expect([pc.state, pc.lastTransition.reason]).toEqual(['RECOVERED_AT_RISK', 'AFTER_CARE_OPEN']);
    expect(pc.reports('2024-07-22T07:05Z', crashed).path).toEqual([
      'STABILISING',
      'RECOVERED_AT_RISK',
      'RECOVERED',
    ]);
  });

  it('is a machine in safe mode after recovery, which is no relapse', () => {
    const pc = recovered().boots('2024-07-22T09:00Z', 'SAFE_MODE').reports('2024-07-22T09:01Z', aHeartbeat());
    expect(pc.state).toBe('RECOVERED_AT_RISK');
    expect(pc.boots('2024-07-22T09:10Z').reports('2024-07-22T09:11Z', aHeartbeat()).state).toBe('RECOVERED');
  });

  it('becomes RELAPSED by a crash as RECOVERED does', () => {
    const pc = recovered(crashed.bitlocker('SUSPENDED')).boots('2024-07-22T09:02Z');
    expect(pc.reports('2024-07-22T09:03Z', crashed.crash('2024-07-22T09:00Z')).state).toBe('RELAPSED');
  });
});

describe('RELAPSED', () => {
  const relapsed = (): MachineStory =>
    recovered().boots('2024-07-22T09:02Z').reports('2024-07-22T09:03Z', crashed.crash('2024-07-22T09:00Z'));

  it('becomes RECOVERED by the tests, of a session after the crash', () => {
    const pc = relapsed().reportsThrough('2024-07-22T09:08Z', '2024-07-22T09:58Z', crashed);
    expect(pc.state).toBe('RELAPSED');
    expect(
      pc.reports(new Date(Date.parse('2024-07-22T09:02Z') + minutes(60)).toISOString(), crashed).state,
    ).toBe('RECOVERED');
  });

  it('becomes CRASH_LOOPING by the next crash, and is RELAPSED again when the loop is over', () => {
    const pc = relapsed()
      .boots('2024-07-22T09:10Z')
      .reports('2024-07-22T09:11Z', crashed.crash('2024-07-22T09:08Z'));
    expect(pc.state).toBe('CRASH_LOOPING');
    expect(pc.reports('2024-07-22T09:26Z', crashed).state).toBe('RELAPSED');
  });

  it('becomes IN_REPAIR in safe mode', () => {
    expect(relapsed().boots('2024-07-22T09:20Z', 'SAFE_MODE').reports('2024-07-22T09:21Z').state).toBe(
      'IN_REPAIR',
    );
  });
});

describe('states that a person or a successor sets', () => {
  it('REPLACED counts the successor as the reason, and ends when the machine is heard again', () => {
    const pc = afterTheCrash()
      .reports('2024-07-22T06:05Z', crashed)
      .isReplaced('2024-07-22T07:00Z', 'machine-9');
    expect([pc.state, pc.since, pc.lastTransition.evidence]).toEqual([
      'REPLACED',
      '2024-07-22T07:00:00.000Z',
      { source: 'ENROLMENT', successor: 'machine-9' },
    ]);
    pc.silentUntil('2024-07-22T08:00Z').reports('2024-07-22T08:05Z', crashed);
    expect(pc.path).toEqual(['STABILISING', 'REPLACED', 'STABILISING']);
    expect(pc.lastTransition.reason).toBe('HEARD_AFTER_REPLACEMENT');
    pc.silentUntil('2024-07-29T00:00Z').isReplaced('2024-07-29T00:00Z');
    expect(pc.path.slice(3)).toEqual(['DOWN', 'REPLACED']);
  });

  it('REPLACED is left by a late report that is newer than all others, and not by an older one', () => {
    const pc = afterTheCrash()
      .reports('2024-07-22T06:05Z', crashed)
      .isReplaced('2024-07-22T09:00Z', 'machine-9');
    pc.reports('2024-07-22T06:01Z', crashed);
    expect(pc.state).toBe('REPLACED');
    pc.reports('2024-07-22T06:30Z', crashed);
    expect([pc.state, pc.since]).toEqual(['STABILISING', '2024-07-22T09:00:00.000Z']);
  });

  it('DORMANT is reopened by a heartbeat, not by silence', () => {
    const pc = afterTheCrash()
      .reports('2024-07-22T06:05Z', crashed)
      .isSetTo('DORMANT', '2024-07-22T07:00Z')
      .silentUntil('2024-07-29T00:00Z');
    expect(pc.state).toBe('DORMANT');
    expect(pc.boots('2024-07-29T07:00Z').reports('2024-07-29T07:01Z', crashed).state).toBe('STABILISING');
  });

  it('RETIRED is reopened by a person only', () => {
    const pc = afterTheCrash().reports('2024-07-22T06:05Z', crashed).isSetTo('RETIRED', '2024-07-22T07:00Z');
    expect(pc.boots('2024-07-29T07:00Z').reports('2024-07-29T07:01Z', crashed).state).toBe('RETIRED');
  });
});
