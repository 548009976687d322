import type { MachineRole, PersonsActRefusal } from '@app/recovery';
import type { MachineKey } from '@app/storage';

/** How machines were brought back in July 2024, as the vendors' guidance and IT teams' own reports describe it. */
export const REPAIR_ROUTES = [
  'REBOOT',
  'SAFE_MODE_DELETE_FILE',
  'RECOVERY_USB',
  'NETWORK_BOOT',
  'CLOUD_REMEDIATION',
  'RESTORE_OR_DISK_SWAP',
  'REIMAGE',
  'REPLACE_HARDWARE',
  'SENSOR_REPAIR',
  'AFTER_CARE',
  'OTHER',
] as const;
export type RepairRoute = (typeof REPAIR_ROUTES)[number];

/** How a repair ended, by the word of whoever tried it. Whether the machine has recovered is for its reports to say. */
export const REPAIR_OUTCOMES = ['WORKS', 'NO_CHANGE', 'BLOCKED', 'GIVEN_UP'] as const;
export type RepairOutcome = (typeof REPAIR_OUTCOMES)[number];

/** What stood in the way of a repair. */
export const REPAIR_BLOCKERS = [
  'BITLOCKER_KEY_MISSING',
  'NO_ADMINISTRATOR',
  'NO_ACCESS_TO_SITE',
  'MACHINE_NOT_FOUND',
  'HARDWARE_BROKEN',
  'NO_NETWORK',
  'OTHER',
] as const;
export type RepairBlocker = (typeof REPAIR_BLOCKERS)[number];

/** SAME_MACHINE: it was one machine all along, a restored snapshot for example; TWO_MACHINES: both have to enrol again. */
export const IDENTITY_RESOLUTIONS = ['SAME_MACHINE', 'TWO_MACHINES'] as const;
export type IdentityResolution = (typeof IDENTITY_RESOLUTIONS)[number];

/** What a person does for one machine or for many. A null where a field may be null takes the value away. */
export type CareAction =
  /** Takes it into one's own care, or into that of somebody named, for a while. */
  | { readonly kind: 'CLAIM'; readonly assignee: string | null; readonly forMs: number }
  /** Gives it back; `force`: also when it is somebody else's. */
  | { readonly kind: 'RELEASE'; readonly force: boolean }
  | { readonly kind: 'NOTE'; readonly text: string }
  | { readonly kind: 'TAG'; readonly add: readonly string[]; readonly remove: readonly string[] }
  /** Says what it is for and where it stands; a field left out stays as it is. */
  | {
      readonly kind: 'DESCRIBE';
      readonly role?: MachineRole | null | undefined;
      readonly assetTag?: string | null | undefined;
      readonly location?: string | null | undefined;
    }
  | {
      readonly kind: 'ATTEMPT';
      readonly route: RepairRoute;
      readonly outcome: RepairOutcome;
      readonly blocker: RepairBlocker | null;
      readonly minutes: number | null;
      readonly note: string | null;
    }
  | { readonly kind: 'CHECK_IN'; readonly note: string | null }
  | { readonly kind: 'ATTEST_CRASH'; readonly seenAtMs: number | null; readonly note: string | null }
  | { readonly kind: 'ATTEST_RECOVERY'; readonly note: string | null }
  | { readonly kind: 'WITHDRAW_ATTESTATION'; readonly note: string | null }
  | { readonly kind: 'SET_DORMANT' | 'RETIRE'; readonly reason: string; readonly reviewOn: string }
  | { readonly kind: 'REOPEN'; readonly reason: string }
  | { readonly kind: 'REPLACE'; readonly successor: MachineKey; readonly note: string | null }
  | {
      readonly kind: 'SETTLE_IDENTITY';
      readonly resolution: IdentityResolution;
      readonly note: string | null;
    }
  | { readonly kind: 'MOVE'; readonly toPractice: string; readonly note: string | null };

/** Every kind of care event: the actions, and what follows from them on other machines. */
export const CARE_KINDS = [
  'CLAIM',
  'RELEASE',
  'NOTE',
  'TAG',
  'DESCRIBE',
  'ATTEMPT',
  'CHECK_IN',
  'ATTEST_CRASH',
  'ATTEST_RECOVERY',
  'WITHDRAW_ATTESTATION',
  'SET_DORMANT',
  'RETIRE',
  'REOPEN',
  'REPLACE',
  'SETTLE_IDENTITY',
  'MOVE',
  /** It came from another practice. */
  'ARRIVE',
  /** The register said something of it. */
  'REGISTER',
  'LEAVE_REGISTER',
  'RETURN_TO_REGISTER',
] as const;
export type CareKind = (typeof CARE_KINDS)[number];

/** Why nothing was done for one machine. */
export type MachineRefusal =
  | PersonsActRefusal
  | 'UNKNOWN_MACHINE'
  | 'VERSION_MISMATCH'
  | 'CLAIMED_BY_SOMEBODY_ELSE'
  | 'NOT_CLAIMED'
  | 'TOO_MANY_TAGS'
  | 'UNKNOWN_SUCCESSOR'
  | 'UNKNOWN_PRACTICE';

/** Why a request as a whole did nothing. */
export type RequestRefusal =
  | 'INVALID_VALUE'
  | 'FORBIDDEN_TEXT'
  | 'KEY_USED_FOR_ANOTHER_REQUEST'
  | 'REQUEST_UNDER_WAY'
  | 'PREVIEW_OUT_OF_DATE'
  | 'TOO_MANY_MACHINES';

/** Every code of the two, for lists of codes. */
export const CARE_REFUSALS = [
  'NOT_IN_THIS_STATE',
  'ALREADY_SO',
  'NOT_AT_THAT_TIME',
  'UNKNOWN_MACHINE',
  'VERSION_MISMATCH',
  'CLAIMED_BY_SOMEBODY_ELSE',
  'NOT_CLAIMED',
  'TOO_MANY_TAGS',
  'UNKNOWN_SUCCESSOR',
  'UNKNOWN_PRACTICE',
  'INVALID_VALUE',
  'FORBIDDEN_TEXT',
  'KEY_USED_FOR_ANOTHER_REQUEST',
  'REQUEST_UNDER_WAY',
  'PREVIEW_OUT_OF_DATE',
  'TOO_MANY_MACHINES',
] as const satisfies readonly (MachineRefusal | RequestRefusal)[];
export type CareRefusal = (typeof CARE_REFUSALS)[number];
