import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  between,
  GOOD_FILE,
  iso,
  SENSOR_TOO_OLD,
  theRules,
  type MachineStory,
} from '../../../test/support/fleet';
import type { Rules } from './exposure';

/** Up just before the window, in a session that nobody has heard of since. */
const lastHeard = (contact: string, rules: Rules = theRules()): MachineStory =>
  aMachine(rules).boots('2024-07-19T00:00Z').reports(contact);
/** A machine with a crash in the window that reports again on the Monday after. */
const crashedAndBack = (observedAt: string, rules: Rules = theRules()): MachineStory =>
  aMachine(rules).boots('2024-07-22T06:50Z').reports(observedAt, aHeartbeat().crash('2024-07-19T04:31Z'));
const dates = (pc: MachineStory): (string | null)[] => pc.transitions.map(({ atMs }) => iso(atMs));

describe('DOWN', () => {
  it('is an unverified, suspected machine silent for 60 minutes of opening hours, with the deadline as event time', () => {
    const pc = lastHeard('2024-07-19T04:05Z').silentUntil('2024-07-19T07:59:59.999Z');
    expect(pc.state).toBe('UNVERIFIED');
    pc.silentUntil('2024-07-19T11:30Z');
    expect([pc.state, pc.since, pc.lastTransition.reason]).toEqual([
      'DOWN',
      '2024-07-19T08:00:00.000Z',
      'SILENT_IN_OPENING_HOURS',
    ]);
  });

  it('is a looping machine silent for more than three intervals, at any time of day', () => {
    const pc = aMachine()
      .boots('2024-07-20T22:00Z')
      .reports('2024-07-20T22:02Z', aHeartbeat().crash('2024-07-19T04:31Z'));
    pc.boots('2024-07-20T22:06Z').reports('2024-07-20T22:08Z');
    expect(pc.state).toBe('CRASH_LOOPING');
    pc.silentUntil('2024-07-21T12:00Z');
    expect([pc.state, pc.since, pc.lastTransition.reason]).toEqual([
      'DOWN',
      '2024-07-20T22:23:00.000Z',
      'LOOP_FELL_SILENT',
    ]);
  });

  it.each([
    ['STABILISING', (): MachineStory => crashedAndBack('2024-07-22T07:30Z')],
    [
      'LATENT',
      (): MachineStory =>
        aMachine().boots('2024-07-22T06:50Z').reports('2024-07-22T07:30Z', aHeartbeat().file(BAD_FILE)),
    ],
    [
      'RELAPSED',
      (): MachineStory =>
        aMachine()
          .boots('2024-07-22T00:00Z')
          .reportsThrough(
            '2024-07-22T00:05Z',
            '2024-07-22T01:05Z',
            aHeartbeat().crash('2024-07-19T04:31Z').file(GOOD_FILE),
          )
          .boots('2024-07-22T07:00Z')
          .reports('2024-07-22T07:30Z', aHeartbeat().crash('2024-07-22T06:58Z')),
    ],
  ] as const)('is a machine that was %s and silent for 60 minutes of opening hours', (state, story) => {
    const pc = story();
    expect(pc.state).toBe(state);
    expect(pc.silentUntil('2024-07-22T08:29:59.999Z').state).toBe(state);
    expect(pc.silentUntil('2024-07-22T08:30Z').since).toBe('2024-07-22T08:30:00.000Z');
    expect(pc.state).toBe('DOWN');
  });

  it('is a machine in repair of which nothing was heard for four hours, at any time of day', () => {
    const pc = aMachine()
      .boots('2024-07-20T20:00Z', 'SAFE_MODE')
      .reports('2024-07-20T20:05Z')
      .silentUntil('2024-07-21T00:04:59Z');
    expect(pc.state).toBe('IN_REPAIR');
    pc.silentUntil('2024-07-21T12:00Z');
    expect([pc.state, pc.since, pc.lastTransition.reason]).toEqual([
      'DOWN',
      '2024-07-21T00:05:00.000Z',
      'REPAIR_ABANDONED',
    ]);
  });
});

describe('a machine that is DOWN', () => {
  it('is left by any heartbeat: normal, from safe mode, or of a machine of which nothing is known', () => {
    const down = (rules = theRules()): MachineStory =>
      crashedAndBack('2024-07-22T07:30Z', rules).silentUntil('2024-07-22T12:00Z');
    expect(down().boots('2024-07-22T13:00Z').reports('2024-07-22T13:05Z').state).toBe('STABILISING');
    expect(down().boots('2024-07-22T13:00Z', 'SAFE_MODE').reports('2024-07-22T13:05Z').state).toBe(
      'IN_REPAIR',
    );
    const blind = theRules(between('2024-07-19T04:00Z', '2024-07-19T06:00Z'));
    const unknown = aMachine(blind)
      .boots('2024-07-22T07:00Z', 'WINRE')
      .reports('2024-07-22T07:05Z')
      .silentUntil('2024-07-22T12:00Z');
    expect([unknown.exposure, unknown.state]).toEqual(['UNKNOWN', 'DOWN']);
    expect(unknown.boots('2024-07-22T13:00Z').reports('2024-07-22T13:05Z').state).toBe('UNVERIFIED');
  });

  it('is not moved by a spooled report from before it went silent, nor dated anew by more silence', () => {
    const pc = crashedAndBack('2024-07-22T07:30Z').silentUntil('2024-07-22T09:00Z');
    pc.reports('2024-07-22T07:35Z', aHeartbeat(), '2024-07-22T09:30Z').silentUntil('2024-07-23T12:00Z');
    expect([pc.lastOutcome, pc.state, pc.since]).toEqual(['STALE', 'DOWN', '2024-07-22T08:30:00.000Z']);
  });
});

describe('blindness', () => {
  it("counts for nobody's silence: deadlines move by as much as we could not hear", () => {
    const down = (...blindness: Rules['blindness']): string | null =>
      crashedAndBack('2024-07-22T07:30Z', theRules(...blindness)).silentUntil('2024-07-23T12:00Z').since;
    expect(down()).toBe('2024-07-22T08:30:00.000Z');
    expect(down(between('2024-07-22T08:00Z', '2024-07-22T10:00Z'))).toBe('2024-07-22T10:30:00.000Z');
    expect(down(between('2024-07-22T05:00Z', '2024-07-22T07:30Z'))).toBe('2024-07-22T08:30:00.000Z');
  });

  it('moves a deadline that was set before we went blind', () => {
    const pc = crashedAndBack('2024-07-22T07:30Z');
    expect(iso(pc.machine.dueAtMs)).toBe('2024-07-22T08:30:00.000Z');
    pc.learns(theRules(between('2024-07-22T08:00Z', '2024-07-22T10:00Z'))).silentUntil('2024-07-22T10:01Z');
    expect([pc.state, iso(pc.machine.dueAtMs)]).toEqual(['STABILISING', '2024-07-22T10:30:00.000Z']);
  });
});

describe('silence never', () => {
  it.each([
    [
      'a machine that nothing suspects: it only becomes stale',
      (): MachineStory => lastHeard('2024-07-19T03:30Z'),
    ],
    ['a machine that was enrolled and never heard of', (): MachineStory => aMachine()],
    [
      'a machine that is NOT_AFFECTED',
      (): MachineStory => aMachine().boots('2024-07-22T07:00Z').reports('2024-07-22T07:05Z'),
    ],
    [
      'a machine out of scope',
      (): MachineStory =>
        aMachine()
          .boots('2024-07-22T07:00Z')
          .reports('2024-07-22T07:05Z', aHeartbeat().sensor(SENSOR_TOO_OLD)),
    ],
    [
      'a machine that has RECOVERED',
      (): MachineStory =>
        aMachine()
          .boots('2024-07-22T06:00Z')
          .reportsThrough(
            '2024-07-22T06:05Z',
            '2024-07-22T07:05Z',
            aHeartbeat().crash('2024-07-19T04:31Z').file(GOOD_FILE),
          ),
    ],
    [
      'a machine whose suspicion was withdrawn by a late report',
      (): MachineStory =>
        lastHeard('2024-07-19T04:05Z')
          .silentUntil('2024-07-19T08:10Z')
          .boots('2024-07-19T08:30Z')
          .reports('2024-07-19T08:35Z')
          .continues('boot-1')
          .reports('2024-07-19T05:40Z', aHeartbeat(), '2024-07-19T08:40Z'),
    ],
  ] as const)('condemns %s', (_, story) => {
    const pc = story();
    const before = [pc.exposure, pc.state, pc.since];
    const concluded = pc.transitions.length;
    expect(pc.machine.dueAtMs).toBeNull();
    pc.silentUntil('2024-07-26T12:00Z').silentUntil('2025-07-19T12:00Z');
    expect([pc.exposure, pc.state, pc.since, pc.transitions.length]).toEqual([...before, concluded]);
  });
});

describe('deadlines behind each other', () => {
  it('are each dated by their own moment, however late somebody looks', () => {
    const pc = lastHeard('2024-07-19T04:05Z').silentUntil('2024-07-29T00:00Z');
    expect(dates(pc)).toEqual(['2024-07-19T05:27:00.000Z', '2024-07-19T08:00:00.000Z']);
    expect(pc.transitions.map(({ evidence }) => evidence.source)).toEqual(['SILENCE', 'SILENCE']);
  });

  it('never date the fall before the suspicion, also when the window lasts into opening hours', () => {
    const rules = theRules();
    const incident = {
      ...rules.incident,
      window: between('2024-07-22T08:00Z', '2024-07-22T12:00Z'),
      goodFromMs: at('2024-07-22T12:00Z'),
    };
    const pc = aMachine({ ...rules, incident })
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T08:30Z')
      .silentUntil('2024-07-23T00:00Z');
    expect([pc.state, dates(pc)]).toEqual(['DOWN', ['2024-07-22T12:00:00.000Z', '2024-07-22T12:00:00.000Z']]);
  });

  it('never lie before the enrolment: a spool may tell of an earlier time', () => {
    const pc = aMachine(theRules(), '2024-07-19T10:00Z').boots('2024-07-19T00:00Z');
    pc.reports('2024-07-19T04:05Z', aHeartbeat(), '2024-07-19T10:01Z').silentUntil('2024-07-19T10:30Z');
    expect([pc.exposure, new Set(dates(pc))]).toEqual(['SUSPECTED', new Set(['2024-07-19T10:00:00.000Z'])]);
  });
});
