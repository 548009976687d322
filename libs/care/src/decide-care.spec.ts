import { type MachineCare, type StoredCare } from '@app/storage';
import {
  aHeartbeat,
  aMachine,
  at,
  GOOD_FILE,
  theRules,
  type MachineStory,
} from '../../../test/support/fleet';
import type { CareAction } from './care-action';
import { decideCare, type CareDecision, type CareSurroundings } from './decide-care';

const NOW = at('2024-07-22T08:00Z');
const HOUR = 3_600_000;
const ANN = { id: 'person-1', name: 'Ann' };
const NOTHING: MachineCare = {
  ...{ role: null, assetTag: null, location: null, claim: null, reviewOn: null },
  ...{ attestedAtMs: null, successorId: null, movedTo: null },
};

const crashed = aHeartbeat().file(GOOD_FILE).crash('2024-07-19T04:31Z');
const down = (): MachineStory =>
  aMachine()
    .boots('2024-07-19T06:00Z')
    .reports('2024-07-19T06:05Z', crashed)
    .silentUntil('2024-07-22T07:00Z');
const recovered = (): MachineStory =>
  aMachine().boots('2024-07-19T07:00Z').reportsThrough('2024-07-19T07:05Z', '2024-07-19T08:05Z', crashed);

function stored(care: Partial<MachineCare> = {}, tags: readonly string[] = []): StoredCare {
  const key = { practiceId: 'P99001', machineId: '00000000-0000-4000-8000-000000000001' };
  return { key, version: 3, hostname: 'PC-1', enrolled: true, tags, care: { ...NOTHING, ...care } };
}

function decide(
  action: CareAction,
  before = stored(),
  story = down(),
  more: Partial<CareSurroundings> = {},
): ReturnType<typeof decideCare> {
  const surroundings = { actor: ANN, nowMs: NOW, rules: theRules(), successor: null, movedTo: null, ...more };
  return decideCare(before, story.machine, action, surroundings);
}

function change(decision: ReturnType<typeof decideCare>): CareDecision['change'] {
  if (typeof decision === 'string') throw new Error(`refused: ${decision}`);
  return decision.change;
}

describe('a claim', () => {
  const mine = { assigneeId: ANN.id, assignee: ANN.name, untilMs: NOW + HOUR };
  const bobs = { assigneeId: 'person-2', assignee: 'Bob', untilMs: NOW + 1 };
  const claim: CareAction = { kind: 'CLAIM', assignee: null, forMs: HOUR };

  it('lasts as long as was asked for, and is made longer by whoever has it', () => {
    expect(change(decide(claim)).after.claim).toEqual(mine);
    const renewed = decide({ ...claim, forMs: 2 * HOUR }, stored({ claim: mine }));
    expect(change(renewed).after.claim?.untilMs).toBe(NOW + 2 * HOUR);
  });

  it('keeps others out until its time has passed', () => {
    expect(decide(claim, stored({ claim: bobs }))).toBe('CLAIMED_BY_SOMEBODY_ELSE');
    expect(change(decide(claim, stored({ claim: { ...bobs, untilMs: NOW } }))).after.claim).toEqual(mine);
  });

  it('may be made for somebody who is named', () => {
    const named = change(decide({ ...claim, assignee: 'Cy' })).after.claim;
    expect(named).toEqual({ assigneeId: null, assignee: 'Cy', untilMs: NOW + HOUR });
    expect(decide({ ...claim, assignee: 'Dee' }, stored({ claim: named }))).toBe('CLAIMED_BY_SOMEBODY_ELSE');
    expect(decide(claim, stored({ claim: named }))).toBe('CLAIMED_BY_SOMEBODY_ELSE');
  });

  it('is given back by whoever has it, or by force', () => {
    const release = (force: boolean): CareAction => ({ kind: 'RELEASE', force });
    expect(change(decide(release(false), stored({ claim: mine }))).after.claim).toBeNull();
    expect(decide(release(false), stored({ claim: bobs }))).toBe('CLAIMED_BY_SOMEBODY_ELSE');
    expect(change(decide(release(true), stored({ claim: bobs }))).details).toEqual({ assignee: 'Bob' });
    expect(decide(release(false))).toBe('NOT_CLAIMED');
    expect(decide(release(true), stored({ claim: { ...bobs, untilMs: NOW } }))).toBe('NOT_CLAIMED');
  });
});

describe('tags and descriptions', () => {
  it('say what really changed', () => {
    const tagged = change(
      decide({ kind: 'TAG', add: ['a', 'b'], remove: ['c', 'd'] }, stored({}, ['b', 'c'])),
    );
    expect([tagged.tagsAdded, tagged.tagsRemoved]).toEqual([['a'], ['c']]);
    const described = change(
      decide({ kind: 'DESCRIBE', role: 'RECEPTION', assetTag: 'A1' }, stored({ assetTag: 'A1' })),
    );
    expect(described.details).toEqual({ role: { from: null, to: 'RECEPTION' } });
    expect(described.after).toEqual({ ...NOTHING, assetTag: 'A1', role: 'RECEPTION' });
  });

  it('are refused when nothing would change, and when it would be too much', () => {
    expect(decide({ kind: 'TAG', add: ['a'], remove: ['b'] }, stored({}, ['a']))).toBe('ALREADY_SO');
    expect(decide({ kind: 'DESCRIBE', location: null })).toBe('ALREADY_SO');
    const twenty = Array.from({ length: 20 }, (_, i) => `t${i}`);
    expect(decide({ kind: 'TAG', add: ['one more'], remove: [] }, stored({}, twenty))).toBe('TOO_MANY_TAGS');
    expect(
      change(decide({ kind: 'TAG', add: ['other'], remove: ['t3'] }, stored({}, twenty))).tagsAdded,
    ).toEqual(['other']);
  });
});

describe('a person’s word that it works', () => {
  it('is kept beside the state, which it does not change', () => {
    const decision = decide({ kind: 'ATTEST_RECOVERY', note: null });
    expect(change(decision).after.attestedAtMs).toBe(NOW);
    expect(decision).toMatchObject({ state: null });
    expect(decide({ kind: 'ATTEST_RECOVERY', note: null }, stored(), recovered())).toBe('NOT_IN_THIS_STATE');
  });

  it('can be taken back', () => {
    const withdraw: CareAction = { kind: 'WITHDRAW_ATTESTATION', note: 'wrong machine' };
    expect(change(decide(withdraw, stored({ attestedAtMs: NOW - HOUR }))).after.attestedAtMs).toBeNull();
    expect(decide(withdraw)).toBe('ALREADY_SO');
  });
});

describe('what the rules decide', () => {
  const dormant = (): MachineStory => down().isTold({ kind: 'SET_DORMANT' }, '2024-07-22T07:30Z');
  const setDormant: CareAction = { kind: 'SET_DORMANT', reason: 'on leave', reviewOn: '2024-08-12' };

  it('comes with the care event that tells who and why', () => {
    const decision = decide(
      setDormant,
      stored({ claim: { assigneeId: null, assignee: 'Bob', untilMs: NOW + 1 } }),
    );
    expect(change(decision)).toMatchObject({
      kind: 'SET_DORMANT',
      details: { reason: 'on leave', reviewOn: '2024-08-12', fromState: 'DOWN', toState: 'DORMANT' },
      after: { reviewOn: '2024-08-12', claim: null },
    });
    expect((decision as CareDecision).state?.transitions[0]?.evidence.careOrdinal).toBe(4);
  });

  it('a review may be put off without leaving the state', () => {
    const later = decide(setDormant, stored({ reviewOn: '2024-08-01' }), dormant());
    expect(change(later).after.reviewOn).toBe('2024-08-12');
    expect(later).toMatchObject({ state: null });
    expect(decide(setDormant, stored({ reviewOn: '2024-08-12' }), dormant())).toBe('ALREADY_SO');
  });

  it('refusals of the rules are those of the action', () => {
    expect(decide({ kind: 'REOPEN', reason: 'found' })).toBe('NOT_IN_THIS_STATE');
    expect(decide({ kind: 'SETTLE_IDENTITY', resolution: 'SAME_MACHINE', note: null })).toBe('ALREADY_SO');
    expect(decide({ kind: 'ATTEST_CRASH', seenAtMs: NOW + 1, note: null })).toBe('NOT_AT_THAT_TIME');
    expect(decide({ kind: 'CHECK_IN', note: null }, stored(), recovered())).toBe('NOT_IN_THIS_STATE');
  });

  it('a successor is another machine of the same practice, in use', () => {
    const successor = { practiceId: 'P99001', machineId: '00000000-0000-4000-8000-000000000002' };
    const replace: CareAction = { kind: 'REPLACE', successor, note: null };
    const known = { successor: { machine: recovered().machine } };
    expect(change(decide(replace, stored(), down(), known)).after.successorId).toBe(successor.machineId);
    expect(decide(replace)).toBe('UNKNOWN_SUCCESSOR');
    const retired = {
      successor: { machine: down().isTold({ kind: 'RETIRE' }, '2024-07-22T07:00Z').machine },
    };
    expect(decide(replace, stored(), down(), retired)).toBe('UNKNOWN_SUCCESSOR');
    const elsewhere: CareAction = { ...replace, successor: { ...successor, practiceId: 'P99002' } };
    expect(decide(elsewhere, stored(), down(), known)).toBe('UNKNOWN_SUCCESSOR');
    expect(decide({ ...replace, successor: stored().key }, stored(), down(), known)).toBe(
      'UNKNOWN_SUCCESSOR',
    );
  });

  it('a machine moves to another practice that is open', () => {
    const move: CareAction = { kind: 'MOVE', toPractice: 'P99002', note: null };
    const decision = decide(move, stored(), down(), { movedTo: 'P99002.x' });
    expect(decision).toMatchObject({ revokesCredentials: true, change: { after: { movedTo: 'P99002.x' } } });
    expect(decide(move)).toBe('UNKNOWN_PRACTICE');
    expect(decide({ ...move, toPractice: 'P99001' })).toBe('ALREADY_SO');
  });

  it('two machines with one identity lose their credentials, one machine keeps them', () => {
    const twins = aMachine()
      .boots('2024-07-22T06:00Z')
      .reports('2024-07-22T06:05Z')
      .boots('2024-07-22T07:00Z')
      .reports('2024-07-22T07:05Z')
      .continues('boot-1')
      .reports('2024-07-22T07:10Z');
    const settle = (resolution: 'SAME_MACHINE' | 'TWO_MACHINES'): ReturnType<typeof decideCare> =>
      decide({ kind: 'SETTLE_IDENTITY', resolution, note: null }, stored(), twins);
    expect(settle('SAME_MACHINE')).toMatchObject({
      revokesCredentials: false,
      change: { identitySettled: true },
    });
    expect(settle('TWO_MACHINES')).toMatchObject({
      revokesCredentials: true,
      change: { identitySettled: true },
    });
  });
});
