import { heartbeatsBetween, makeFleet, type Machine } from '../fleet';
import { groundTruthAt } from '../fleet/ground-truth';
import { EVEN_MIX } from '../fleet/mix';
import { FRIDAY, HOUR_MS, makeWeek, MINUTE_MS, MONDAY, SATURDAY, THURSDAY } from '../fleet/week';
import { HeardMachine } from './heard-machine';
import { RuleComparison } from './rule-comparison';

const week = makeWeek();
const window = { startMs: week.windowStartMs, endMs: week.windowEndMs };
const fromMs = week.at(THURSDAY, 6);
const { machines } = makeFleet({
  seed: 'rules',
  machines: 1_500,
  practices: [{ odsCode: 'A81001', icb: null }],
  mix: EVEN_MIX,
});
const watchedAt = (
  atMs: number,
): { fromMs: number; atMs: number; windowStartMs: number; windowEndMs: number } => ({
  fromMs,
  atMs,
  windowStartMs: window.startMs,
  windowEndMs: window.endMs,
});

function heardBy(machine: Machine, atMs: number): HeardMachine | null {
  const heartbeats = heartbeatsBetween(machine, Math.max(fromMs, machine.enrolAtMs), atMs);
  const heard = new HeardMachine();
  for (const heartbeat of heartbeats) heard.add(heartbeat, window);
  return heartbeats.length === 0 ? null : heard;
}

/** The counts over some machines, of which the service says `state`. */
function compared(
  some: readonly Machine[],
  atMs: number,
  state = 'UNVERIFIED',
  identityConflict = false,
): RuleComparison {
  const comparison = new RuleComparison(watchedAt(atMs));
  for (const machine of some) comparison.add(machine, heardBy(machine, atMs), { state, identityConflict });
  return comparison;
}

const noonOnMonday = week.at(MONDAY, 11);
const truthAt = (machine: Machine, atMs: number): string => groundTruthAt(machine, watchedAt(atMs));

describe('RuleComparison', () => {
  it('shares the broken machines out among found, falsely recovered and missed, for every rule', () => {
    const comparison = compared(machines, noonOnMonday);
    const { broken, sound } = comparison.machines;
    expect(broken).toBeGreaterThan(20);
    expect(broken + sound).toBe(machines.length);
    for (const name of ['last seen, 15 minutes', 'last seen, 7 days', "vendor's query", 'this service']) {
      const { found, falselyRecovered, missed, falselyCondemned } = comparison.of(name);
      expect(found + falselyRecovered + missed).toBe(broken);
      expect(falselyCondemned).toBeLessThanOrEqual(sound);
    }
    expect(Math.max(...comparison.print().map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('last-seen condemns what is switched off at night, and a week of it calls everything fine', () => {
    const never = machines.filter(
      ({ truth, tracks }) => truth === 'NEVER_EXPOSED' && (tracks[0] ?? []).length > 2,
    );
    const night = week.at(SATURDAY, 2);
    const heard = never.filter((machine) => heardBy(machine, night) !== null).length;
    expect(heard).toBeGreaterThan(20);
    expect(compared(never, night).of('last seen, 15 minutes').falselyCondemned).toBe(heard);
    expect(compared(never, night).of('last seen, 7 days').falselyCondemned).toBe(0);
    const crashed = machines.filter((machine) => truthAt(machine, noonOnMonday) === 'CRASHED_NOT_FIXED');
    expect(crashed.length).toBeGreaterThan(10);
    expect(compared(crashed, noonOnMonday).of('last seen, 7 days').falselyRecovered).toBe(crashed.length);
  });

  it('last-seen takes a latent machine, and one in its loop, for recovered', () => {
    const atMs = week.at(FRIDAY, 6);
    const latent = machines.filter((machine) => truthAt(machine, atMs) === 'LATENT_HELD');
    expect(latent.length).toBeGreaterThan(5);
    expect(compared(latent, atMs).of('last seen, 15 minutes').falselyRecovered).toBe(latent.length);
  });

  it("the vendor's query finds what reported the faulty file in the window and fell silent, and drops what did not", () => {
    const atMs = week.at(SATURDAY, 11);
    const crashed = machines.filter((machine) => truthAt(machine, atMs) === 'CRASHED_NOT_FIXED');
    const told = crashed.filter((machine) => heardBy(machine, atMs)?.lastFile === 'FAULTY');
    const untold = crashed.filter((machine) => heardBy(machine, atMs)?.lastFile === 'OTHER');
    expect(told.length).toBeGreaterThan(5);
    expect(untold.length).toBeGreaterThan(5);
    const foundOf = (some: readonly Machine[], name: string): number => compared(some, atMs).of(name).found;
    expect(foundOf(told, "vendor's query")).toBeGreaterThan(told.length / 2);
    expect(compared(untold, atMs).of("vendor's query")).toMatchObject({ found: 0 });
    expect(foundOf(untold, "vendor's query, told at once")).toBeGreaterThan(untold.length / 2);
    expect(foundOf(told, "vendor's query, told at once")).toBeGreaterThanOrEqual(
      foundOf(told, "vendor's query"),
    );
  });

  it("the vendor's query condemns no machine that never held the file", () => {
    const never = machines.filter(({ truth }) => truth === 'NEVER_EXPOSED' || truth === 'SILENT_OTHER');
    for (const atMs of [week.at(SATURDAY, 2), noonOnMonday]) {
      expect(compared(never, atMs).of("vendor's query").falselyCondemned).toBe(0);
      expect(compared(never, atMs).of("vendor's query, told at once").falselyCondemned).toBe(0);
    }
  });

  it('counts the service by its states', () => {
    const atMs = week.windowEndMs + 2 * HOUR_MS;
    const crashed = machines.filter((machine) => truthAt(machine, atMs) === 'CRASHED_NOT_FIXED');
    const of = (state: string): unknown => compared(crashed, atMs, state).of('this service');
    const none = { found: 0, falselyRecovered: 0, missed: 0, falselyCondemned: 0 };
    expect(of('DOWN')).toEqual({ ...none, found: crashed.length });
    expect(of('NOT_AFFECTED')).toEqual({ ...none, falselyRecovered: crashed.length });
    expect(of('STABILISING')).toEqual({ ...none, missed: crashed.length });
    const inConflict = compared(crashed, atMs, 'STABILISING', true).of('this service');
    expect(inConflict).toEqual({ ...none, found: crashed.length });
    const sound = machines.filter((machine) => truthAt(machine, atMs) === 'NOT_SEEN_SINCE');
    expect(compared(sound, atMs, 'DOWN').of('this service')).toEqual({
      ...none,
      falselyCondemned: sound.length,
    });
  });

  it('leaves ghosts out, and refuses the name of a rule that is none', () => {
    const [machine] = machines;
    if (machine === undefined) throw new Error('the fleet is empty');
    const comparison = compared([{ ...machine, ghost: true }], week.windowEndMs + 30 * MINUTE_MS);
    expect(comparison.machines).toEqual({ broken: 0, sound: 0 });
    expect(() => comparison.of('a guess')).toThrow(RangeError);
  });
});
