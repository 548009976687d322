import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  between,
  GOOD_FILE,
  iso,
  OLD_FILE,
  OTHER_STOP_CODE,
  SENSOR_TOO_OLD,
  theRules,
  THREAD_EXCEPTION,
  type HeartbeatBuilder,
  type MachineStory,
} from '../../../test/support/fleet';

/** Heard before the window, and again after it in a session that the window did not touch. */
const heardBefore = (observedAt: string): MachineStory =>
  aMachine().boots('2024-07-18T07:00Z').reports(observedAt);
const offDuringTheWindow = (): MachineStory => heardBefore('2024-07-18T17:00Z').boots('2024-07-19T07:00Z');

describe('UNKNOWN', () => {
  it('is a machine of which nothing is known about the window', () => {
    expect([aMachine().exposure, aMachine().state]).toEqual(['UNKNOWN', 'UNVERIFIED']);
  });

  it('stays with every machine before the incident, whose contacts are the baseline', () => {
    const pc = heardBefore('2024-07-18T09:00Z').reports('2024-07-19T04:05Z', aHeartbeat().file(OLD_FILE));
    expect([pc.exposure, pc.state, pc.transitions]).toEqual(['UNKNOWN', 'UNVERIFIED', []]);
    expect(iso(pc.machine.memory.beforeEnd?.atMs ?? null)).toBe('2024-07-19T04:05:00.000Z');
  });

  it('stays until the window has ended, unless a crash or a bad file is reported', () => {
    const up = (facts = aHeartbeat()): MachineStory =>
      aMachine().boots('2024-07-19T04:00Z').reports('2024-07-19T05:26:59.999Z', facts);
    expect(up().exposure).toBe('UNKNOWN');
    expect(up(aHeartbeat().sensor(null)).exposure).toBe('UNKNOWN');
    expect(up(aHeartbeat().file(BAD_FILE)).exposure).toBe('FAULTY_FILE');
    expect(up(aHeartbeat().crash('2024-07-19T04:31Z')).exposure).toBe('CRASHED');
  });

  it('stays with a machine heard long before the window and never again, however long it is silent', () => {
    expect(heardBefore('2024-07-19T03:30Z').silentUntil('2024-08-30T00:00Z').exposure).toBe('UNKNOWN');
  });
});

describe('OUT_OF_SCOPE', () => {
  it.each([
    ['no sensor', aHeartbeat().sensor(null)],
    ['a sensor older than the minimum', aHeartbeat().sensor(SENSOR_TOO_OLD)],
  ])(
    'is a machine with %s in the last report up to the end of the window, as soon as that has ended',
    (_, facts) => {
      const pc = aMachine()
        .boots('2024-07-18T07:00Z')
        .reports('2024-07-18T17:00Z', facts)
        .silentUntil('2024-07-19T05:26:59Z');
      expect(pc.exposure).toBe('UNKNOWN');
      pc.silentUntil('2024-07-19T09:00Z');
      expect([pc.exposure, pc.state, pc.since]).toEqual([
        'OUT_OF_SCOPE',
        'NOT_AFFECTED',
        '2024-07-19T05:27:00.000Z',
      ]);
    },
  );

  it('is judged by the first report after the window when there was none before', () => {
    const pc = aMachine().boots('2024-07-19T07:00Z').reports('2024-07-19T07:05Z', aHeartbeat().sensor(null));
    expect([pc.exposure, pc.reports('2024-07-19T07:10Z').exposure]).toEqual(['OUT_OF_SCOPE', 'OUT_OF_SCOPE']);
  });

  it('is not judged by a report after the window when there was one before, nor by an earlier one than the last', () => {
    const removedLater = offDuringTheWindow().reports('2024-07-19T07:05Z', aHeartbeat().sensor(null));
    expect(removedLater.exposure).toBe('NOT_EXPOSED');
    const installed = aMachine()
      .boots('2024-07-18T07:00Z')
      .reports('2024-07-18T16:00Z', aHeartbeat().sensor(null));
    expect(
      installed.reports('2024-07-18T17:00Z').boots('2024-07-19T07:00Z').reports('2024-07-19T07:05Z').exposure,
    ).toBe('NOT_EXPOSED');
  });

  it('is not a machine whose version was not collected', () => {
    expect(
      aMachine()
        .boots('2024-07-19T07:00Z')
        .reports('2024-07-19T07:05Z', aHeartbeat().without('sensorVersion')).exposure,
    ).toBe('NOT_EXPOSED');
  });

  it('is left when a crash hit or a bad file proves it wrong', () => {
    const pc = aMachine().boots('2024-07-19T07:00Z').reports('2024-07-19T07:05Z', aHeartbeat().sensor(null));
    expect(pc.reports('2024-07-19T07:10Z', aHeartbeat().file(BAD_FILE)).exposure).toBe('FAULTY_FILE');
    expect(pc.reports('2024-07-19T07:15Z', aHeartbeat().crash('2024-07-19T04:31Z')).exposure).toBe('CRASHED');
  });
});

describe('NOT_EXPOSED', () => {
  it('is a machine whose first session after the window began after it, without a crash hit', () => {
    const pc = offDuringTheWindow().reports('2024-07-19T07:05Z', aHeartbeat().file(GOOD_FILE));
    expect([pc.exposure, pc.state, pc.lastTransition.reason]).toEqual([
      'NOT_EXPOSED',
      'NOT_AFFECTED',
      'FIRST_SESSION_AFTER_WINDOW',
    ]);
  });

  it('is not a machine in contact within two intervals before the window', () => {
    const last = (contact: string): string =>
      heardBefore(contact).boots('2024-07-19T07:00Z').reports('2024-07-19T07:05Z').exposure;
    expect(last('2024-07-19T03:58:59.999Z')).toBe('NOT_EXPOSED');
    expect(last('2024-07-19T03:59:00.000Z')).toBe('SUSPECTED');
  });

  it('needs a session that began at or after the end of the window', () => {
    const began = (startedAt: string): string =>
      aMachine().boots(startedAt).reports('2024-07-19T07:05Z').exposure;
    expect([began('2024-07-19T05:27:00.000Z'), began('2024-07-19T05:26:59.999Z')]).toEqual([
      'NOT_EXPOSED',
      'EXPOSED',
    ]);
  });

  it('is not concluded from absence in a window in which we were blind', () => {
    const heardFirst = (blindUntil: string): MachineStory =>
      aMachine(theRules(between('2024-07-19T04:30Z', blindUntil)))
        .boots('2024-07-19T07:00Z')
        .reports('2024-07-19T07:05Z');
    expect([heardFirst('2024-07-19T04:35Z').exposure, heardFirst('2024-07-19T04:35:01Z').exposure]).toEqual([
      'NOT_EXPOSED',
      'UNKNOWN',
    ]);
    expect(heardFirst('2024-07-19T05:00Z').machine.dueAtMs).toBeNull();
  });

  it('needs a normal boot: a machine heard only in safe mode is being repaired for a reason', () => {
    const pc = aMachine().boots('2024-07-19T07:00Z', 'SAFE_MODE').reports('2024-07-19T07:05Z');
    expect([pc.exposure, pc.state]).toEqual(['UNKNOWN', 'IN_REPAIR']);
  });

  it('is sharpened by a bad file and by a crash hit', () => {
    const pc = offDuringTheWindow()
      .reports('2024-07-19T07:05Z')
      .reports('2024-07-19T07:10Z', aHeartbeat().file(BAD_FILE));
    expect(pc.exposure).toBe('FAULTY_FILE');
  });
});

describe('EXPOSED', () => {
  it('is a machine up at some time in the window, without a crash hit or a bad file', () => {
    const pc = aMachine()
      .boots('2024-07-19T03:00Z')
      .reports('2024-07-19T06:00Z', aHeartbeat().file(OLD_FILE));
    expect([pc.exposure, pc.state, pc.lastTransition.reason]).toEqual([
      'EXPOSED',
      'NOT_AFFECTED',
      'UP_IN_WINDOW_WITHOUT_HARM',
    ]);
  });

  it('needs a heartbeat observed at or after the end of the window', () => {
    const heard = (observedAt: string): string =>
      aMachine().boots('2024-07-19T03:00Z').reports(observedAt).exposure;
    expect([heard('2024-07-19T05:26:59.999Z'), heard('2024-07-19T05:27:00.000Z')]).toEqual([
      'UNKNOWN',
      'EXPOSED',
    ]);
  });

  it('includes a machine heard at the first moment of the window, whatever we could not hear after it', () => {
    const blind = theRules(between('2024-07-19T04:09:01Z', '2024-07-19T06:00Z'));
    const heard = (observedAt: string): string =>
      aMachine(blind)
        .boots('2024-07-19T03:00Z')
        .reports(observedAt)
        .boots('2024-07-19T06:01Z')
        .reports('2024-07-19T06:02Z').exposure;
    expect([heard('2024-07-19T04:09:00.000Z'), heard('2024-07-19T04:08:59.999Z')]).toEqual([
      'EXPOSED',
      'UNKNOWN',
    ]);
  });

  it('is not harmed by a pre-incident file or by a soft crash', () => {
    const pc = aMachine().boots('2024-07-19T03:00Z');
    pc.reports('2024-07-19T06:00Z', aHeartbeat().file(OLD_FILE).crash('2024-07-19T04:31Z', OTHER_STOP_CODE));
    expect(pc.exposure).toBe('EXPOSED');
  });

  it('is sharpened by a bad file, and by a crash hit', () => {
    const pc = aMachine().boots('2024-07-19T03:00Z').reports('2024-07-19T06:00Z');
    expect(pc.reports('2024-07-19T06:05Z', aHeartbeat().file(BAD_FILE)).exposure).toBe('FAULTY_FILE');
    expect(pc.reports('2024-07-19T06:10Z', aHeartbeat().crash('2024-07-19T06:08Z')).exposure).toBe('CRASHED');
  });
});

describe('FAULTY_FILE', () => {
  it('is a machine that held a bad file, and stays so when the file is replaced', () => {
    const pc = aMachine()
      .boots('2024-07-19T03:00Z')
      .reports('2024-07-19T04:40Z', aHeartbeat().file(BAD_FILE));
    expect([pc.exposure, pc.lastTransition.reason]).toEqual(['FAULTY_FILE', 'HOLDS_BAD_FILE']);
    expect(pc.reports('2024-07-19T06:00Z', aHeartbeat().file(GOOD_FILE)).exposure).toBe('FAULTY_FILE');
  });

  it('is not concluded from a file that proves nothing', () => {
    const skewed = aHeartbeat().file('2024-07-19T05:25Z').sentAt(at('2024-07-19T06:10Z'));
    expect(aMachine().boots('2024-07-19T03:00Z').reports('2024-07-19T06:00Z', skewed).exposure).toBe(
      'EXPOSED',
    );
  });
});

describe('CRASHED', () => {
  const report = (facts = aHeartbeat()): string =>
    aMachine().boots('2024-07-19T07:00Z').reports('2024-07-19T07:05Z', facts).exposure;

  it('is a machine with a crash hit', () => {
    expect(report(aHeartbeat().crash('2024-07-19T04:31Z'))).toBe('CRASHED');
    expect(report(aHeartbeat().crash('2024-07-19T04:31Z', THREAD_EXCEPTION))).toBe('CRASHED');
  });

  it('is a machine that held a bad file and has a soft crash since the start of the window, whichever is told first', () => {
    expect(report(aHeartbeat().file(BAD_FILE).crash('2024-07-19T04:31Z', OTHER_STOP_CODE))).toBe('CRASHED');
    const crashFirst = aMachine()
      .boots('2024-07-19T03:00Z')
      .reports('2024-07-19T06:00Z', aHeartbeat().crash('2024-07-19T04:31Z', OTHER_STOP_CODE));
    expect(crashFirst.reports('2024-07-19T06:05Z', aHeartbeat().file(BAD_FILE)).exposure).toBe('CRASHED');
  });

  it('is not a machine with a soft crash and no bad file, or with a soft crash from before the window', () => {
    expect(report(aHeartbeat().file(GOOD_FILE).crash('2024-07-19T04:31Z', OTHER_STOP_CODE))).toBe(
      'NOT_EXPOSED',
    );
    expect(report(aHeartbeat().file(BAD_FILE).crash('2024-07-19T04:08Z', OTHER_STOP_CODE))).toBe(
      'FAULTY_FILE',
    );
    expect(report(aHeartbeat().crash('2024-07-19T04:08:59.999Z'))).toBe('NOT_EXPOSED');
  });

  it('is told by a spooled report as well, which sharpens the exposure and moves nothing else', () => {
    const pc = offDuringTheWindow().reports('2024-07-19T07:05Z').continues('boot-1');
    pc.reports('2024-07-18T18:00Z', aHeartbeat().crash('2024-07-19T04:31Z'), '2024-07-19T08:00Z');
    expect([pc.exposure, pc.state, pc.lastOutcome]).toEqual(['CRASHED', 'NOT_AFFECTED', 'STALE']);
  });
});

describe('after the end of harm', () => {
  const SEPTEMBER_FILE = '2024-09-19T05:29:11Z';
  const crashed = (when: string): HeartbeatBuilder => aHeartbeat().file(GOOD_FILE).crash(when);

  it('an everyday crash makes nobody affected', () => {
    const pc = aMachine()
      .boots('2024-07-20T08:00Z')
      .reports('2024-07-20T09:00Z', aHeartbeat().file(GOOD_FILE));
    expect(pc.state).toBe('NOT_AFFECTED');
    pc.boots('2024-09-20T08:59Z').reports(
      '2024-09-20T09:00Z',
      crashed('2024-09-20T08:58:11Z').file(SEPTEMBER_FILE),
    );
    expect([pc.exposure, pc.state]).toEqual(['NOT_EXPOSED', 'NOT_AFFECTED']);
    pc.boots('2024-09-20T09:10Z').reports('2024-09-20T09:11Z', crashed('2024-09-20T09:09:11Z'));
    expect([pc.exposure, pc.state]).toEqual(['NOT_EXPOSED', 'NOT_AFFECTED']);
  });

  it('is the last moment before which any such crash counts', () => {
    const crashing = (when: string): string =>
      aMachine().boots('2024-08-20T08:00Z').reports('2024-08-20T08:05Z', crashed(when)).exposure;
    expect(crashing('2024-08-16T05:26:59.999Z')).toBe('CRASHED');
    expect(crashing('2024-08-16T05:27:00.000Z')).toBe('NOT_EXPOSED');
  });

  it('an everyday crash of a machine that recovered in July is no relapse', () => {
    const pc = aMachine().boots('2024-07-19T06:00Z');
    pc.reportsThrough('2024-07-19T06:05Z', '2024-07-19T07:10Z', crashed('2024-07-19T05:58Z'));
    expect(pc.state).toBe('RECOVERED');
    pc.boots('2024-09-20T08:59Z').reports('2024-09-20T09:00Z', crashed('2024-09-20T08:58Z'));
    expect([pc.exposure, pc.state]).toEqual(['CRASHED', 'RECOVERED']);
  });

  it('a crash within days of harm that is known counts: a bad file, a return from suspicion, an earlier such crash', () => {
    const bad = aMachine()
      .boots('2024-09-10T08:00Z')
      .reports('2024-09-10T08:05Z', aHeartbeat().file(BAD_FILE));
    bad.boots('2024-09-11T08:00Z').reports('2024-09-11T08:05Z', crashed('2024-09-11T07:58Z'));
    expect(bad.exposure).toBe('CRASHED');
    bad.boots('2024-09-17T08:00Z').reports('2024-09-17T08:05Z', crashed('2024-09-17T07:58Z'));
    expect(bad.machine.memory.hits?.lastMs).toBe(at('2024-09-17T07:58Z'));

    const back = aMachine()
      .boots('2024-07-18T08:00Z')
      .reports('2024-07-19T04:05Z')
      .boots('2024-09-10T08:00Z');
    back.reportsThrough('2024-09-10T08:05Z', '2024-09-10T09:10Z', aHeartbeat().file(GOOD_FILE));
    expect([back.exposure, back.state]).toEqual(['SUSPECTED', 'RECOVERED']);
    back.boots('2024-09-11T08:00Z').reports('2024-09-11T08:05Z', crashed('2024-09-11T07:58Z'));
    expect([back.exposure, back.state]).toEqual(['CRASHED', 'RELAPSED']);
  });
});

describe('a second incident', () => {
  it('needs no change of code', () => {
    const rules = theRules();
    const incident = {
      ...rules.incident,
      window: between('2025-03-03T12:00Z', '2025-03-04T12:00Z'),
      goodFromMs: at('2025-03-04T12:00Z'),
      harmUntilMs: at('2025-04-01T00:00Z'),
      stopCodes: [0xd1],
    };
    const pc = aMachine({ ...rules, incident }, '2025-01-01T00:00Z').boots('2025-03-03T08:00Z');
    pc.reports('2025-03-03T13:00Z', aHeartbeat().crash('2025-03-03T12:30Z'));
    expect(pc.exposure).toBe('UNKNOWN');
    pc.reports('2025-03-03T13:05Z', aHeartbeat().file('2025-03-03T12:10Z'));
    expect(pc.exposure).toBe('CRASHED');
    expect(pc.reports('2025-03-03T13:10Z', aHeartbeat().crash('2025-03-03T13:08Z', 0xd1)).exposure).toBe(
      'CRASHED',
    );
  });
});
