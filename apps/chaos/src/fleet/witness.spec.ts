import { decideHeartbeat, enrolledMachine, proveHeartbeat, type Heartbeat } from '@app/recovery';
import { at, aHeartbeat, BAD_FILE, GOOD_FILE, minutes, theRules } from '../../../../test/support/fleet';
import { Witness, type Happening } from './witness';

const MONDAY = at('2024-07-22T09:00Z');

function heard(heartbeat: Heartbeat, outcome: 'ACCEPTED' | 'DUPLICATE' | null, ...atMs: number[]): Happening {
  return { heartbeat, receivedAtMs: atMs, outcome };
}

const crashed = aHeartbeat().crash('2024-07-19T04:31Z').file(GOOD_FILE).uptime(minutes(10)).build();

describe('the account of a machine', () => {
  it('holds what the rules make of what was acknowledged', () => {
    const witness = new Witness([MONDAY]);
    witness.round([heard(crashed, 'ACCEPTED', MONDAY)], MONDAY, 0);
    const alone = decideHeartbeat(
      enrolledMachine(MONDAY),
      proveHeartbeat(crashed, MONDAY, theRules().incident, theRules().policy),
      theRules(),
    );
    expect(witness.possible).toEqual([{ machine: alone.machine, transitions: alone.transitions }]);
    expect(witness.possible[0]?.transitions).toHaveLength(1);
  });

  it('is contradicted by an answer that the rules cannot have given', () => {
    const witness = new Witness([MONDAY]);
    witness.round([heard(crashed, 'DUPLICATE', MONDAY)], MONDAY, 0);
    expect(witness.possible).toEqual([]);
  });

  it('lets both orders stand when a sweep and a report met, and no longer than both are possible', () => {
    const witness = new Witness([MONDAY]);
    witness.round([heard(crashed, 'ACCEPTED', MONDAY)], MONDAY, 0);
    const later = MONDAY + minutes(90);
    const back = aHeartbeat().seq(2).crash('2024-07-19T04:31Z').file(GOOD_FILE).uptime(minutes(100)).build();
    witness.round([heard(back, 'ACCEPTED', later)], later, 1);
    expect(witness.possible.map(({ transitions }) => transitions.map(({ toState }) => toState))).toEqual(
      expect.arrayContaining([['STABILISING'], ['STABILISING', 'DOWN', 'STABILISING']]),
    );
    const certain = new Witness([MONDAY]);
    certain.round([heard(crashed, 'ACCEPTED', MONDAY)], MONDAY, 0);
    certain.round([heard(back, 'ACCEPTED', later)], later, 0);
    expect(certain.possible.map(({ transitions }) => transitions.map(({ toState }) => toState))).toEqual([
      ['STABILISING', 'DOWN', 'STABILISING'],
    ]);
  });

  it('follows both moments when an answer was lost while the clock moved', () => {
    const witness = new Witness([MONDAY]);
    witness.round([heard(aHeartbeat().file(BAD_FILE).build(), null, MONDAY, MONDAY + 60_000)], MONDAY, 0);
    expect(witness.possible.map(({ machine }) => machine.memory.heard?.atMs)).toEqual([
      MONDAY,
      MONDAY + 60_000,
    ]);
  });
});
