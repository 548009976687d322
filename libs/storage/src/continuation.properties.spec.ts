import * as fc from 'fast-check';
import {
  continued,
  decideHeartbeat,
  enrolledMachine,
  fingerprintOf,
  footingOf,
  isContinuation,
  MINUTE_MS,
  proveHeartbeat,
  SECOND_MS,
  type Footing,
  type Rules,
  type TrackedMachine,
} from '@app/recovery';
import { anIncidentsRules, delivered, deliveredTwice, type Delivery } from '../../../test/support/deliveries';
import { at, BAD_FILE, GOOD_FILE, OLD_FILE, PAGE_FAULT } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports, type WrittenReport } from '../../../test/support/machine-lives';
import { factsOf, hashFacts } from './machine-facts';
import { encodeMemory } from './memory-codec';

/**
 * One machine that goes on and on, with a change of facts, a reboot, a lost report or a wandering clock now and then: what
 * nearly every report of a fleet is.
 */
const aSteadyLife: fc.Arbitrary<readonly WrittenReport[]> = fc
  .record({
    startedAtMs: fc.integer({ min: at('2024-07-18T20:00Z'), max: at('2024-07-20T08:00Z') }),
    everySeconds: fc.integer({ min: 60, max: 900 }),
    firstFile: fc.constantFrom(undefined, null, OLD_FILE, GOOD_FILE, BAD_FILE),
    steps: fc.array(
      fc.record({
        latencyMs: fc.nat(3_000),
        wholeSeconds: fc.boolean(),
        skewMs: fc.constantFrom(undefined, 0, 900, -20_000, 29_999, 31_000, 200_000),
        change: fc.oneof(
          { weight: 14, arbitrary: fc.constant('NOTHING' as const) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              'REBOOT',
              'GOOD_FILE',
              'LOST',
              'CRASH',
              'SENSOR',
              'FUTURE_CRASH',
              'LATE',
            ),
          },
        ),
      }),
      { minLength: 10, maxLength: 60 },
    ),
  })
  .map(({ startedAtMs, everySeconds, firstFile, steps }) => {
    let nowMs = startedAtMs;
    let bootAtMs = startedAtMs - 30 * SECOND_MS;
    let [boot, seq, sensorRunning] = [0, 0, true];
    let file: string | null | undefined = firstFile;
    const crashes: { atMs: number; stopCode: number }[] = [];
    const firstSkewMs = steps[0]?.skewMs;
    return steps.map(({ latencyMs, wholeSeconds, skewMs, change }, step) => {
      nowMs += everySeconds * SECOND_MS;
      seq += change === 'LOST' ? 2 : 1;
      if (change === 'REBOOT' || change === 'CRASH') {
        if (change === 'CRASH') crashes.push({ atMs: nowMs - 40 * SECOND_MS, stopCode: PAGE_FAULT });
        [boot, seq, bootAtMs] = [boot + 1, 1, nowMs - 20 * SECOND_MS];
      }
      if (change === 'GOOD_FILE') file = GOOD_FILE;
      if (change === 'SENSOR') sensorRunning = !sensorRunning;
      if (change === 'FUTURE_CRASH') crashes.push({ atMs: nowMs + 20 * MINUTE_MS, stopCode: PAGE_FAULT });
      const uptimeMs = nowMs - bootAtMs;
      const skew = step % 7 === 0 ? skewMs : firstSkewMs;
      return {
        observedAtMs: nowMs + latencyMs,
        heartbeat: {
          bootId: `boot-${String(boot)}`,
          seq,
          uptimeMs: wholeSeconds ? Math.floor(uptimeMs / SECOND_MS) * SECOND_MS : uptimeMs,
          ageMs: 0,
          bootMode: 'NORMAL' as const,
          channelFileWrittenAtMs: typeof file === 'string' ? Math.min(at(file), nowMs) : file,
          sensorVersion: '7.16.18605.0',
          sensorRunning,
          crashes: [...crashes],
          bitlocker: 'PROTECTED' as const,
          safeBootFlag: false,
          ...(skew === undefined ? {} : { sentAtMs: nowMs + latencyMs + skew }),
        },
      };
    });
  });

const RUNS = { seed: 20240719, numRuns: 600 };
const enrolled = enrolledMachine(at('2024-07-01T09:00Z'));

/** What the row of a machine holds, except for when it was heard. */
function rowOf(machine: TrackedMachine): unknown {
  const { exposure, state, sinceMs, reason, dueAtMs, memory } = machine;
  return { exposure, state, sinceMs, reason, dueAtMs, text: encodeMemory(memory).text };
}

/** Decides all deliveries at length; wherever one was recognised as a continuation, nothing but contact may have changed. */
function countContinuations(deliveries: readonly Delivery[], rules: Rules): number {
  let machine = enrolled;
  let footing: Footing | null = null;
  let factsHash = 0;
  let found = 0;
  for (const { heartbeat, receivedAtMs } of deliveries) {
    const evidence = proveHeartbeat(heartbeat, receivedAtMs, rules.incident, rules.policy);
    const decision = decideHeartbeat(machine, evidence, rules);
    const facts = hashFacts(factsOf(heartbeat, evidence, decision.machine.memory));
    const next = footingOf(decision.machine, heartbeat, evidence, rules);
    if (
      footing !== null &&
      isContinuation(footing, heartbeat, fingerprintOf(heartbeat), receivedAtMs, rules)
    ) {
      found += 1;
      expect(decision).toMatchObject({ outcome: 'ACCEPTED', transitions: [] });
      expect(rowOf(decision.machine)).toEqual(rowOf(machine));
      expect(decision.machine.memory.heard).toMatchObject({
        atMs: evidence.observedAtMs,
        sessionStartedAtMs: evidence.sessionStartedAtMs,
        seq: heartbeat.seq,
      });
      expect(facts).toBe(factsHash);
      expect(next).toEqual(continued(footing, heartbeat, receivedAtMs));
    }
    if (decision.outcome === 'ACCEPTED') factsHash = facts;
    if (decision.outcome !== 'DUPLICATE') footing = next;
    machine = decision.machine;
  }
  return found;
}

describe('a heartbeat that is recognised as a continuation changes nothing but contact', () => {
  it('in steady lives, where it is the rule', () => {
    let [reports, found] = [0, 0];
    fc.assert(
      fc.property(aSteadyLife, anIncidentsRules, (life, rules) => {
        reports += life.length;
        found += countContinuations(
          life.map((report) => delivered(report, 0)),
          rules,
        );
      }),
      RUNS,
    );
    expect(found / reports).toBeGreaterThan(0.15);
  });

  it('in eventful lives, delivered in any order, late and twice', () => {
    fc.assert(
      fc.property(
        deliveredTwice(fc.oneof(aMachinesLife, arbitraryReports, aSteadyLife)),
        anIncidentsRules,
        (two, rules) => {
          countContinuations(two.inOrder, rules);
          countContinuations(two.disordered, rules);
        },
      ),
      RUNS,
    );
  });
});
