import * as fc from 'fast-check';
import { delivered, deliveredTwice, lives, type Delivery } from '../../../test/support/deliveries';
import { at, theRules } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports, twinsLives } from '../../../test/support/machine-lives';
import { MINUTE_MS } from './clock';
import { enrolledMachine } from './machine';
import type { Memory } from './memory';

const RULES = theRules();
const RUNS = { seed: 20240719, numRuns: 300 };
const DAY_SECONDS = 86_400;

function remembered(deliveries: readonly Delivery[]): Memory {
  return lives(enrolledMachine(at('2024-07-01T09:00Z')), deliveries, RULES).machine.memory;
}

/** Whether a session was ever heard live is the one thing that delay may change; it serves the finding of twins only. */
function apartFromLiveness(memory: Memory): Memory {
  const sessions = memory.sessions.map((session) => ({
    ...session,
    firstLiveAtMs: null,
    lastLiveAtMs: null,
  }));
  return { ...memory, sessions };
}

/**
 * One machine's reports as its wrong clock stamps them, in order and shuffled with repetitions, and as a right one would have. The
 * clock is wrong by minutes to years, and may be put right before some report.
 */
const wrongClocks = fc
  .tuple(
    aMachinesLife,
    fc.oneof(fc.integer({ min: 3, max: 600 }), fc.integer({ min: 3, max: 5_000_000 })),
    fc.boolean(),
    fc.option(fc.nat(30)),
  )
  .chain(([reports, minutes, isBehind, rightFrom]) => {
    const truth = reports.map((report) => delivered(report, 0));
    const told = truth.map(({ heartbeat, receivedAtMs }, i): Delivery => {
      const skewMs = (isBehind ? -1 : 1) * minutes * MINUTE_MS;
      const { channelFileWrittenAtMs: file } = heartbeat;
      const stamps = {
        sentAtMs: receivedAtMs + (rightFrom !== null && i >= rightFrom ? 0 : skewMs),
        crashes: heartbeat.crashes.map((crash) => ({ ...crash, atMs: crash.atMs + skewMs })),
        ...(typeof file === 'number' ? { channelFileWrittenAtMs: file + skewMs } : {}),
      };
      return { heartbeat: { ...heartbeat, ...stamps }, receivedAtMs };
    });
    const isPutRight = rightFrom !== null && rightFrom < told.length;
    return fc
      .shuffledSubarray([...told, ...told], { minLength: told.length * 2 })
      .map((shuffled) => ({ told, shuffled, truth, isPutRight }));
  });

describe('memory of one set of heartbeats', () => {
  it("is the same after any order, repetition and delay of a machine's true reports", () => {
    const check = fc.property(deliveredTwice(aMachinesLife), ({ inOrder, disordered }) => {
      expect(remembered(disordered)).toEqual(remembered(inOrder));
    });
    fc.assert(check, RUNS);
  });

  it('is the same after any order, repetition and delay of reports that contradict each other', () => {
    const check = fc.property(deliveredTwice(arbitraryReports, true), ({ inOrder, disordered }) => {
      expect(remembered(disordered)).toEqual(remembered(inOrder));
    });
    fc.assert(check, RUNS);
  });

  it('is the same after any order, repetition and delay of the reports of two machines with one identity', () => {
    const check = fc.property(deliveredTwice(twinsLives), ({ inOrder, disordered }) => {
      expect(remembered(disordered)).toEqual(remembered(inOrder));
    });
    fc.assert(check, RUNS);
  });

  it('is the same, but for liveness, when a spool delays fresh reports by days', () => {
    const delay = fc.nat(3 * DAY_SECONDS);
    const check = fc.property(aMachinesLife, delay, (reports, seconds) => {
      const prompt = reports.map((report) => delivered(report, 0));
      const late = reports.map((report) => delivered(report, seconds * 1_000));
      expect(apartFromLiveness(remembered(late))).toEqual(apartFromLiveness(remembered(prompt)));
    });
    fc.assert(check, RUNS);
  });

  it('is the same after any order and repetition of the reports of a machine whose clock is wrong, and put right later', () => {
    const check = fc.property(wrongClocks, ({ told, shuffled }) => {
      expect(remembered(shuffled)).toEqual(remembered(told));
    });
    fc.assert(check, RUNS);
  });

  it('holds the crashes of a machine whose clock is wrong at the moments when they happened', () => {
    const check = fc.property(wrongClocks, ({ told, truth, isPutRight }) => {
      fc.pre(!isPutRight);
      expect(remembered(told).hits).toEqual(remembered(truth).hits);
    });
    fc.assert(check, RUNS);
  });

  it('never takes one machine that boots again and again for two', () => {
    const check = fc.property(deliveredTwice(aMachinesLife), ({ disordered }) => {
      expect(remembered(disordered).conflictSinceMs).toBeNull();
    });
    fc.assert(check, RUNS);
  });
});
