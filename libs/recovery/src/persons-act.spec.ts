import { aHeartbeat, aMachine, at, BAD_FILE, GOOD_FILE, iso, theRules } from '../../../test/support/fleet';
import { decideArrival } from './persons-act';
import { enrolledMachine } from './machine';
import { failingTests } from './recovery-tests';

const RULES = theRules();
const crashed = aHeartbeat().file(GOOD_FILE).crash('2024-07-19T04:31Z');
const MONDAY = '2024-07-22T08:00Z';
const sawItCrash = (seenAt: string) => ({ kind: 'ATTEST_CRASH', seenAtMs: at(seenAt) }) as const;

/** Affected and silent since Friday morning. */
const down = () =>
  aMachine().boots('2024-07-19T06:00Z').reports('2024-07-19T06:05Z', crashed).silentUntil(MONDAY);
/** Up through the window, and unharmed by its own account. */
const unharmed = () =>
  aMachine().boots('2024-07-19T03:00Z').reportsThrough('2024-07-19T05:00Z', '2024-07-19T06:00Z');
const recovered = () =>
  aMachine().boots('2024-07-19T07:00Z').reportsThrough('2024-07-19T07:05Z', '2024-07-19T08:05Z', crashed);

describe('an engineer at the machine', () => {
  it('puts it into repair, and the repair counts as abandoned four hours later', () => {
    const pc = down().isTold({ kind: 'CHECK_IN' }, '2024-07-22T09:00Z');
    expect([pc.state, pc.lastTransition.reason, pc.since]).toEqual([
      'IN_REPAIR',
      'CHECKED_IN',
      '2024-07-22T09:00:00.000Z',
    ]);
    expect(iso(pc.machine.dueAtMs)).toBe('2024-07-22T13:00:00.000Z');
    pc.silentUntil('2024-07-22T14:00Z');
    expect([pc.state, pc.lastTransition.reason]).toEqual(['DOWN', 'REPAIR_ABANDONED']);
  });

  it('may say so again, and has four hours from then', () => {
    const pc = down()
      .isTold({ kind: 'CHECK_IN' }, '2024-07-22T09:00Z')
      .isTold({ kind: 'CHECK_IN' }, '2024-07-22T12:00Z');
    expect([pc.refused, iso(pc.machine.dueAtMs)]).toEqual([null, '2024-07-22T16:00:00.000Z']);
    expect(pc.transitions.filter(({ reason }) => reason === 'CHECKED_IN')).toHaveLength(1);
  });

  it('is believed of a machine that was never heard, too', () => {
    const pc = aMachine().isTold({ kind: 'CHECK_IN' }, '2024-07-22T09:00Z');
    expect(pc.state).toBe('IN_REPAIR');
    expect(pc.silentUntil('2024-07-22T13:00Z').state).toBe('DOWN');
  });

  it('has nothing to repair on a machine that has recovered or was never harmed', () => {
    for (const pc of [recovered(), unharmed()]) {
      expect(pc.isTold({ kind: 'CHECK_IN' }, MONDAY).refused).toBe('NOT_IN_THIS_STATE');
    }
  });

  it('is done when the machine boots normally again', () => {
    const pc = down().isTold({ kind: 'CHECK_IN' }, '2024-07-22T09:00Z');
    pc.boots('2024-07-22T09:20Z').reports('2024-07-22T09:25Z', crashed);
    expect(pc.state).toBe('STABILISING');
  });
});

describe('somebody who saw it crash', () => {
  it('makes a machine that was never heard affected, and an hour of opening time later it is down', () => {
    const pc = aMachine().isTold(sawItCrash('2024-07-22T08:00Z'), '2024-07-22T08:10Z');
    expect([pc.exposure, pc.state, pc.lastTransition.reason]).toEqual([
      'CRASHED',
      'UNVERIFIED',
      'ATTESTED_CRASH',
    ]);
    pc.silentUntil('2024-07-22T12:00Z');
    expect([pc.state, pc.since]).toEqual(['DOWN', '2024-07-22T09:00:00.000Z']);
  });

  it('is believed over a machine that says it was not harmed: it has to prove its recovery from then on', () => {
    const pc = unharmed().isTold(sawItCrash('2024-07-19T07:00Z'), '2024-07-19T07:10Z');
    expect([pc.exposure, pc.state]).toEqual(['CRASHED', 'STABILISING']);
    pc.reports('2024-07-19T08:30Z');
    expect(pc.state).toBe('STABILISING');
    expect(failingTests(pc.machine.memory, RULES)).toContain('NO_CRASH_SINCE_BOOT');
    pc.boots('2024-07-19T09:00Z').reportsThrough('2024-07-19T09:05Z', '2024-07-19T10:00Z', crashed);
    expect(pc.state).toBe('RECOVERED');
  });

  it('leaves a recovery alone that came after what was seen, and makes a later crash a relapse', () => {
    expect(recovered().isTold(sawItCrash('2024-07-19T06:30Z'), MONDAY).state).toBe('RECOVERED');
    expect(recovered().isTold(sawItCrash('2024-07-22T07:30Z'), MONDAY).state).toBe('RELAPSED');
  });

  it('sharpens the exposure of a silent machine, and does not wake it', () => {
    const pc = aMachine()
      .boots('2024-07-18T08:00Z')
      .reports('2024-07-19T04:30Z')
      .silentUntil(MONDAY)
      .isTold(sawItCrash('2024-07-19T08:00Z'), MONDAY);
    expect([pc.exposure, pc.state]).toEqual(['CRASHED', 'DOWN']);
  });

  it('outweighs a bad file that has not crashed', () => {
    const pc = aMachine()
      .boots('2024-07-19T03:00Z')
      .reports('2024-07-19T05:00Z', aHeartbeat().file(BAD_FILE))
      .isTold(sawItCrash('2024-07-19T05:10Z'), '2024-07-19T06:00Z');
    expect(pc.exposure).toBe('CRASHED');
  });

  it.each([
    ['2024-07-19T04:00Z', 'before the incident'],
    ['2024-07-22T08:01Z', 'after the moment of saying so'],
  ])('is refused a moment %s, which is %s', (seenAt) => {
    expect(down().isTold(sawItCrash(seenAt), MONDAY).refused).toBe('NOT_AT_THAT_TIME');
  });
});

describe('setting aside', () => {
  it('a dormant machine comes back with its first report, a retired one by a person only', () => {
    const dormant = down().isTold({ kind: 'SET_DORMANT' }, MONDAY);
    expect([dormant.state, dormant.machine.dueAtMs]).toEqual(['DORMANT', null]);
    dormant.boots('2024-07-24T08:00Z').reports('2024-07-24T08:05Z', crashed);
    expect(dormant.state).toBe('STABILISING');

    const retired = down().isTold({ kind: 'RETIRE' }, MONDAY);
    retired.boots('2024-07-24T08:00Z').reports('2024-07-24T08:05Z', crashed);
    expect(retired.state).toBe('RETIRED');
    expect(retired.isTold({ kind: 'REOPEN' }, '2024-07-24T09:00Z').state).toBe('UNVERIFIED');
    expect(retired.reports('2024-07-24T09:05Z', crashed).state).toBe('STABILISING');
  });

  it('is written down as what a person did, with the number of the care event and no word about the person', () => {
    expect(down().isTold({ kind: 'RETIRE' }, MONDAY).lastTransition).toMatchObject({
      fromState: 'DOWN',
      toState: 'RETIRED',
      reason: 'RETIRED_BY_PERSON',
      atMs: at(MONDAY),
      evidence: { source: 'PERSON', act: 'RETIRE', careOrdinal: 1 },
    });
  });

  it('a report from before it does not reopen a dormant machine', () => {
    const pc = down().isTold({ kind: 'SET_DORMANT' }, MONDAY);
    pc.boots('2024-07-21T08:00Z').reports('2024-07-21T08:05Z', crashed, '2024-07-22T09:00Z');
    expect([pc.state, pc.lastOutcome]).toEqual(['DORMANT', 'STALE']);
  });

  it('nothing that is so already is done again, and a replaced machine is out of everybody’s hands', () => {
    const retired = down().isTold({ kind: 'RETIRE' }, MONDAY);
    expect(retired.isTold({ kind: 'RETIRE' }, MONDAY).refused).toBe('ALREADY_SO');
    expect(retired.isTold({ kind: 'SET_DORMANT' }, MONDAY).refused).toBe('NOT_IN_THIS_STATE');
    const replaced = down().isTold({ kind: 'REPLACE', successor: 'machine-2' }, MONDAY);
    expect([replaced.state, replaced.lastTransition.evidence.successor]).toEqual(['REPLACED', 'machine-2']);
    for (const kind of ['RETIRE', 'SET_DORMANT', 'REOPEN', 'CHECK_IN'] as const) {
      expect(replaced.isTold({ kind }, MONDAY).refused).toBe('NOT_IN_THIS_STATE');
    }
    expect(down().isTold({ kind: 'REOPEN' }, MONDAY).refused).toBe('NOT_IN_THIS_STATE');
  });
});

describe('settling whose identity it is', () => {
  /** Two machines under one identity, both alive on Monday; the one that crashed has soaked. */
  const twins = () =>
    aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z', crashed)
      .boots('2024-07-22T07:00Z')
      .reports('2024-07-22T07:05Z', crashed)
      .continues('boot-1')
      .reports('2024-07-22T07:10Z', crashed);

  it('lets the one that goes on recover', () => {
    const pc = twins();
    expect(pc.machine.memory.conflictSinceMs).not.toBeNull();
    pc.isTold({ kind: 'SETTLE_IDENTITY' }, MONDAY);
    expect([pc.refused, pc.machine.memory.conflictSinceMs]).toEqual([null, null]);
    pc.continues('boot-2').reportsThrough('2024-07-22T08:05Z', '2024-07-22T08:20Z', crashed);
    expect(pc.state).toBe('RECOVERED');
    expect(pc.isTold({ kind: 'SETTLE_IDENTITY' }, '2024-07-22T09:00Z').refused).toBe('ALREADY_SO');
  });

  it('does not help while both go on: the conflict is raised again', () => {
    const pc = twins().isTold({ kind: 'SETTLE_IDENTITY' }, MONDAY);
    pc.continues('boot-2').reports('2024-07-22T08:05Z', crashed);
    expect(pc.machine.memory.conflictSinceMs).toBeNull();
    pc.continues('boot-1').reports('2024-07-22T08:06Z', crashed);
    expect(pc.machine.memory.conflictSinceMs).not.toBeNull();
  });

  it('is not undone by a report of the time before', () => {
    const pc = twins().isTold({ kind: 'SETTLE_IDENTITY' }, MONDAY);
    pc.continues('boot-1').reports('2024-07-22T07:59Z', crashed, '2024-07-22T08:02Z');
    expect(pc.machine.memory.conflictSinceMs).toBeNull();
  });
});

describe('a move to another practice', () => {
  const record = { atMs: at(MONDAY), careOrdinal: 1 };

  it.each([
    ['recovered', recovered, ['STABILISING', 'RECOVERED']],
    ['down', down, ['DOWN']],
    ['dormant', () => down().isTold({ kind: 'SET_DORMANT' }, MONDAY), ['DORMANT']],
    ['unharmed', unharmed, ['NOT_AFFECTED']],
    ['never heard', aMachine, []],
  ])('takes memory, exposure and state along by allowed moves: %s', (_name, make, path) => {
    const { machine } = make();
    const place = enrolledMachine(at('2024-07-22T07:00Z'));
    const arrival = decideArrival(place, machine, 'P99001.some-machine', record, RULES);
    expect(arrival.machine).toEqual(machine);
    expect(arrival.transitions.map(({ toState }) => toState)).toEqual(path);
    expect(arrival.transitions.every(({ reason }) => reason === 'MOVED_FROM_PRACTICE')).toBe(true);
  });

  it('leaves a retired record behind that points to the new one', () => {
    const pc = recovered().isTold({ kind: 'MOVE_AWAY', movedTo: 'P99002.other' }, MONDAY);
    expect([pc.state, pc.lastTransition.reason, pc.lastTransition.evidence.movedTo]).toEqual([
      'RETIRED',
      'MOVED_TO_PRACTICE',
      'P99002.other',
    ]);
    expect(pc.isTold({ kind: 'MOVE_AWAY', movedTo: 'P99003.other' }, MONDAY).refused).toBe(
      'NOT_IN_THIS_STATE',
    );
  });
});
