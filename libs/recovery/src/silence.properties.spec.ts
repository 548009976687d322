import * as fc from 'fast-check';
import { anIncidentsRules, deliveredTwice, lives, type Delivery } from '../../../test/support/deliveries';
import { at } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports } from '../../../test/support/machine-lives';
import { DAY_MS, MINUTE_MS } from './clock';
import { EXPOSURES, isAffected, type Rules } from './exposure';
import { enrolledMachine, type TrackedMachine } from './machine';
import { decideSilence, type SilenceDecision } from './silence';
import { GROUP_OF_STATE, RECOVERY_STATES } from './state';
import type { Transition } from './transition';

const RUNS = { seed: 20240719, numRuns: 300 };
const enrolled = enrolledMachine(at('2024-07-01T09:00Z'));
const anyReports = fc
  .oneof(deliveredTwice(aMachinesLife), deliveredTwice(arbitraryReports))
  .map(({ disordered }) => disordered);
/** When somebody looks, in minutes after the last receipt. */
const looks = fc
  .array(fc.nat(10 * 1_440), { minLength: 1, maxLength: 12 })
  .map((minutes) => minutes.sort((a, b) => a - b));

function lastReceipt(deliveries: readonly Delivery[]): number {
  return Math.max(...deliveries.map(({ receivedAtMs }) => receivedAtMs));
}

function lookAt(
  machine: TrackedMachine,
  momentsMs: readonly number[],
  rules: Rules,
): { machine: TrackedMachine; transitions: Transition[] } {
  let current = machine;
  const transitions: Transition[] = [];
  for (const nowMs of momentsMs) {
    const decision = decideSilence(current, nowMs, rules);
    for (const { atMs } of decision.transitions) expect(atMs).toBeLessThanOrEqual(nowMs);
    current = decision.machine;
    transitions.push(...decision.transitions);
  }
  return { machine: current, transitions };
}

describe('silence', () => {
  it('gives the same transitions, at the same event times, however often somebody looks', () => {
    const check = fc.property(anyReports, anIncidentsRules, looks, (reports, rules, minutes) => {
      const { machine } = lives(enrolled, reports, rules);
      const moments = minutes.map((minute) => lastReceipt(reports) + minute * MINUTE_MS);
      const once = lookAt(machine, moments.slice(-1), rules);
      expect(lookAt(machine, moments, rules)).toEqual(once);
    });
    fc.assert(check, RUNS);
  });

  it('gives the same transitions looked for at every minute or once at the end', () => {
    const check = fc.property(anyReports, anIncidentsRules, (reports, rules) => {
      const { machine } = lives(enrolled, reports, rules);
      const moments = Array.from({ length: 1_440 }, (_, i) => lastReceipt(reports) + i * MINUTE_MS);
      expect(lookAt(machine, moments, rules)).toEqual(lookAt(machine, moments.slice(-1), rules));
    });
    fc.assert(check, { ...RUNS, numRuns: 30 });
  });

  it('is never dated before the last report, before the state that it ends, or before what it was concluded from', () => {
    const check = fc.property(anyReports, anIncidentsRules, (reports, rules) => {
      const { machine } = lives(enrolled, reports, rules);
      const { transitions } = decideSilence(machine, lastReceipt(reports) + 30 * DAY_MS, rules);
      const dates = [
        Math.max(machine.memory.heard?.atMs ?? 0, machine.sinceMs),
        ...transitions.map(({ atMs }) => atMs),
      ];
      expect(dates).toEqual([...dates].sort((a, b) => a - b));
    });
    fc.assert(check, RUNS);
  });
});

describe('the reach of silence', () => {
  it('never un-recovers a machine, never moves one that was not affected, and leads nowhere but to DOWN or out of scope', () => {
    const anyStart = fc.tuple(fc.constantFrom(...RECOVERY_STATES), fc.constantFrom(...EXPOSURES));
    const check = fc.property(
      anyReports,
      anIncidentsRules,
      anyStart,
      looks,
      (reports, rules, [state, exposure], minutes) => {
        const { memory } = lives(enrolled, reports, rules).machine;
        const moments = minutes.map((minute) => lastReceipt(reports) + minute * MINUTE_MS);
        const start = { ...enrolled, memory, state, exposure };
        const { machine, transitions } = lookAt(start, moments, rules);
        if (['RECOVERED', 'FINE', 'EXEMPT'].includes(GROUP_OF_STATE[state])) {
          expect([machine.state, machine.exposure, transitions]).toEqual([state, exposure, []]);
        }
        const allowed = transitions.filter(
          ({ fromState, toState }) =>
            fromState === toState || toState === 'DOWN' || toState === 'NOT_AFFECTED',
        );
        expect(allowed).toEqual(transitions);
      },
    );
    fc.assert(check, RUNS);
  });

  it('takes no machine to be down that nothing suspects and nobody repairs', () => {
    const check = fc.property(anyReports, anIncidentsRules, looks, (reports, rules, minutes) => {
      const { machine } = lives(enrolled, reports, rules);
      const { transitions } = lookAt(
        machine,
        minutes.map((minute) => lastReceipt(reports) + minute * MINUTE_MS),
        rules,
      );
      for (const { fromState, toState, toExposure } of transitions) {
        if (toState === 'DOWN' && fromState !== toState && fromState !== 'IN_REPAIR')
          expect(isAffected(toExposure)).toBe(true);
      }
    });
    fc.assert(check, RUNS);
  });

  it('is put off by blindness and never hastened: each deadline comes no earlier for the time we could not hear', () => {
    const check = fc.property(anyReports, anIncidentsRules, (reports, rules) => {
      const { machine } = lives(enrolled, reports, rules);
      const endMs = lastReceipt(reports) + 60 * DAY_MS;
      const seeing = decideSilence(machine, endMs, { ...rules, blindness: [] });
      const blind = decideSilence(machine, endMs, rules);
      expect([blind.machine.state, blind.machine.exposure]).toEqual([
        seeing.machine.state,
        seeing.machine.exposure,
      ]);
      for (const conclusion of ['toState', 'toExposure'] as const) {
        const concludedAt = ({ transitions, machine: last }: SilenceDecision): number =>
          transitions.find(
            (made) => made[conclusion] === last[conclusion === 'toState' ? 'state' : 'exposure'],
          )?.atMs ?? 0;
        expect(concludedAt(blind)).toBeGreaterThanOrEqual(concludedAt(seeing));
      }
    });
    fc.assert(check, RUNS);
  });
});
