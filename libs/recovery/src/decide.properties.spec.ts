import * as fc from 'fast-check';
import { deliveredTwice, lives, type Delivery, type TwoDeliveries } from '../../../test/support/deliveries';
import { at, theRules } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports, type WrittenReport } from '../../../test/support/machine-lives';
import { DAY_MS, MINUTE_MS } from './clock';
import { classifyExposure } from './exposure';
import { enrolledMachine, type TrackedMachine } from './machine';

const RULES = theRules();
const RUNS = { seed: 20240719, numRuns: 300 };
const enrolled = enrolledMachine(at('2024-07-01T09:00Z'));

/** A normal heartbeat of a new session, newer than all the others and after the window. */
function newerThanAll(reports: readonly WrittenReport[], receivedAtMs: readonly number[]): Delivery {
  const newestMs = Math.max(
    at('2024-07-19T05:27Z'),
    ...reports.map(({ observedAtMs }) => observedAtMs),
    ...receivedAtMs,
  );
  const heartbeat = {
    bootId: 'newest',
    seq: 1,
    uptimeMs: 2 * MINUTE_MS,
    ageMs: 0,
    bootMode: 'NORMAL',
    crashes: [],
  } as const;
  return { heartbeat, receivedAtMs: newestMs + 5 * MINUTE_MS };
}

/** The same reports, each received after the one before it: the order in which a sweeper sees the world. */
function inOrderOfReceipt(deliveries: readonly Delivery[]): Delivery[] {
  let nowMs = 0;
  return deliveries.map(({ heartbeat, receivedAtMs }) => {
    nowMs = Math.max(nowMs + 1_000, receivedAtMs);
    return {
      heartbeat: { ...heartbeat, ageMs: heartbeat.ageMs + nowMs - receivedAtMs },
      receivedAtMs: nowMs,
    };
  });
}

function concluded(machine: TrackedMachine): Pick<TrackedMachine, 'exposure' | 'state'> {
  return { exposure: machine.exposure, state: machine.state };
}

function endsTheSame({ reports, inOrder, disordered }: TwoDeliveries): void {
  const newest = newerThanAll(reports, []);
  const one = lives(enrolled, [...inOrder, newest], RULES).machine;
  const other = lives(enrolled, [...disordered, newest], RULES).machine;
  expect(concluded(other)).toEqual(concluded(one));
}

function endsTheSameWithSweeps({ reports, inOrder, disordered }: TwoDeliveries): void {
  const swept = inOrderOfReceipt(disordered);
  const newest = newerThanAll(
    reports,
    swept.map(({ receivedAtMs }) => receivedAtMs),
  );
  const one = lives(enrolled, [...inOrder, newest], RULES).machine;
  const other = lives(enrolled, [...swept, newest], RULES, true).machine;
  expect(concluded(other)).toEqual(concluded(one));
}

describe('any order, repetition or delay of one set of heartbeats', () => {
  it('ends in the same exposure and state once a newer heartbeat has arrived: true stories', () => {
    fc.assert(fc.property(deliveredTwice(aMachinesLife), endsTheSame), RUNS);
  });

  it('ends in the same exposure and state once a newer heartbeat has arrived: contradicting reports', () => {
    fc.assert(fc.property(deliveredTwice(arbitraryReports, true), endsTheSame), RUNS);
  });

  it('ends in the same exposure and state with silence looked for in between: true stories', () => {
    fc.assert(fc.property(deliveredTwice(aMachinesLife, true), endsTheSameWithSweeps), RUNS);
  });

  it('ends in the same exposure and state with silence looked for in between: contradicting reports', () => {
    fc.assert(fc.property(deliveredTwice(arbitraryReports, true), endsTheSameWithSweeps), RUNS);
  });

  it('ends in the same exposure even before a newer one, wherever the evidence concludes anything', () => {
    const check = fc.property(deliveredTwice(aMachinesLife), ({ inOrder, disordered }) => {
      const one = lives(enrolled, inOrder, RULES).machine;
      const other = lives(enrolled, disordered, RULES).machine;
      const verdict = classifyExposure(one.memory, one.memory.heard?.atMs ?? 0, RULES);
      if (verdict.exposure !== 'UNKNOWN')
        expect([one.exposure, other.exposure]).toEqual([verdict.exposure, verdict.exposure]);
    });
    fc.assert(check, RUNS);
  });

  it('changes nothing by repeating a heartbeat, whenever it comes again', () => {
    const check = fc.property(deliveredTwice(aMachinesLife), fc.nat(3), ({ disordered }, days) => {
      const { machine } = lives(enrolled, disordered, RULES);
      const again = disordered.map(({ heartbeat, receivedAtMs }) => ({
        heartbeat: { ...heartbeat, ageMs: heartbeat.ageMs + days * DAY_MS },
        receivedAtMs: receivedAtMs + days * DAY_MS,
      }));
      const repeated = lives(machine, again, RULES);
      expect(repeated.machine).toEqual(machine);
      expect(repeated.transitions).toEqual([]);
      expect(repeated.outcomes).not.toContain('ACCEPTED');
    });
    fc.assert(check, RUNS);
  });
});
