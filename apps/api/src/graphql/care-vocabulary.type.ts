import { registerEnumType } from '@nestjs/graphql';
import {
  CARE_KINDS,
  CARE_REFUSALS,
  IDENTITY_RESOLUTIONS,
  REPAIR_BLOCKERS,
  REPAIR_OUTCOMES,
  REPAIR_ROUTES,
} from '@app/care';
import { ATTESTATION_STATUSES, MACHINE_ROLES } from '@app/recovery';
import { described, enumOf } from './vocabulary.type';

/** The words of people's care as GraphQL enums, each value described. */

export const MachineRoleEnum = enumOf(MACHINE_ROLES);
registerEnumType(MachineRoleEnum, {
  name: 'MachineRole',
  description: 'What a machine is for at its practice.',
  valuesMap: described({
    RECEPTION: 'Books people in.',
    CONSULTING_ROOM: 'Somebody is seen at it.',
    DISPENSARY: 'Medicines are dispensed at it.',
    SERVER: 'Others depend on it.',
    OTHER: 'Anything else.',
  }),
});

export const CareKindEnum = enumOf(CARE_KINDS);
registerEnumType(CareKindEnum, {
  name: 'CareKind',
  description: 'What a person did.',
  valuesMap: described({
    CLAIM: 'Took it into care for a while.',
    RELEASE: 'Gave it back.',
    NOTE: 'Wrote a note.',
    TAG: 'Added or removed tags.',
    DESCRIBE: 'Said what it is for, or where it stands.',
    ATTEMPT: 'Tried a repair.',
    CHECK_IN: 'Went to it.',
    ATTEST_CRASH: 'Saw it crash.',
    ATTEST_RECOVERY: 'Said that it works again.',
    WITHDRAW_ATTESTATION: 'Took that word back.',
    SET_DORMANT: 'Set it aside as off for long.',
    RETIRE: 'Took it out of service.',
    REOPEN: 'Took it back.',
    REPLACE: 'Named the machine that took its place.',
    SETTLE_IDENTITY: 'Settled whose identity it is.',
    MOVE: 'Moved it to another practice.',
    ARRIVE: 'It came from another practice.',
    REGISTER: 'Took a list into the register that says something of it.',
    LEAVE_REGISTER: 'Took a list that no longer has it, and it was never enrolled.',
    RETURN_TO_REGISTER: 'Took a list that has it again.',
  }),
});

export const RepairRouteEnum = enumOf(REPAIR_ROUTES);
registerEnumType(RepairRouteEnum, {
  name: 'RepairRoute',
  description: 'How a repair was tried.',
  valuesMap: described({
    REBOOT: 'Restarted, on a wired network where possible, until the mended content was fetched.',
    SAFE_MODE_DELETE_FILE: 'Booted in safe mode or WinRE, and the file deleted.',
    RECOVERY_USB: 'Booted from a recovery tool.',
    NETWORK_BOOT: 'Booted from the network into a recovery tool.',
    CLOUD_REMEDIATION: 'The sensor quarantined the file itself.',
    RESTORE_OR_DISK_SWAP: 'Restored from a backup, or the disk mended on another machine.',
    REIMAGE: 'Windows installed anew.',
    REPLACE_HARDWARE: 'Another machine put in its place.',
    SENSOR_REPAIR: 'The sensor repaired or installed anew.',
    AFTER_CARE: 'BitLocker resumed, safe-boot flag removed, key rotated.',
    OTHER: 'Another way; the note says which.',
  }),
});

export const RepairOutcomeEnum = enumOf(REPAIR_OUTCOMES);
registerEnumType(RepairOutcomeEnum, {
  name: 'RepairOutcome',
  description:
    'How a repair ended, by the word of whoever tried it. Recovery is proved by the machine’s reports.',
  valuesMap: described({
    WORKS: 'It works.',
    NO_CHANGE: 'It is as before.',
    BLOCKED: 'Something stood in the way.',
    GIVEN_UP: 'Not worth another try.',
  }),
});

export const RepairBlockerEnum = enumOf(REPAIR_BLOCKERS);
registerEnumType(RepairBlockerEnum, {
  name: 'RepairBlocker',
  description: 'What stood in the way of a repair.',
  valuesMap: described({
    BITLOCKER_KEY_MISSING: 'It asks for a recovery key that nobody has.',
    NO_ADMINISTRATOR: 'No local administrator’s password.',
    NO_ACCESS_TO_SITE: 'The site or the room was closed.',
    MACHINE_NOT_FOUND: 'It is not where it should be.',
    HARDWARE_BROKEN: 'The hardware is broken.',
    NO_NETWORK: 'It has no network.',
    OTHER: 'Something else; the note says what.',
  }),
});

export const IdentityResolutionEnum = enumOf(IDENTITY_RESOLUTIONS);
registerEnumType(IdentityResolutionEnum, {
  name: 'IdentityResolution',
  description: 'What was found out about a machine that was heard twice at once.',
  valuesMap: described({
    SAME_MACHINE: 'One machine all along, a restored snapshot for example. Its credential stays good.',
    TWO_MACHINES:
      'Two machines with one image. Every credential is revoked: both have to enrol, each as itself.',
  }),
});

export const AttestationStatusEnum = enumOf(ATTESTATION_STATUSES);
registerEnumType(AttestationStatusEnum, {
  name: 'AttestationStatus',
  description: 'What has become of a person’s word that a machine works again.',
  valuesMap: described({
    UNCONFIRMED: 'No evidence speaks for it or against it yet. The machine counts as its state says.',
    CONFIRMED: 'The machine’s own reports prove it.',
    CONTRADICTED: 'Evidence of harm, or silence, came after it.',
  }),
});

export const CareErrorCodeEnum = enumOf(CARE_REFUSALS);
registerEnumType(CareErrorCodeEnum, {
  name: 'CareErrorCode',
  description: 'Why nothing was done, for one machine or for a whole request.',
  valuesMap: described({
    NOT_IN_THIS_STATE: 'The machine’s state does not allow it.',
    ALREADY_SO: 'It is so already.',
    NOT_AT_THAT_TIME: 'The moment lies before the incident or in the future.',
    UNKNOWN_MACHINE: 'There is no such machine.',
    VERSION_MISMATCH: 'Somebody did something for the machine after it was looked at.',
    CLAIMED_BY_SOMEBODY_ELSE: 'Somebody else takes care of it.',
    NOT_CLAIMED: 'Nobody takes care of it.',
    TOO_MANY_TAGS: 'A machine has at most 20 tags.',
    UNKNOWN_SUCCESSOR: 'No other machine of the same practice that is in use has this identity.',
    UNKNOWN_PRACTICE: 'No practice of this code is open.',
    INVALID_VALUE: 'A value is out of bounds; the message says which.',
    FORBIDDEN_TEXT: 'A text holds a recovery password or a patient’s number, which are never stored.',
    KEY_USED_FOR_ANOTHER_REQUEST: 'The idempotency key was used for something else.',
    REQUEST_UNDER_WAY: 'The same request is being carried out.',
    PREVIEW_OUT_OF_DATE: 'The filter finds another number of machines than expected.',
    TOO_MANY_MACHINES: 'The filter finds more than 10,000 machines.',
  }),
});
