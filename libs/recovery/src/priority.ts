import { DAY_MS } from './clock';
import type { MachineRole } from './machine-role';
import { WORKING_IN_STATE } from './practice-condition';
import { RECOVERY_STATES, type RecoveryState } from './state';

/** What a score is made of. */
export const PRIORITY_FACTORS = [
  'NO_WORKING_MACHINE_AT_PRACTICE',
  'PRACTICE_OPEN',
  'STATE',
  'ROLE',
  'AGE',
] as const;
export type PriorityFactor = (typeof PRIORITY_FACTORS)[number];

/** One part of a score; what adds nothing is left out. */
export type PriorityPart = { readonly factor: PriorityFactor; readonly points: number };

/** How urgently a machine needs somebody: the sum of its parts. 0 without parts: it needs nobody. */
export type Priority = { readonly score: number; readonly parts: readonly PriorityPart[] };

/** What a score is worked out from. */
export type PriorityFacts = {
  readonly state: RecoveryState;
  /** null: nobody has said what it is for. */
  readonly role: MachineRole | null;
  readonly sinceMs: number;
  readonly practiceIsOpen: boolean;
  /** No machine of the practice works. */
  readonly practiceHasNoWorkingMachine: boolean;
};

/**
 * The points, all in tens, so that the age, which has at most 9, decides between equals only.
 *
 * - A practice without one working machine sees nobody; it comes before everything else.
 * - An open practice needs its machines now; a closed one in the morning.
 * - Down and looping machines are of no use to anybody; a relapsed one is about to be. A latent one works, and stops working at
 *   its next boot. Where somebody is at it already, or it only has to prove itself, others come first; a machine at risk works.
 *   One of which nothing is known may be in a drawer.
 * - Roles in the order of clinical importance; a machine that nobody described counts as any other.
 */
export const PRIORITY_POINTS = {
  noWorkingMachineAtPractice: 300,
  practiceOpen: 200,
  state: {
    DOWN: 100,
    CRASH_LOOPING: 100,
    RELAPSED: 90,
    LATENT: 70,
    IN_REPAIR: 50,
    STABILISING: 30,
    RECOVERED_AT_RISK: 20,
    UNVERIFIED: 10,
  } as Readonly<Partial<Record<RecoveryState, number>>>,
  role: { RECEPTION: 50, CONSULTING_ROOM: 40, DISPENSARY: 30, SERVER: 20, OTHER: 10 } as Readonly<
    Record<MachineRole, number>
  >,
  ofUnknownRole: 10,
  perDayOfAge: 1,
  ageMax: 9,
} as const;

/** The states in which a machine needs somebody, most urgent first. */
export const URGENT_STATES: readonly RecoveryState[] = RECOVERY_STATES.filter(
  (state) => PRIORITY_POINTS.state[state] !== undefined,
).sort((a, b) => (PRIORITY_POINTS.state[b] ?? 0) - (PRIORITY_POINTS.state[a] ?? 0));

/** The score of a machine at a moment, with its parts. */
export function priorityOf(facts: PriorityFacts, nowMs: number): Priority {
  const ofState = PRIORITY_POINTS.state[facts.state];
  if (ofState === undefined) return { score: 0, parts: [] };
  const parts: PriorityPart[] = [];
  const add = (factor: PriorityFactor, points: number): void => {
    if (points > 0) parts.push({ factor, points });
  };
  if (facts.practiceHasNoWorkingMachine)
    add('NO_WORKING_MACHINE_AT_PRACTICE', PRIORITY_POINTS.noWorkingMachineAtPractice);
  if (facts.practiceIsOpen) add('PRACTICE_OPEN', PRIORITY_POINTS.practiceOpen);
  add('STATE', ofState);
  add('ROLE', rolePoints(facts.role));
  const days = Math.floor(Math.max(0, nowMs - facts.sinceMs) / DAY_MS);
  add('AGE', Math.min(days * PRIORITY_POINTS.perDayOfAge, PRIORITY_POINTS.ageMax));
  return { score: parts.reduce((sum, { points }) => sum + points, 0), parts };
}

/** The points that a machine's own state and role give it: what its place in a list follows from, besides its practice and its age. */
export function ownPoints(state: RecoveryState, role: MachineRole | null): number {
  const ofState = PRIORITY_POINTS.state[state];
  return ofState === undefined ? 0 : ofState + rolePoints(role);
}

function rolePoints(role: MachineRole | null): number {
  return role === null ? PRIORITY_POINTS.ofUnknownRole : PRIORITY_POINTS.role[role];
}

/** Whether staff can use a machine in this state: it works, or it is up and has yet to prove that it stays. */
export function isWorking(state: RecoveryState): boolean {
  return WORKING_IN_STATE[state] === 'YES' || state === 'STABILISING';
}
