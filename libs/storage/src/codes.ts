import {
  EXPOSURES,
  MACHINE_ROLES,
  RECOVERY_STATES,
  TRANSITION_REASONS,
  type Exposure,
  type MachineRole,
  type RecoveryState,
  type TransitionReason,
} from '@app/recovery';

/**
 * Small integers stand for the words of the rules in the tables: their place in the rules' lists, which therefore only ever
 * grow at the end. (`codes.spec.ts` pins them.)
 */
export const EXPOSURE_CODE = codesOf(EXPOSURES);
export const STATE_CODE = codesOf(RECOVERY_STATES);
export const REASON_CODE = codesOf(TRANSITION_REASONS);

/** The code of a role where `machine_status` keeps a copy of it; 0: nobody has said. */
export function roleCode(role: MachineRole | null): number {
  return role === null ? 0 : MACHINE_ROLES.indexOf(role) + 1;
}

/** The exposure that a code stands for. Throws for an unknown one: a wrong word would be a wrong verdict. */
export function exposureOf(code: number): Exposure {
  return wordOf(EXPOSURES, code, 'exposure');
}

/** The state that a code stands for. Throws for an unknown one. */
export function stateOf(code: number): RecoveryState {
  return wordOf(RECOVERY_STATES, code, 'state');
}

/** The reason that a code stands for. Throws for an unknown one. */
export function reasonOf(code: number): TransitionReason {
  return wordOf(TRANSITION_REASONS, code, 'reason');
}

function codesOf<T extends string>(words: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(words.map((word, code) => [word, code])) as Record<T, number>;
}

function wordOf<T extends string>(words: readonly T[], code: number, what: string): T {
  const word = words[code];
  if (word === undefined) throw new Error(`the database holds an unknown ${what}: ${code}`);
  return word;
}
