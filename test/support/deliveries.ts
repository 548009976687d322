import * as fc from 'fast-check';
import {
  decideHeartbeat,
  decideSilence,
  MINUTE_MS,
  proveHeartbeat,
  SECOND_MS,
  type Heartbeat,
  type Outcome,
  type Rules,
  type TrackedMachine,
  type Transition,
} from '@app/recovery';
import { at, theRules } from './fleet';

/** One report as it was written. How long it waits until it is received is the delivery's matter. */
export type WrittenReport = { readonly heartbeat: Heartbeat; readonly observedAtMs: number };

/** A report as it is received. */
export type Delivery = { readonly heartbeat: Heartbeat; readonly receivedAtMs: number };

/** A report that waits longer than this is no longer live; the two classes never mix in a test of order. */
const LIVE_DELAY_SECONDS_MAX = 290;
const SPOOLED_DELAY_SECONDS = { min: 301, max: 3 * 86_400 } as const;
/** The report as it arrives after waiting. */
export function delivered({ heartbeat, observedAtMs }: WrittenReport, delayMs: number): Delivery {
  return { heartbeat: { ...heartbeat, ageMs: delayMs }, receivedAtMs: observedAtMs + delayMs };
}

/** One set of reports, delivered twice: once in order, once in any order, with repetitions and other delays. */
export function deliveredTwice(
  life: fc.Arbitrary<readonly WrittenReport[]>,
  spooledOnly = false,
): fc.Arbitrary<TwoDeliveries> {
  const live = fc.tuple(fc.nat(LIVE_DELAY_SECONDS_MAX), fc.nat(LIVE_DELAY_SECONDS_MAX));
  const spooled = fc.tuple(fc.integer(SPOOLED_DELAY_SECONDS), fc.integer(SPOOLED_DELAY_SECONDS));
  return life.chain((reports) => {
    const delays = fc.array(spooledOnly ? spooled : fc.oneof(live, spooled), {
      minLength: reports.length,
      maxLength: reports.length,
    });
    return delays.chain((pairs) => {
      const first = reports.map((report, i) => delivered(report, (pairs[i]?.[0] ?? 0) * SECOND_MS));
      const second = reports.map((report, i) => delivered(report, (pairs[i]?.[1] ?? 0) * SECOND_MS));
      const shuffled = fc.shuffledSubarray(second, { minLength: second.length, maxLength: second.length });
      const repeated = fc.tuple(shuffled, fc.subarray(first), fc.nat(reports.length));
      return repeated.map(([order, again, where]) => ({
        reports,
        inOrder: first,
        disordered: [...order.slice(0, where), ...again, ...order.slice(where)],
      }));
    });
  });
}
export type TwoDeliveries = {
  readonly reports: readonly WrittenReport[];
  readonly inOrder: readonly Delivery[];
  readonly disordered: readonly Delivery[];
};

/** Times in which we were blind, anywhere in the days after the incident; they may overlap and nest. */
export const blindTimes = fc.array(
  fc
    .tuple(fc.integer({ min: -600, max: 7_000 }), fc.integer({ min: 1, max: 900 }))
    .map(([fromMinute, lengthMinutes]) => {
      const fromMs = at('2024-07-19T04:09Z') + fromMinute * MINUTE_MS;
      return { fromMs, untilMs: fromMs + lengthMinutes * MINUTE_MS };
    }),
  { maxLength: 4 },
);

/** The incident as it was, and another one whose window lasts into the next working day. */
export const anIncidentsRules: fc.Arbitrary<Rules> = fc
  .tuple(fc.boolean(), blindTimes)
  .map(([longer, blindness]) => {
    const rules = theRules(...blindness);
    if (!longer) return rules;
    const untilMs = at('2024-07-22T11:00Z');
    return {
      ...rules,
      incident: { ...rules.incident, window: { ...rules.incident.window, untilMs }, goodFromMs: untilMs },
    };
  });

/** What became of a machine, and everything that was decided on the way. */
export type Lived = {
  readonly machine: TrackedMachine;
  readonly transitions: readonly Transition[];
  readonly outcomes: readonly Outcome[];
};

/** Decides deliveries in the order given; `sweep` looks for silence at each receipt, as a sweeper beside the ingest does. */
export function lives(
  start: TrackedMachine,
  deliveries: readonly Delivery[],
  rules: Rules,
  sweep = false,
): Lived {
  let machine = start;
  const transitions: Transition[] = [];
  const outcomes: Outcome[] = [];
  for (const { heartbeat, receivedAtMs } of deliveries) {
    if (sweep) {
      const silence = decideSilence(machine, receivedAtMs, rules);
      machine = silence.machine;
      transitions.push(...silence.transitions);
    }
    const evidence = proveHeartbeat(heartbeat, receivedAtMs, rules.incident, rules.policy);
    const decision = decideHeartbeat(machine, evidence, rules);
    machine = decision.machine;
    transitions.push(...decision.transitions);
    outcomes.push(decision.outcome);
  }
  return { machine, transitions, outcomes };
}
