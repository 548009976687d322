import * as fc from 'fast-check';
import { anIncidentsRules, deliveredTwice, lives } from '../../../test/support/deliveries';
import { at } from '../../../test/support/fleet';
import { aMachinesLife, arbitraryReports } from '../../../test/support/machine-lives';
import { DAY_MS, MINUTE_MS } from './clock';
import type { Rules } from './exposure';
import { enrolledMachine, type TrackedMachine } from './machine';
import { decideSilence } from './silence';
import { silenceDeadlineMs } from './silence-deadline';
import { siteHoldsUntilMs, type SiteSilence } from './site-silence';
import type { Transition } from './transition';

const RUNS = { seed: 20240719, numRuns: 300 };
const enrolled = enrolledMachine(at('2024-07-01T09:00Z'));
const anyReports = fc
  .oneof(deliveredTwice(aMachinesLife), deliveredTwice(arbitraryReports))
  .map(({ disordered }) => disordered);
/** A machine wherever its life left it, or one in a state whose silence its site may explain, last heard on a weekday by daylight. */
const aMachine = fc.tuple(
  anyReports,
  anIncidentsRules,
  fc.option(
    fc.tuple(
      fc.constantFrom('STABILISING', 'RELAPSED', 'LATENT', 'IN_REPAIR' as const),
      fc.constantFrom('2024-07-22T06:00Z', '2024-07-23T06:00Z', '2024-07-25T06:00Z'),
      fc.nat(720),
    ),
    { freq: 5 },
  ),
);

/** That machine, and a site that fell silent about when it did and may have come back. */
const machineAtDarkSite = fc
  .tuple(
    aMachine,
    fc.integer({ min: -10, max: 25 }),
    fc.option(fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 6_000 }))),
  )
  .map(([[reports, rules, awaited], offMinutes, backAfterMinutes]) => {
    const lived = lives(enrolled, reports, rules).machine;
    const { heard } = lived.memory;
    const heardMs = awaited === null ? (heard?.atMs ?? 0) : at(awaited[1]) + awaited[2] * MINUTE_MS;
    const memory = heard === null ? lived.memory : { ...lived.memory, heard: { ...heard, atMs: heardMs } };
    const placed: TrackedMachine =
      awaited === null
        ? lived
        : { ...lived, memory, exposure: 'CRASHED', state: awaited[0], sinceMs: heardMs - MINUTE_MS };
    const machine = { ...placed, dueAtMs: silenceDeadlineMs(placed, rules) };
    const silentSinceMs = heardMs + offMinutes * MINUTE_MS;
    const backAtMs = backAfterMinutes === null ? null : silentSinceMs + backAfterMinutes * MINUTE_MS;
    const latest = awaited === null ? reports.map(({ receivedAtMs }) => receivedAtMs) : [];
    return { machine, rules, silentSinceMs, backAtMs, fromMs: Math.max(heardMs, silentSinceMs, ...latest) };
  });
type Story = { machine: TrackedMachine; rules: Rules; silentSinceMs: number; backAtMs: number | null };

/** When somebody looks, in minutes. */
const looks = fc.array(fc.nat(4 * 1_440), { maxLength: 12 }).map((minutes) => minutes.sort((a, b) => a - b));

/** What was known of the site at a moment: that it is back is noticed when it is. */
function siteAt({ silentSinceMs, backAtMs }: Story, nowMs: number): SiteSilence {
  return {
    silentSinceMs,
    machines: 5,
    spokeAgainAtMs: backAtMs !== null && backAtMs <= nowMs ? backAtMs : null,
  };
}

function lookAt(
  story: Story,
  momentsMs: readonly number[],
): { machine: TrackedMachine; transitions: Transition[] } {
  let { machine } = story;
  const transitions: Transition[] = [];
  for (const nowMs of momentsMs) {
    const decision = decideSilence(machine, nowMs, story.rules, [siteAt(story, nowMs)]);
    machine = decision.machine;
    transitions.push(...decision.transitions);
  }
  return { machine, transitions };
}

/** The evidence of a transition says whether the machine fell silent with its practice; everything else must be the same. */
function withoutSite(transitions: readonly Transition[]): unknown[] {
  return transitions.map(({ evidence, ...rest }) => ({
    ...rest,
    evidence: { ...evidence, siteSilentSince: null },
  }));
}

describe('a silent site', () => {
  it('only puts off: in the end the transitions are those of a machine whose site nobody asked about', () => {
    const check = fc.property(machineAtDarkSite, looks, (story, minutes) => {
      const endMs = story.fromMs + 60 * DAY_MS;
      const moments = [...minutes.map((minute) => story.fromMs + minute * MINUTE_MS), endMs];
      const alone = decideSilence(story.machine, endMs, story.rules);
      const held = lookAt(story, moments);
      expect([held.machine, withoutSite(held.transitions)]).toEqual([
        alone.machine,
        withoutSite(alone.transitions),
      ]);
    });
    fc.assert(check, RUNS);
  });

  it('gives the same at a moment however often somebody looked before', () => {
    const check = fc.property(machineAtDarkSite, looks, fc.nat(4 * 1_440), (story, minutes, last) => {
      const nowMs = story.fromMs + last * MINUTE_MS;
      const before = minutes.map((minute) => story.fromMs + minute * MINUTE_MS).filter((ms) => ms < nowMs);
      expect(lookAt(story, [...before, nowMs])).toEqual(lookAt(story, [nowMs]));
    });
    fc.assert(check, RUNS);
  });

  it('has nobody looked for too late: looking only when a machine is due gives each transition as soon as looking always does', () => {
    const check = fc.property(machineAtDarkSite, (story) => {
      const endMs = story.fromMs + 10 * DAY_MS;
      const step = 15 * MINUTE_MS;
      const movedAt = (lazily: boolean): number | null => {
        let machine = story.machine;
        for (let nowMs = story.fromMs; nowMs <= endMs; nowMs += step) {
          if (lazily && (machine.dueAtMs === null || machine.dueAtMs > nowMs)) continue;
          const decision = decideSilence(machine, nowMs, story.rules, [siteAt(story, nowMs)]);
          machine = decision.machine;
          if (decision.transitions.some(({ toState }) => toState === 'DOWN')) return nowMs;
        }
        return null;
      };
      expect(movedAt(true)).toBe(movedAt(false));
    });
    fc.assert(check, { ...RUNS, numRuns: 60 });
  });

  it('holds nobody beyond its end, and never before the machine is due', () => {
    let holds = 0;
    const check = fc.property(machineAtDarkSite, fc.nat(2 * 1_440), (story, minute) => {
      const nowMs = story.fromMs + minute * MINUTE_MS;
      const site = siteAt(story, nowMs);
      const { held, machine } = decideSilence(story.machine, nowMs, story.rules, [site]);
      if (!held) return;
      holds += 1;
      expect(siteHoldsUntilMs(site, story.rules)).toBeGreaterThan(nowMs);
      expect(machine.dueAtMs).toBeGreaterThan(nowMs);
      expect(machine.dueAtMs).toBeLessThanOrEqual(siteHoldsUntilMs(site, story.rules));
      expect({ ...machine, dueAtMs: null }).toEqual({ ...story.machine, dueAtMs: null });
    });
    fc.assert(check, RUNS);
    expect(holds).toBeGreaterThan(RUNS.numRuns / 20);
  });
});
