import type { MachineRole } from './machine-role';
import type { RecoveryState } from './state';

/**
 * How a practice works, by people's word. A separate axis from its machines: a practice may be on paper with every machine healthy,
 * because its clinical system is hosted elsewhere. UNREPORTED: nobody has said, or what was said has lapsed; never taken for NORMAL.
 */
export const PRACTICE_MODES = [
  'NORMAL',
  'DEGRADED',
  'PAPER',
  'URGENT_ONLY',
  'CLOSED_DIVERTED',
  'UNREPORTED',
] as const;
export type PracticeMode = (typeof PRACTICE_MODES)[number];
/** A mode that somebody can report. */
export type ReportedMode = Exclude<PracticeMode, 'UNREPORTED'>;

/** What the practice can do with its clinical system. */
export const CLINICAL_ACCESSES = ['FULL', 'LIMITED', 'READ_ONLY', 'NONE'] as const;
export type ClinicalAccess = (typeof CLINICAL_ACCESSES)[number];

/** Whether a machine does its work. MAYBE: up but not proven, or never heard. */
export type Working = 'YES' | 'MAYBE' | 'NO';

/** What each state means to somebody who wants to work at the machine; null: it is not there to be worked at. */
export const WORKING_IN_STATE = {
  UNVERIFIED: 'MAYBE',
  NOT_AFFECTED: 'YES',
  LATENT: 'YES',
  DOWN: 'NO',
  CRASH_LOOPING: 'NO',
  IN_REPAIR: 'NO',
  STABILISING: 'MAYBE',
  RECOVERED: 'YES',
  RECOVERED_AT_RISK: 'YES',
  RELAPSED: 'NO',
  REPLACED: null,
  DORMANT: null,
  RETIRED: null,
} as const satisfies Record<RecoveryState, Working | null>;

/** The machines of one role at one practice; null: nobody has said what they are for. */
export type RoleMachines = {
  readonly role: MachineRole | null;
  readonly working: number;
  readonly maybe: number;
  readonly notWorking: number;
};

/**
 * USABLE: the clinical system can be reached, and every role that the practice has machines for has one that works. UNKNOWN:
 * something of it nobody knows.
 */
export const USABILITIES = ['USABLE', 'NOT_USABLE', 'UNKNOWN'] as const;
export type Usability = (typeof USABILITIES)[number];

/** What explains that a practice does not work normally. NEITHER: something else, telephones for example. */
export const TROUBLE_CAUSES = [
  'NO_TROUBLE',
  'MACHINES',
  'CLINICAL_SYSTEM',
  'BOTH',
  'NEITHER',
  'UNREPORTED',
] as const;
export type TroubleCause = (typeof TROUBLE_CAUSES)[number];

/** One machine in four that does not work is the first loss that a day's work notices. */
const NOTICED_SHARE = 0.25;

/** Whether a practice can be worked in. */
export function usabilityOf(access: ClinicalAccess | null, roles: readonly RoleMachines[]): Usability {
  const machines = machinesWork(roles);
  if (access === 'NONE' || machines === 'NO') return 'NOT_USABLE';
  return access !== null && machines === 'YES' ? 'USABLE' : 'UNKNOWN';
}

/**
 * What explains the mode that people report: machines where a role has none that works, or a quarter of all do not; the clinical
 * system where access to it is less than full.
 */
export function troubleCause(
  mode: PracticeMode,
  access: ClinicalAccess | null,
  roles: readonly RoleMachines[],
): TroubleCause {
  if (mode === 'UNREPORTED') return 'UNREPORTED';
  if (mode === 'NORMAL') return 'NO_TROUBLE';
  const system = access !== null && access !== 'FULL';
  const all = sum(roles, (one) => one.working + one.maybe + one.notWorking);
  const lost = sum(roles, (one) => one.notWorking);
  const machines = machinesWork(roles) === 'NO' || (all > 0 && lost >= all * NOTICED_SHARE);
  if (machines) return system ? 'BOTH' : 'MACHINES';
  return system ? 'CLINICAL_SYSTEM' : 'NEITHER';
}

/** NO: some role has no machine that works, for certain. A practice without a machine that is known: MAYBE. */
function machinesWork(roles: readonly RoleMachines[]): Working {
  const inUse = roles.filter((one) => one.working + one.maybe + one.notWorking > 0);
  if (inUse.some((one) => one.working + one.maybe === 0)) return 'NO';
  return inUse.length > 0 && inUse.every((one) => one.working > 0) ? 'YES' : 'MAYBE';
}

function sum(roles: readonly RoleMachines[], of: (one: RoleMachines) => number): number {
  return roles.reduce((total, one) => total + of(one), 0);
}
