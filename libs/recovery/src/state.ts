/** Where a machine is now. The table of entering and leaving stands in `derive-state.ts` and `silence.ts`. */
export const RECOVERY_STATES = [
  'UNVERIFIED',
  'NOT_AFFECTED',
  'LATENT',
  'DOWN',
  'CRASH_LOOPING',
  'IN_REPAIR',
  'STABILISING',
  'RECOVERED',
  'RECOVERED_AT_RISK',
  'RELAPSED',
  'REPLACED',
  'DORMANT',
  'RETIRED',
] as const;
export type RecoveryState = (typeof RECOVERY_STATES)[number];

/** What a state means for the people who count. */
export const STATE_GROUPS = ['UNKNOWN', 'FINE', 'UNRECOVERED', 'RECOVERED', 'EXEMPT'] as const;
export type StateGroup = (typeof STATE_GROUPS)[number];

export const GROUP_OF_STATE = {
  UNVERIFIED: 'UNKNOWN',
  NOT_AFFECTED: 'FINE',
  LATENT: 'UNRECOVERED',
  DOWN: 'UNRECOVERED',
  CRASH_LOOPING: 'UNRECOVERED',
  IN_REPAIR: 'UNRECOVERED',
  STABILISING: 'UNRECOVERED',
  RECOVERED: 'RECOVERED',
  RECOVERED_AT_RISK: 'RECOVERED',
  RELAPSED: 'UNRECOVERED',
  REPLACED: 'RECOVERED',
  DORMANT: 'EXEMPT',
  RETIRED: 'EXEMPT',
} as const satisfies Record<RecoveryState, StateGroup>;

/**
 * The allowed moves. Three of them carry the promises of the system: nothing but a relapse leaves RECOVERED towards the
 * unrecovered (silence never un-recovers); nothing silent leads from NOT_AFFECTED (silence never condemns); and no state
 * reaches RECOVERED without having been STABILISING or RELAPSED (alive is not recovered). A move to NOT_AFFECTED from an
 * affected state is a reclassification: evidence arrived that the machine never was affected. So is one from RELAPSED to LATENT
 * or STABILISING: evidence arrived that there was nothing to recover from before the harm.
 */
// prettier-ignore
export const MOVES = {
  UNVERIFIED: ['NOT_AFFECTED', 'LATENT', 'DOWN', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  NOT_AFFECTED: ['LATENT', 'CRASH_LOOPING', 'STABILISING', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  LATENT: ['NOT_AFFECTED', 'DOWN', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  DOWN: ['UNVERIFIED', 'NOT_AFFECTED', 'LATENT', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  CRASH_LOOPING: ['NOT_AFFECTED', 'LATENT', 'DOWN', 'IN_REPAIR', 'STABILISING', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  IN_REPAIR: ['UNVERIFIED', 'NOT_AFFECTED', 'LATENT', 'DOWN', 'CRASH_LOOPING', 'STABILISING', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  STABILISING: ['NOT_AFFECTED', 'LATENT', 'DOWN', 'CRASH_LOOPING', 'IN_REPAIR', 'RECOVERED', 'RECOVERED_AT_RISK', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  RECOVERED: ['NOT_AFFECTED', 'RECOVERED_AT_RISK', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  RECOVERED_AT_RISK: ['NOT_AFFECTED', 'RECOVERED', 'RELAPSED', 'REPLACED', 'DORMANT', 'RETIRED'],
  RELAPSED: ['NOT_AFFECTED', 'LATENT', 'DOWN', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING', 'RECOVERED', 'RECOVERED_AT_RISK', 'REPLACED', 'DORMANT', 'RETIRED'],
  REPLACED: ['UNVERIFIED', 'NOT_AFFECTED', 'LATENT', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING', 'RELAPSED'],
  DORMANT: ['UNVERIFIED', 'NOT_AFFECTED', 'LATENT', 'CRASH_LOOPING', 'IN_REPAIR', 'STABILISING', 'RELAPSED', 'REPLACED', 'RETIRED'],
  RETIRED: ['UNVERIFIED'],
} as const satisfies Record<RecoveryState, readonly RecoveryState[]>;

/** Whether the table allows this move in one step. */
export function isMoveAllowed(from: RecoveryState, to: RecoveryState): boolean {
  return (MOVES[from] as readonly RecoveryState[]).includes(to);
}

/**
 * The steps from one state to another: the direct move where the table allows it, otherwise by way of STABILISING (one report
 * may bring a machine back and prove it well) or RELAPSED (one report may tell of a crash and of the loop after it). Empty
 * when nothing changes, null when there is no allowed way.
 */
export function routeBetween(from: RecoveryState, to: RecoveryState): readonly RecoveryState[] | null {
  if (from === to) return [];
  if (isMoveAllowed(from, to)) return [to];
  for (const via of ['STABILISING', 'RELAPSED'] as const) {
    if (isMoveAllowed(from, via) && isMoveAllowed(via, to)) return [via, to];
  }
  return null;
}
