import * as fc from 'fast-check';
import { DAY_MS, HOUR_MS } from './clock';
import { MACHINE_ROLES } from './machine-role';
import { isWorking, ownPoints, priorityOf, URGENT_STATES, type PriorityFacts } from './priority';
import { RECOVERY_STATES } from './state';

const NOW_MS = Date.parse('2024-07-22T08:00:00Z');
const DOWN_AT_RECEPTION: PriorityFacts = {
  state: 'DOWN',
  role: 'RECEPTION',
  sinceMs: NOW_MS - 3 * DAY_MS - HOUR_MS,
  practiceIsOpen: true,
  practiceHasNoWorkingMachine: true,
};

describe('the priority of a machine', () => {
  it('is the sum of its parts, which say where it comes from', () => {
    expect(priorityOf(DOWN_AT_RECEPTION, NOW_MS)).toEqual({
      score: 653,
      parts: [
        { factor: 'NO_WORKING_MACHINE_AT_PRACTICE', points: 300 },
        { factor: 'PRACTICE_OPEN', points: 200 },
        { factor: 'STATE', points: 100 },
        { factor: 'ROLE', points: 50 },
        { factor: 'AGE', points: 3 },
      ],
    });
  });

  it.each<[string, Partial<PriorityFacts>, number]>([
    ['a consulting room', { role: 'CONSULTING_ROOM' }, 643],
    ['a dispensary', { role: 'DISPENSARY' }, 633],
    ['a server', { role: 'SERVER' }, 623],
    ['any other machine', { role: 'OTHER' }, 613],
    ['a machine that nobody described', { role: null }, 613],
    ['a practice that is closed', { practiceIsOpen: false }, 453],
    ['a practice with a machine that works', { practiceHasNoWorkingMachine: false }, 353],
    ['a loop', { state: 'CRASH_LOOPING' }, 653],
    ['a relapse', { state: 'RELAPSED' }, 643],
    ['the faulty file on a machine that works', { state: 'LATENT' }, 623],
    ['a repair under way', { state: 'IN_REPAIR' }, 603],
    ['a machine that proves itself', { state: 'STABILISING' }, 583],
    ['a machine at risk', { state: 'RECOVERED_AT_RISK' }, 573],
    ['a machine of which nothing is known', { state: 'UNVERIFIED' }, 563],
    ['just now', { sinceMs: NOW_MS }, 650],
    ['a day minus a millisecond', { sinceMs: NOW_MS - DAY_MS + 1 }, 650],
    ['a day', { sinceMs: NOW_MS - DAY_MS }, 651],
    ['nine days', { sinceMs: NOW_MS - 9 * DAY_MS }, 659],
    ['a year', { sinceMs: NOW_MS - 365 * DAY_MS }, 659],
    ['a state that begins later, by another clock', { sinceMs: NOW_MS + DAY_MS }, 650],
  ])('of %s', (_name, facts, score) => {
    expect(priorityOf({ ...DOWN_AT_RECEPTION, ...facts }, NOW_MS).score).toBe(score);
  });

  it.each(RECOVERY_STATES.filter((state) => !URGENT_STATES.includes(state)))(
    'of %s is none at all, whatever else is so',
    (state) => {
      expect(priorityOf({ ...DOWN_AT_RECEPTION, state }, NOW_MS)).toEqual({ score: 0, parts: [] });
      expect(ownPoints(state, 'RECEPTION')).toBe(0);
    },
  );

  const facts = fc.record({
    state: fc.constantFrom(...RECOVERY_STATES),
    role: fc.option(fc.constantFrom(...MACHINE_ROLES)),
    sinceMs: fc.integer({ min: NOW_MS - 30 * DAY_MS, max: NOW_MS }),
    practiceIsOpen: fc.boolean(),
    practiceHasNoWorkingMachine: fc.boolean(),
  });

  it('orders as state, role and practice do, and by age only where these are equal: what a list is read by', () => {
    fc.assert(
      fc.property(facts, facts, fc.boolean(), (a, b, practiceIsOpen) => {
        const stable = (one: PriorityFacts): number => {
          const own = ownPoints(one.state, one.role);
          return own === 0 ? 0 : own + (one.practiceHasNoWorkingMachine ? 300 : 0);
        };
        const score = (one: PriorityFacts): number => priorityOf({ ...one, practiceIsOpen }, NOW_MS).score;
        if (stable(a) > stable(b)) expect(score(a)).toBeGreaterThan(score(b));
        if (stable(a) === stable(b) && a.sinceMs <= b.sinceMs)
          expect(score(a)).toBeGreaterThanOrEqual(score(b));
      }),
    );
  });

  it('never falls as time passes while the practice stays open or closed', () => {
    fc.assert(
      fc.property(facts, fc.nat(40 * DAY_MS), (one, laterMs) => {
        const now = priorityOf(one, NOW_MS).score;
        expect(priorityOf(one, NOW_MS + laterMs).score).toBeGreaterThanOrEqual(now);
      }),
    );
  });
});

it('a machine works that booted normally and has not fallen over since, also while it proves itself or must not be rebooted', () => {
  expect(RECOVERY_STATES.filter(isWorking)).toEqual([
    'NOT_AFFECTED',
    'LATENT',
    'STABILISING',
    'RECOVERED',
    'RECOVERED_AT_RISK',
  ]);
});
