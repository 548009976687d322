import {
  aHeartbeat,
  aMachine,
  BAD_FILE,
  GOOD_FILE,
  OTHER_STOP_CODE,
  SENSOR_TOO_OLD,
  type MachineStory,
} from '../../../test/support/fleet';
import type { BootMode } from './heartbeat';

const good = aHeartbeat().file(GOOD_FILE);
const crashed = good.crash('2024-07-19T04:31Z');

/** Monday morning: booted at 06:00 after a crash in the window. */
const afterTheCrash = (mode: BootMode = 'NORMAL'): MachineStory =>
  aMachine().boots('2024-07-22T06:00Z', mode);
const latent = (): MachineStory =>
  aMachine().boots('2024-07-22T06:00Z').reports('2024-07-22T06:05Z', aHeartbeat().file(BAD_FILE));

describe('UNVERIFIED', () => {
  it('is entered by enrolment, and left with any evidence about the window', () => {
    expect(aMachine().state).toBe('UNVERIFIED');
    expect(aMachine().boots('2024-07-22T06:00Z').reports('2024-07-22T06:05Z').state).toBe('NOT_AFFECTED');
    expect(latent().path).toEqual(['LATENT']);
    expect(afterTheCrash().reports('2024-07-22T06:05Z', crashed).path).toEqual(['STABILISING']);
    expect(afterTheCrash('WINRE').reports('2024-07-22T06:05Z').path).toEqual(['IN_REPAIR']);
  });
});

describe('before the incident', () => {
  it('every machine is UNVERIFIED, one in safe mode too', () => {
    const heard = (observedAt: string): string =>
      aMachine().boots('2024-07-19T04:00Z', 'SAFE_MODE').reports(observedAt).state;
    expect([heard('2024-07-19T04:08:59.999Z'), heard('2024-07-19T04:09:00.000Z')]).toEqual([
      'UNVERIFIED',
      'IN_REPAIR',
    ]);
  });
});

describe('NOT_AFFECTED', () => {
  it.each([
    [
      'OUT_OF_SCOPE',
      aMachine().boots('2024-07-22T06:00Z').reports('2024-07-22T06:05Z', aHeartbeat().sensor(SENSOR_TOO_OLD)),
    ],
    ['NOT_EXPOSED', aMachine().boots('2024-07-22T06:00Z').reports('2024-07-22T06:05Z')],
    ['EXPOSED', aMachine().boots('2024-07-19T03:00Z').reports('2024-07-19T06:05Z')],
  ])('is a machine that is %s and booted normally; it needs no soak', (exposure, pc) => {
    expect([pc.exposure, pc.state]).toEqual([exposure, 'NOT_AFFECTED']);
  });

  it('is left by a crash hit', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z')
      .reports('2024-07-22T06:10Z', crashed);
    expect([pc.exposure, pc.path]).toEqual(['CRASHED', ['NOT_AFFECTED', 'STABILISING']]);
  });

  it('is left by a bad file', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z')
      .reports('2024-07-22T06:10Z', aHeartbeat().file(BAD_FILE));
    expect([pc.exposure, pc.path]).toEqual(['FAULTY_FILE', ['NOT_AFFECTED', 'LATENT']]);
  });

  it('is not left by two quick starts, by safe mode, by a soft crash or by a sensor that stopped', () => {
    const pc = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z')
      .boots('2024-07-22T06:10Z')
      .reports('2024-07-22T06:12Z');
    pc.boots('2024-07-22T06:15Z', 'SAFE_MODE_NETWORK').reports(
      '2024-07-22T06:17Z',
      aHeartbeat().sensorRunning(false),
    );
    pc.boots('2024-07-22T06:20Z').reports(
      '2024-07-22T06:22Z',
      aHeartbeat().crash('2024-07-22T06:19Z', OTHER_STOP_CODE),
    );
    expect(pc.path).toEqual(['NOT_AFFECTED']);
  });
});

describe('LATENT', () => {
  it('is a machine that holds a bad file, booted normally, and has not crashed', () => {
    const pc = latent();
    expect([pc.exposure, pc.state, pc.lastTransition.reason]).toEqual([
      'FAULTY_FILE',
      'LATENT',
      'HOLDS_BAD_FILE',
    ]);
    expect(
      pc.reportsThrough('2024-07-22T06:10Z', '2024-07-22T08:00Z', aHeartbeat().file(BAD_FILE)).path,
    ).toEqual(['LATENT']);
    expect(pc.reports('2024-07-22T08:05Z', aHeartbeat()).state).toBe('LATENT');
  });

  it.each([
    ['replaced by a good one', good],
    ['deleted', aHeartbeat().file(null)],
  ])('becomes STABILISING when the file is %s, then RECOVERED by the tests', (_, repaired) => {
    const pc = latent().reports('2024-07-22T06:10Z', repaired);
    expect(pc.state).toBe('STABILISING');
    pc.reportsThrough('2024-07-22T06:15Z', '2024-07-22T07:00Z', repaired);
    expect([pc.state, pc.since]).toEqual(['RECOVERED', '2024-07-22T07:00:00.000Z']);
  });

  it('passes through STABILISING also when the tests pass by the same report', () => {
    const pc = latent()
      .reportsThrough('2024-07-22T06:10Z', '2024-07-22T09:00Z', aHeartbeat().file(BAD_FILE))
      .reports('2024-07-22T09:05Z', good);
    expect(pc.path).toEqual(['LATENT', 'STABILISING', 'RECOVERED']);
  });

  it('is left by a crash, hit or soft, and by safe mode', () => {
    const hit = latent()
      .boots('2024-07-22T06:40Z')
      .reports('2024-07-22T06:41Z', aHeartbeat().file(BAD_FILE).crash('2024-07-22T06:38Z'));
    expect([hit.exposure, hit.state]).toEqual(['CRASHED', 'STABILISING']);
    const soft = latent()
      .boots('2024-07-22T06:40Z')
      .reports('2024-07-22T06:41Z', good.crash('2024-07-22T06:38Z', OTHER_STOP_CODE));
    expect([soft.exposure, soft.state]).toEqual(['CRASHED', 'STABILISING']);
    expect(
      latent().boots('2024-07-22T06:40Z', 'SAFE_MODE').reports('2024-07-22T06:41Z', aHeartbeat()).state,
    ).toBe('IN_REPAIR');
  });
});

describe('CRASH_LOOPING', () => {
  const startedAgain = (startedAt: string, observedAt: string): MachineStory =>
    afterTheCrash().reports('2024-07-22T06:01Z', crashed).boots(startedAt).reports(observedAt, crashed);

  it('is an affected machine with two session starts within 30 minutes', () => {
    expect(startedAgain('2024-07-22T06:30:00Z', '2024-07-22T06:31Z').state).toBe('CRASH_LOOPING');
    expect(startedAgain('2024-07-22T06:30:01Z', '2024-07-22T06:31Z').state).toBe('STABILISING');
  });

  it('is a machine with two crash hits in the 60 minutes before the report', () => {
    const hits = (first: string): MachineStory =>
      afterTheCrash().reports('2024-07-22T06:01Z', aHeartbeat().crash(first).crash('2024-07-22T05:58Z'));
    expect(hits('2024-07-22T05:01:00.000Z').state).toBe('CRASH_LOOPING');
    expect(hits('2024-07-22T05:00:59.999Z').state).toBe('STABILISING');
  });

  it('becomes STABILISING once the session is 15 minutes old', () => {
    const pc = startedAgain('2024-07-22T06:20Z', '2024-07-22T06:34:59.999Z');
    expect(pc.state).toBe('CRASH_LOOPING');
    expect(pc.reports('2024-07-22T06:35:00.000Z', good).state).toBe('STABILISING');
  });

  it('does not count a repair between as a start', () => {
    const pc = afterTheCrash()
      .reports('2024-07-22T06:01Z', crashed)
      .boots('2024-07-22T06:05Z', 'WINRE')
      .reports('2024-07-22T06:06Z');
    expect(pc.boots('2024-07-22T06:12Z').reports('2024-07-22T06:13Z', good).path).toEqual([
      'STABILISING',
      'IN_REPAIR',
      'STABILISING',
    ]);
  });
});

describe('IN_REPAIR', () => {
  it.each(['SAFE_MODE', 'SAFE_MODE_NETWORK', 'WINRE'] as const)(
    'is a machine of the groups unknown or unrecovered heard from %s',
    (mode) => {
      expect(aMachine().boots('2024-07-22T06:00Z', mode).reports('2024-07-22T06:05Z').state).toBe(
        'IN_REPAIR',
      );
      const pc = afterTheCrash()
        .reports('2024-07-22T06:05Z', crashed)
        .boots('2024-07-22T06:10Z', mode)
        .reports('2024-07-22T06:12Z');
      expect([pc.state, pc.lastTransition.reason]).toEqual(['IN_REPAIR', 'BOOTED_FOR_REPAIR']);
    },
  );

  it('is left by a normal heartbeat', () => {
    const repaired = afterTheCrash('WINRE').reports('2024-07-22T06:05Z', crashed).boots('2024-07-22T06:20Z');
    expect(repaired.reports('2024-07-22T06:21Z', good).state).toBe('STABILISING');
    const unharmed = aMachine()
      .boots('2024-07-22T06:00Z', 'WINRE')
      .reports('2024-07-22T06:05Z')
      .boots('2024-07-22T06:20Z');
    expect(unharmed.reports('2024-07-22T06:21Z', good).state).toBe('NOT_AFFECTED');
  });
});
