import type { Exposure } from './exposure';
import { EMPTY_MEMORY, type Memory } from './memory';
import type { RecoveryState } from './state';
import type { TransitionReason } from './transition';

/** A machine as the rules see it: what is concluded, since when and why, and what is remembered. */
export type TrackedMachine = {
  readonly exposure: Exposure;
  readonly state: RecoveryState;
  /** Event time at which the present state began. */
  readonly sinceMs: number;
  /** Why the machine is in its present state. */
  readonly reason: TransitionReason;
  /** When silence alone would change something; null when it never will. */
  readonly dueAtMs: number | null;
  readonly memory: Memory;
};

/** A machine that has been enrolled and of which nothing is known. */
export function enrolledMachine(enrolledAtMs: number): TrackedMachine {
  return {
    exposure: 'UNKNOWN',
    state: 'UNVERIFIED',
    sinceMs: enrolledAtMs,
    reason: 'ENROLLED',
    dueAtMs: null,
    memory: EMPTY_MEMORY,
  };
}
