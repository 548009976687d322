import * as fc from 'fast-check';
import { at, theRules } from '../../../test/support/fleet';
import { aMachinesLife, delivered, lives, type Delivery } from '../../../test/support/machine-lives';
import { enrolledMachine, type TrackedMachine } from './machine';
import { decidePersonsAct, type PersonsAct } from './persons-act';
import { hasStandingProof } from './recovery-tests';
import { GROUP_OF_STATE, isMoveAllowed } from './state';
import type { Transition } from './transition';

const RULES = theRules();
const RUNS = { seed: 20240719, numRuns: 300 };
const enrolled = enrolledMachine(at('2024-07-01T09:00Z'));

const anAct: fc.Arbitrary<PersonsAct> = fc.oneof(
  fc.constantFrom<PersonsAct>(
    { kind: 'CHECK_IN' },
    { kind: 'SET_DORMANT' },
    { kind: 'RETIRE' },
    { kind: 'REOPEN' },
    { kind: 'REPLACE', successor: 'machine-2' },
    { kind: 'SETTLE_IDENTITY' },
    { kind: 'MOVE_AWAY', movedTo: 'P99002.other' },
    { kind: 'LEAVE_REGISTER' },
  ),
  fc
    .integer({ min: at('2024-07-19T04:09Z'), max: at('2024-07-24T00:00Z') })
    .map((seenAtMs): PersonsAct => ({ kind: 'ATTEST_CRASH', seenAtMs })),
);

/** Acts, each before the report of this place in the order of receipt. */
const someActs = fc.array(fc.tuple(fc.nat(60), anAct), { maxLength: 8 });

type Step = {
  readonly machine: TrackedMachine;
  readonly transitions: readonly Transition[];
  readonly act?: PersonsAct;
};

/** Every step of a life in which people take part, swept for silence at each receipt. */
function stepsOf(deliveries: readonly Delivery[], acts: readonly (readonly [number, PersonsAct])[]): Step[] {
  const steps: Step[] = [];
  let machine: TrackedMachine = enrolled;
  deliveries.forEach((delivery, i) => {
    for (const [place, act] of acts) {
      if (place % deliveries.length !== i) continue;
      const record = { atMs: delivery.receivedAtMs, careOrdinal: i + 1 };
      const decision = decidePersonsAct(machine, act, record, RULES);
      if (typeof decision === 'string') continue;
      machine = decision.machine;
      steps.push({ machine, transitions: decision.transitions, act });
    }
    const lived = lives(machine, [delivery], RULES, true);
    machine = lived.machine;
    steps.push({ machine, transitions: lived.transitions });
  });
  return steps;
}

const aLifeAmongPeople = fc.tuple(aMachinesLife, someActs).map(([reports, acts]) =>
  stepsOf(
    reports.map((report) => delivered(report, 0)),
    acts,
  ),
);

describe('a life in which people take part', () => {
  it('takes only moves of the table, each from where the last one ended', () => {
    const check = fc.property(aLifeAmongPeople, (steps) => {
      let [state, exposure] = [enrolled.state, enrolled.exposure];
      for (const step of steps) {
        for (const one of step.transitions) {
          expect([one.fromState, one.fromExposure]).toEqual([state, exposure]);
          if (one.fromState !== one.toState) expect(isMoveAllowed(one.fromState, one.toState)).toBe(true);
          [state, exposure] = [one.toState, one.toExposure];
        }
        expect([step.machine.state, step.machine.exposure]).toEqual([state, exposure]);
      }
    });
    fc.assert(check, RUNS);
  });

  it('never recovers by an act: where one ends in a recovered state, the machine’s own reports prove it', () => {
    const check = fc.property(aLifeAmongPeople, (steps) => {
      for (const { act, machine, transitions } of steps) {
        if (act === undefined || act.kind === 'REPLACE' || transitions.length === 0) continue;
        if (GROUP_OF_STATE[machine.state] !== 'RECOVERED') continue;
        expect(act.kind).toBe('ATTEST_CRASH');
        expect(hasStandingProof(machine.memory, machine.exposure, RULES)).toBe(true);
      }
    });
    fc.assert(check, RUNS);
  });

  it('remembers a crash that was seen alike, whether it was told before the reports or after them', () => {
    const check = fc.property(aMachinesLife, fc.nat(3_000), (reports, minute) => {
      const deliveries = reports.map((report) => delivered(report, 0));
      const lastMs = Math.max(at('2024-07-24T00:00Z'), ...deliveries.map((one) => one.receivedAtMs));
      const act = { kind: 'ATTEST_CRASH', seenAtMs: at('2024-07-19T04:09Z') + minute * 60_000 } as const;
      const told = (machine: TrackedMachine): TrackedMachine => {
        const decision = decidePersonsAct(machine, act, { atMs: lastMs, careOrdinal: 1 }, RULES);
        if (typeof decision === 'string') throw new Error(decision);
        return decision.machine;
      };
      const before = lives({ ...told(enrolled), sinceMs: enrolled.sinceMs }, deliveries, RULES).machine;
      const after = told(lives(enrolled, deliveries, RULES).machine);
      expect(before.memory).toEqual(after.memory);
      expect(before.exposure).toBe('CRASHED');
      expect(after.exposure).toBe('CRASHED');
    });
    fc.assert(check, RUNS);
  });
});
