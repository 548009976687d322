import * as fc from 'fast-check';
import {
  anIncidentsRules,
  delivered,
  deliveredTwice,
  lives,
  type Delivery,
  type Lived,
} from '../../../test/support/deliveries';
import { at, theRules } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports, twinsLives } from '../../../test/support/machine-lives';
import { EXPOSURES, isAffected, type Rules } from './exposure';
import { enrolledMachine, type TrackedMachine } from './machine';
import { failingTests } from './recovery-tests';
import { decideSilence } from './silence';
import { silenceDeadlineMs } from './silence-deadline';
import { GROUP_OF_STATE, isMoveAllowed, RECOVERY_STATES, type RecoveryState } from './state';
import { TRANSITION_REASONS, type Transition } from './transition';

const RUNS = { seed: 20240719, numRuns: 300 };
const enrolled = enrolledMachine(at('2024-07-01T09:00Z'));
const anyReports = fc.oneof(
  deliveredTwice(aMachinesLife),
  deliveredTwice(arbitraryReports),
  deliveredTwice(twinsLives),
);

function byReceipt(deliveries: readonly Delivery[]): Delivery[] {
  return [...deliveries].sort((a, b) => a.receivedAtMs - b.receivedAtMs);
}

/** Each transition starts where the one before it ended, moves only as the table allows, and ends where the machine is. */
function expectSoundChain(start: TrackedMachine, { machine, transitions }: Lived): void {
  let { exposure, state, sinceMs } = start;
  for (const transition of transitions) {
    expect([transition.fromExposure, transition.fromState]).toEqual([exposure, state]);
    const moved = transition.fromState !== transition.toState;
    expect(moved || transition.fromExposure !== transition.toExposure).toBe(true);
    if (moved)
      expect([transition, isMoveAllowed(transition.fromState, transition.toState)]).toEqual([
        transition,
        true,
      ]);
    if (moved) expect(transition.atMs).toBeGreaterThanOrEqual(sinceMs);
    if (moved) sinceMs = transition.atMs;
    expect(TRANSITION_REASONS).toContain(transition.reason);
    exposure = transition.toExposure;
    state = transition.toState;
  }
  expect([machine.exposure, machine.state, machine.sinceMs]).toEqual([exposure, state, sinceMs]);
}

function isRecovered(state: RecoveryState): boolean {
  return GROUP_OF_STATE[state] === 'RECOVERED';
}

function withSilenceAfterwards(lived: Lived, deliveries: readonly Delivery[], rules: Rules): Lived {
  const lastMs = Math.max(...deliveries.map(({ receivedAtMs }) => receivedAtMs));
  const silence = decideSilence(lived.machine, lastMs + 30 * 86_400_000, rules);
  return { ...lived, machine: silence.machine, transitions: [...lived.transitions, ...silence.transitions] };
}

describe('transitions', () => {
  it('are contiguous, allowed and dated, whatever is reported and in whatever order', () => {
    const check = fc.property(anyReports, anIncidentsRules, ({ disordered }, rules) => {
      const lived = lives(enrolled, disordered, rules);
      expectSoundChain(enrolled, withSilenceAfterwards(lived, disordered, rules));
    });
    fc.assert(check, RUNS);
  });

  it('are contiguous, allowed and dated with silence looked for at every receipt', () => {
    const check = fc.property(anyReports, anIncidentsRules, ({ disordered }, rules) => {
      const deliveries = byReceipt(disordered);
      const lived = lives(enrolled, deliveries, rules, true);
      expectSoundChain(enrolled, withSilenceAfterwards(lived, deliveries, rules));
    });
    fc.assert(check, RUNS);
  });

  it('are allowed from every state and exposure a machine may have been put in', () => {
    const anyStart = fc.tuple(fc.constantFrom(...RECOVERY_STATES), fc.constantFrom(...EXPOSURES));
    const check = fc.property(
      anyReports,
      anyStart,
      fc.nat(14),
      ({ disordered }, [state, exposure], known) => {
        const rules = theRules();
        const { memory } = lives(enrolled, disordered.slice(0, known), rules).machine;
        const start = { ...enrolled, memory, state, exposure };
        const lived = lives(start, byReceipt(disordered.slice(known)), rules, true);
        expectSoundChain(start, lived);
        if (state === 'RETIRED') expect(lived.machine.state).toBe(state);
      },
    );
    fc.assert(check, RUNS);
  });
});

describe('transitions of a state or an exposure', () => {
  it('never lead back to UNKNOWN once anything was concluded, and never to RECOVERED from a machine that was not affected', () => {
    const check = fc.property(anyReports, anIncidentsRules, ({ disordered }, rules) => {
      for (const { fromState, toState, toExposure, fromExposure } of lives(
        enrolled,
        byReceipt(disordered),
        rules,
        true,
      ).transitions) {
        if (fromExposure !== 'UNKNOWN') expect(toExposure).not.toBe('UNKNOWN');
        if (fromState !== toState && GROUP_OF_STATE[toState] === 'RECOVERED')
          expect(isAffected(toExposure)).toBe(true);
      }
    });
    fc.assert(check, RUNS);
  });

  it('leave RECOVERED for the unrecovered by way of RELAPSED only', () => {
    const check = fc.property(deliveredTwice(aMachinesLife), anIncidentsRules, ({ inOrder }, rules) => {
      const { transitions } = lives(enrolled, byReceipt(inOrder), rules, true);
      for (const { fromState, toState } of transitions) {
        if (GROUP_OF_STATE[fromState] === 'RECOVERED' && GROUP_OF_STATE[toState] === 'UNRECOVERED')
          expect(toState).toBe('RELAPSED');
      }
    });
    fc.assert(check, RUNS);
  });

  it('leave RECOVERED only for harm that is later than the recovery', () => {
    const check = fc.property(aMachinesLife, (reports) => {
      let machine = enrolled;
      for (const report of reports) {
        const { transitions, machine: next } = lives(machine, [delivered(report, 0)], theRules(), true);
        if (
          machine.state.startsWith('RECOVERED') &&
          transitions.some(({ toState }) => toState === 'RELAPSED')
        ) {
          const { hits, lastSoftCrashMs, bad } = next.memory;
          expect(Math.max(hits?.lastMs ?? 0, lastSoftCrashMs ?? 0, bad?.lastMs ?? 0)).toBeGreaterThan(
            machine.sinceMs,
          );
        }
        machine = next;
      }
    });
    fc.assert(check, RUNS);
  });

  it('carry evidence that says where they come from', () => {
    const check = fc.property(anyReports, ({ disordered }) => {
      const { transitions } = lives(enrolled, byReceipt(disordered), theRules(), true);
      const unexplained = (made: Transition): boolean =>
        made.evidence.source === 'HEARTBEAT'
          ? made.evidence.observedAt !== new Date(made.atMs).toISOString()
          : made.evidence.lastHeardAt === undefined;
      expect(transitions.filter(unexplained)).toEqual([]);
    });
    fc.assert(check, RUNS);
  });
});

describe('a machine with a twin', () => {
  it('does not become recovered once the conflict has shown, in any order and after any delay', () => {
    const check = fc.property(deliveredTwice(twinsLives), ({ disordered }) => {
      let machine = enrolled;
      for (const delivery of disordered) {
        const { transitions, machine: next } = lives(machine, [delivery], theRules());
        const became = transitions.filter(
          ({ fromState, toState }) => isRecovered(toState) && !isRecovered(fromState),
        );
        if (next.memory.conflictSinceMs !== null) expect(became).toEqual([]);
        machine = next;
      }
    });
    fc.assert(check, RUNS);
  });
});

describe('a machine after any report', () => {
  it('says which tests fail while it is affected and not recovered', () => {
    const check = fc.property(deliveredTwice(aMachinesLife), ({ disordered }) => {
      const { machine, outcomes } = lives(enrolled, disordered, theRules());
      const unrecovered = isAffected(machine.exposure) && GROUP_OF_STATE[machine.state] === 'UNRECOVERED';
      if (!unrecovered || outcomes[outcomes.length - 1] !== 'ACCEPTED') return;
      expect(failingTests(machine.memory, theRules())).not.toEqual([]);
    });
    fc.assert(check, RUNS);
  });

  it('knows its next deadline, and has none when it has recovered or was never affected', () => {
    const check = fc.property(anyReports, anIncidentsRules, ({ disordered }, rules) => {
      const { machine } = lives(enrolled, disordered, rules);
      expect(machine.dueAtMs).toBe(silenceDeadlineMs(machine, rules));
      if (['RECOVERED', 'FINE', 'EXEMPT'].includes(GROUP_OF_STATE[machine.state]))
        expect(machine.dueAtMs).toBeNull();
    });
    fc.assert(check, RUNS);
  });
});
