import { makeFleet, type Machine } from '../fleet';
import { groundTruthAt } from './ground-truth';
import type { Truth } from './machine';
import { EVEN_MIX } from './mix';
import { HOUR_MS, makeWeek, MINUTE_MS, MONDAY } from './week';

const week = makeWeek();
const { machines } = makeFleet({
  seed: 'ground truth',
  machines: 800,
  practices: [{ odsCode: 'A81001', icb: null }],
  mix: EVEN_MIX,
});
const noonOnMonday = week.at(MONDAY, 11);
const truthAt = (machine: Machine, atMs: number, fromMs = week.startMs): string =>
  groundTruthAt(machine, { fromMs, atMs, windowStartMs: week.windowStartMs, windowEndMs: week.windowEndMs });

function oneOf(truth: Truth, which: (machine: Machine) => boolean = () => true): Machine {
  const found = machines.find((machine) => machine.truth === truth && !machine.successor && which(machine));
  if (found === undefined) throw new Error(`the seed has no such ${truth}; choose another`);
  return found;
}

const repairedBy =
  (atMs: number) =>
  ({ milestones }: Machine): boolean =>
    milestones.repairedAtMs !== null && milestones.repairedAtMs < atMs;

describe('groundTruthAt', () => {
  it('calls a crashed machine broken until its repair, unproven for an hour, and fixed from then on', () => {
    const machine = oneOf('CRASHED_SAFE_MODE_FIXED', repairedBy(noonOnMonday - 3 * HOUR_MS));
    const { crashedAtMs, repairedAtMs } = machine.milestones as { crashedAtMs: number; repairedAtMs: number };
    expect(truthAt(machine, crashedAtMs + MINUTE_MS)).toBe('CRASHED_NOT_FIXED');
    expect(truthAt(machine, repairedAtMs)).toBe('CRASHED_NOT_FIXED');
    expect(truthAt(machine, repairedAtMs + 30 * MINUTE_MS)).toBe('REPAIRED_UNPROVEN');
    expect(truthAt(machine, repairedAtMs + 70 * MINUTE_MS)).toBe('CRASHED_SAFE_MODE_FIXED');
    expect(truthAt(machine, noonOnMonday)).toBe('CRASHED_SAFE_MODE_FIXED');
  });

  it('follows a latent machine from held to cleared, or to its late crash', () => {
    const cleared = oneOf(
      'LATENT',
      (machine) => machine.milestones.crashedAtMs === null && repairedBy(noonOnMonday)(machine),
    );
    const clearedAtMs = cleared.milestones.repairedAtMs as number;
    expect(truthAt(cleared, clearedAtMs - MINUTE_MS)).toBe('LATENT_HELD');
    expect(truthAt(cleared, clearedAtMs + 10 * MINUTE_MS)).toBe('LATENT_CLEARED');
    const crashed = oneOf('LATENT', ({ milestones }) => milestones.crashedAtMs !== null);
    const crashedAtMs = crashed.milestones.crashedAtMs as number;
    expect(truthAt(crashed, crashedAtMs - MINUTE_MS)).toBe('LATENT_HELD');
    expect(truthAt(crashed, crashedAtMs + MINUTE_MS)).toBe('CRASHED_NOT_FIXED');
  });

  it('knows a relapse only from its crash on', () => {
    const machine = oneOf('RELAPSED');
    const relapsedAtMs = machine.milestones.relapsedAtMs as number;
    expect(truthAt(machine, relapsedAtMs - HOUR_MS)).toBe('CRASHED_SAFE_MODE_FIXED');
    expect(truthAt(machine, relapsedAtMs + MINUTE_MS)).toBe('RELAPSED');
  });

  it('tells a machine that is not switched on yet from one that is heard again', () => {
    const machine = oneOf('NEVER_EXPOSED', ({ tracks }) =>
      (tracks[0] ?? []).some(({ startMs }) => startMs > week.windowEndMs && startMs < noonOnMonday),
    );
    expect(truthAt(machine, week.windowEndMs + 10 * MINUTE_MS)).toBe('NOT_SEEN_SINCE');
    expect(truthAt(machine, noonOnMonday)).toBe('NEVER_EXPOSED');
  });

  it('tells the old installation from the new one', () => {
    const old = oneOf('REIMAGED', repairedBy(noonOnMonday));
    const successor = machines.find(
      (machine) => machine.successor && machine.hostname === old.hostname,
    ) as Machine;
    expect(truthAt(old, (old.milestones.repairedAtMs as number) - HOUR_MS)).toBe('CRASHED_NOT_FIXED');
    expect(truthAt(old, noonOnMonday)).toBe('REIMAGED');
    expect(truthAt(successor, noonOnMonday)).toBe('REIMAGE_SUCCESSOR');
  });

  it('tells computers that are heard side by side from those that never were', () => {
    const clone = oneOf('CLONED', ({ alwaysOn }) => !alwaysOn);
    expect(truthAt(clone, noonOnMonday)).toBe('CLONED');
    expect(truthAt(clone, noonOnMonday, noonOnMonday - MINUTE_MS)).toBe('CLONED_APART');
  });

  it('tells the story under a wrong clock and a spool', () => {
    for (const truth of ['WRONG_CLOCK', 'SPOOLED'] as const) {
      const machine = oneOf(truth, ({ story }) => story === 'EXPOSED_NO_CRASH');
      expect(truthAt(machine, noonOnMonday)).toBe('EXPOSED_NO_CRASH');
    }
  });

  it('knows nothing of a machine whose spool is still on its way, repaired or not', () => {
    const machine = oneOf(
      'SPOOLED',
      ({ held, milestones }) => (held?.untilMs ?? 0) > (milestones.repairedAtMs ?? Infinity),
    );
    const { held } = machine as { held: { untilMs: number } };
    expect(truthAt(machine, held.untilMs)).toBe('STILL_SPOOLED');
    expect(truthAt(machine, held.untilMs + MINUTE_MS)).toMatch(/^REPAIRED_UNPROVEN$|_FIXED$/);
  });
});
