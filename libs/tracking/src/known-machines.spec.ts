import * as fc from 'fast-check';
import { roundUpStart, SOAKS, START_STEP_MS } from '@app/recovery';
import { KnownMachines, type KnownMachine } from './known-machines';

const SECOND_MS = 1_000;
const FRIDAY_MS = Date.parse('2024-07-19T06:00:00Z');

const machineIds = fc.uuid();
const knownMachines: fc.Arbitrary<KnownMachine> = fc.record({
  version: fc.nat(2 ** 31 - 1),
  generation: fc.nat(30_000),
  footing: fc
    .record({
      heardAtMs: fc.integer({ min: 0, max: FRIDAY_MS * 2 }),
      seq: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      sessionStartedAtMs: fc.nat(4_000_000_000).map((seconds) => seconds * SECOND_MS),
      startSteps: fc.nat(63),
      fingerprint: fc.nat(Number.MAX_SAFE_INTEGER),
      soak: fc.constantFrom(...SOAKS),
    })
    .map(({ startSteps, ...footing }) => ({
      ...footing,
      latestStartMs: roundUpStart(footing.sessionStartedAtMs) + startSteps * START_STEP_MS,
    })),
});

const aMachine = (version: number): KnownMachine => ({
  version,
  generation: 1,
  footing: {
    heardAtMs: FRIDAY_MS,
    seq: 5,
    sessionStartedAtMs: FRIDAY_MS,
    latestStartMs: FRIDAY_MS,
    fingerprint: 7,
    soak: 'PASSED',
  },
});

describe('what is known of the machines of a fleet', () => {
  it('is what was said last of each, through growth and forgetting', () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom('SET', 'SET', 'SET', 'FORGET', 'MOVE'), fc.nat(300), knownMachines),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(machineIds, { minLength: 301, maxLength: 301 }), steps, (ids, done) => {
        const machines = new KnownMachines();
        if ((ids[0] as string) < '8') machines.reserve(done.length * 40);
        const expected = new Map<string, KnownMachine>();
        for (const [step, index, known] of done) {
          const id = ids[index] as string;
          const before = expected.get(id);
          if (step === 'SET') {
            machines.set(id, known, 0);
            expected.set(id, known);
          } else if (step === 'FORGET') {
            machines.forget(id);
            expected.delete(id);
          } else {
            const { heardAtMs, seq } = known.footing;
            machines.move(id, known.version, known.footing);
            if (before !== undefined) {
              const footing = { ...before.footing, heardAtMs, seq };
              expected.set(id, { ...before, version: known.version, footing });
            }
          }
        }
        for (const id of ids) expect(machines.get(id)).toEqual(expected.get(id) ?? null);
      }),
      { numRuns: 40, seed: 291 },
    );
  });

  it('holds many more than it began with', () => {
    const machines = new KnownMachines();
    const ids = Array.from({ length: 60_000 }, (_, i) => idOf(i));
    ids.forEach((id, i) => machines.set(id, aMachine(i), 0));
    expect(machines.size).toBe(ids.length);
    expect(ids.every((id, i) => machines.get(id)?.version === i)).toBe(true);
  });

  it('is bounded: a machine too many is not remembered, and the others are', () => {
    const machines = new KnownMachines(2);
    for (const i of [1, 2, 3]) machines.set(idOf(i), aMachine(i), 0);
    expect([1, 2, 3].map((i) => machines.get(idOf(i))?.version ?? null)).toEqual([1, 2, null]);
    machines.set(idOf(2), aMachine(9), 0);
    expect(machines.get(idOf(2))?.version).toBe(9);
  });

  it('is forgotten when a time of blindness is learnt that may change what was concluded, and not for a later one', () => {
    const machines = new KnownMachines();
    machines.noticeBlindness([{ fromMs: 0, untilMs: 10 }]);
    machines.set(idOf(1), aMachine(1), FRIDAY_MS);
    machines.noticeBlindness([{ fromMs: 0, untilMs: 10 }]);
    machines.noticeBlindness([
      { fromMs: 0, untilMs: 10 },
      { fromMs: FRIDAY_MS, untilMs: FRIDAY_MS + 1 },
    ]);
    expect(machines.get(idOf(1))).not.toBeNull();
    machines.noticeBlindness([{ fromMs: FRIDAY_MS - 1, untilMs: FRIDAY_MS + 1 }]);
    expect(machines.get(idOf(1))).toBeNull();
    expect(machines.size).toBe(0);
  });
});

/** Spread over the shards by its last digits, as random identities are. */
function idOf(index: number): string {
  return `3f0c5d1e-0000-4000-8${String(index % 1_000).padStart(3, '0')}-${index.toString(16).padStart(12, '0')}`;
}
