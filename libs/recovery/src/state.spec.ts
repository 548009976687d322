import {
  aHeartbeat,
  aMachine,
  BAD_FILE,
  between,
  GOOD_FILE,
  theRules,
  type MachineStory,
} from '../../../test/support/fleet';
import {
  GROUP_OF_STATE,
  isMoveAllowed,
  MOVES,
  RECOVERY_STATES,
  routeBetween,
  type RecoveryState,
} from './state';

const crashed = aHeartbeat().file(GOOD_FILE).crash('2024-07-19T04:31Z');
const BLIND = theRules(between('2024-07-19T04:00Z', '2024-07-19T06:00Z'));

/** Stories whose last report, at 2024-07-22T12:00Z, says one state. */
type Said = Exclude<RecoveryState, 'DOWN' | 'REPLACED' | 'DORMANT' | 'RETIRED'>;
const SAYS: Record<Said, () => MachineStory> = {
  UNVERIFIED: () => aMachine(BLIND).boots('2024-07-22T11:55Z'),
  NOT_AFFECTED: () => aMachine().boots('2024-07-22T11:55Z'),
  LATENT: () =>
    aMachine().boots('2024-07-22T11:00Z').reports('2024-07-22T11:05Z', aHeartbeat().file(BAD_FILE)),
  CRASH_LOOPING: () =>
    aMachine().boots('2024-07-22T11:40Z').reports('2024-07-22T11:42Z', crashed).boots('2024-07-22T11:55Z'),
  IN_REPAIR: () => aMachine().boots('2024-07-22T11:55Z', 'SAFE_MODE'),
  STABILISING: () => aMachine().boots('2024-07-22T11:30Z').reports('2024-07-22T11:32Z', crashed),
  RECOVERED: () =>
    aMachine().boots('2024-07-22T10:00Z').reportsThrough('2024-07-22T10:05Z', '2024-07-22T11:05Z', crashed),
  RECOVERED_AT_RISK: () => SAYS.RECOVERED().boots('2024-07-22T11:30Z', 'SAFE_MODE'),
  RELAPSED: () =>
    SAYS.RECOVERED()
      .boots('2024-07-22T11:30Z')
      .reports('2024-07-22T11:32Z', crashed.crash('2024-07-22T11:28Z')),
};
const SAID = Object.keys(SAYS) as Said[];

/** A machine put into a state by hand just before the last report of a story. */
function fromStateHearing(from: RecoveryState, said: Said): readonly RecoveryState[] {
  const pc = SAYS[said]();
  const before = pc.path.length;
  return pc.isSetTo(from, '2024-07-22T11:59Z').reports('2024-07-22T12:00Z', aHeartbeat()).path.slice(before);
}

describe('a heartbeat that says a state', () => {
  it.each(SAID)('brings about %s from UNVERIFIED', (said) => {
    expect(fromStateHearing(said === 'UNVERIFIED' ? 'IN_REPAIR' : 'UNVERIFIED', said).slice(-1)).toEqual([
      said,
    ]);
  });

  it('moves from every state by the shortest allowed way, and not at all where there is none', () => {
    const pairs = RECOVERY_STATES.flatMap((from) => SAID.map((said) => [from, said] as const));
    const isPersons = (from: RecoveryState): boolean => from === 'RETIRED';
    const expected = pairs.map(([from, said]) => [
      from,
      said,
      isPersons(from) ? [] : (routeBetween(from, said) ?? []),
    ]);
    expect(pairs.map(([from, said]) => [from, said, fromStateHearing(from, said)])).toEqual(expected);
  });

  it('never moves directly between states that the table does not join', () => {
    const refused = RECOVERY_STATES.flatMap((from) => SAID.map((said) => [from, said] as const)).filter(
      ([from, said]) => !isMoveAllowed(from, said),
    );
    expect(refused.filter(([from, said]) => fromStateHearing(from, said)[0] === said)).toEqual([]);
  });
});

describe('the table of moves', () => {
  const movesTo = (to: RecoveryState): RecoveryState[] =>
    RECOVERY_STATES.filter((from) => isMoveAllowed(from, to));

  it('never leads from a state to itself', () => {
    expect(RECOVERY_STATES.filter((state) => isMoveAllowed(state, state))).toEqual([]);
  });

  it('reaches every state from UNVERIFIED', () => {
    const reached = new Set<RecoveryState>(['UNVERIFIED']);
    for (const state of reached) for (const next of MOVES[state]) reached.add(next);
    expect([...reached].sort()).toEqual([...RECOVERY_STATES].sort());
  });

  it('reaches DOWN from suspicion, instability and repair only: silence never un-recovers and never condemns', () => {
    expect(movesTo('DOWN')).toEqual([
      'UNVERIFIED',
      'LATENT',
      'CRASH_LOOPING',
      'IN_REPAIR',
      'STABILISING',
      'RELAPSED',
    ]);
  });

  it('reaches RECOVERED from STABILISING, RELAPSED and its own group only: alive is not recovered', () => {
    expect(movesTo('RECOVERED')).toEqual(['STABILISING', 'RECOVERED_AT_RISK', 'RELAPSED']);
    expect(movesTo('RECOVERED_AT_RISK')).toEqual(['STABILISING', 'RECOVERED', 'RELAPSED']);
  });

  it('leaves RECOVERED towards the unrecovered by RELAPSED only', () => {
    for (const state of ['RECOVERED', 'RECOVERED_AT_RISK'] as const) {
      expect(MOVES[state].filter((to) => GROUP_OF_STATE[to] === 'UNRECOVERED')).toEqual(['RELAPSED']);
    }
  });

  it('leaves REPLACED as evidence says, RETIRED only when a person reopens it', () => {
    expect(MOVES.REPLACED).toEqual(MOVES.DORMANT.filter((to) => to !== 'REPLACED' && to !== 'RETIRED'));
    expect(MOVES.RETIRED).toEqual(['UNVERIFIED']);
  });

  it('never forgets an affected machine: UNVERIFIED is reached only where nothing was concluded or a person reopens', () => {
    expect(movesTo('UNVERIFIED')).toEqual(['DOWN', 'IN_REPAIR', 'REPLACED', 'DORMANT', 'RETIRED']);
  });
});

describe('the groups', () => {
  it('are those of the state table', () => {
    const statesOf = (group: string): RecoveryState[] =>
      RECOVERY_STATES.filter((state) => GROUP_OF_STATE[state] === group);
    expect(statesOf('UNKNOWN')).toEqual(['UNVERIFIED']);
    expect(statesOf('FINE')).toEqual(['NOT_AFFECTED']);
    expect(statesOf('UNRECOVERED')).toEqual([
      'LATENT',
      'DOWN',
      'CRASH_LOOPING',
      'IN_REPAIR',
      'STABILISING',
      'RELAPSED',
    ]);
    expect(statesOf('RECOVERED')).toEqual(['RECOVERED', 'RECOVERED_AT_RISK', 'REPLACED']);
    expect(statesOf('EXEMPT')).toEqual(['DORMANT', 'RETIRED']);
  });
});

describe('the way between two states', () => {
  it('is empty when nothing changes and direct where that is allowed', () => {
    expect(routeBetween('DOWN', 'DOWN')).toEqual([]);
    expect(routeBetween('DOWN', 'STABILISING')).toEqual(['STABILISING']);
  });

  it('goes by STABILISING when one report brings a machine back and proves it well', () => {
    expect(routeBetween('DOWN', 'RECOVERED')).toEqual(['STABILISING', 'RECOVERED']);
  });

  it('goes by RELAPSED when one report tells of a crash and of what came after it', () => {
    expect(routeBetween('RECOVERED', 'CRASH_LOOPING')).toEqual(['RELAPSED', 'CRASH_LOOPING']);
    expect(routeBetween('RECOVERED', 'IN_REPAIR')).toEqual(['RELAPSED', 'IN_REPAIR']);
  });

  it('does not exist from RETIRED but to UNVERIFIED, nor back to UNVERIFIED', () => {
    expect(routeBetween('RETIRED', 'STABILISING')).toBeNull();
    expect(routeBetween('RECOVERED', 'UNVERIFIED')).toBeNull();
    expect(routeBetween('NOT_AFFECTED', 'UNVERIFIED')).toBeNull();
  });
});
