import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  ACTION_REASONS,
  NEXT_ACTIONS,
  PRIORITY_FACTORS,
  type ActionReason,
  type NextAction,
  type PriorityFactor,
} from '@app/recovery';
import { described, enumOf } from './vocabulary.type';

/** What needs somebody first, and what they should do. */

const PriorityFactorEnum = enumOf(PRIORITY_FACTORS);
registerEnumType(PriorityFactorEnum, {
  name: 'PriorityFactor',
  description: 'What a score is made of.',
  valuesMap: described({
    NO_WORKING_MACHINE_AT_PRACTICE: '300 where no machine of the practice works.',
    PRACTICE_OPEN: '200 while practices are open.',
    STATE:
      'DOWN and CRASH_LOOPING 100, RELAPSED 90, LATENT 70, IN_REPAIR 50, STABILISING 30, RECOVERED_AT_RISK 20, UNVERIFIED 10.',
    ROLE: 'RECEPTION 50, CONSULTING_ROOM 40, DISPENSARY 30, SERVER 20, any other or not described 10.',
    AGE: '1 for each full day in the present state, at most 9: it decides between equals.',
  }),
});

/** The files that the vendor's instruction of 19 July 2024 says to delete: the good ones come back by themselves. */
const FAULTY_FILES = 'C-00000291*.sys in %WINDIR%\\System32\\drivers\\CrowdStrike';

export const NextActionEnum = enumOf(NEXT_ACTIONS);
registerEnumType(NextActionEnum, {
  name: 'NextAction',
  description: 'What somebody should do about a machine next.',
  valuesMap: described({
    NONE: 'Nothing.',
    WAIT: 'Wait for its reports, or for what is under way.',
    REBOOT_WIRED:
      'Power it on or restart it on a wired network: it may stay up long enough to fetch the mended file.',
    SAFE_MODE_DELETE_FILE: `Boot into safe mode or Windows recovery and delete ${FAULTY_FILES}.`,
    BITLOCKER_KEY_NEEDED: `Have the recovery key of its drive at hand, which will ask for it; boot into safe mode or Windows recovery and delete ${FAULTY_FILES}.`,
    DO_NOT_REBOOT: `Do not restart it: it works and would not come up again. Let it fetch the mended file, or delete ${FAULTY_FILES}, first.`,
    REPAIR_SENSOR: 'Repair or start the sensor: it is unprotected.',
    RESUME_BITLOCKER: 'Resume the protection of the drive.',
    REMOVE_SAFE_BOOT_FLAG: 'Remove the flag that makes it boot into safe mode.',
    ROTATE_KEY: 'Have a new recovery key made: the old one may have been read out.',
    CHECK_SITE_LINK: 'Look at the line of the practice, not at its machines.',
    SETTLE_IDENTITY: 'Find out which of two machines it is.',
  }),
});

const ActionReasonEnum = enumOf(ACTION_REASONS);
registerEnumType(ActionReasonEnum, {
  name: 'ActionReason',
  description: 'Why that is the next action.',
  valuesMap: described({
    NOTHING_TO_DO: 'It works, and no after-care is open.',
    SET_ASIDE: 'Dormant, retired or replaced.',
    NOTHING_PROVEN: 'Nothing is known of it; silence alone condemns no machine.',
    TWO_MACHINES_ONE_IDENTITY: 'Two machines have been heard under its identity.',
    WHOLE_SITE_SILENT: 'All of its practice fell silent at once.',
    HOLDS_FAULTY_FILE: 'It holds the faulty file and is up.',
    REPAIR_UNDER_WAY: 'It is in safe mode or Windows recovery, or an engineer is at it.',
    LEFT_IN_SAFE_MODE: 'The faulty file is gone, and it still boots into safe mode.',
    PROVING_ITSELF: 'It is back, and its recovery tests are running.',
    ATTESTED_UNCONFIRMED: 'A person said that it works; its own report has yet to confirm it.',
    LOOP_MAY_END_BY_ITSELF: 'It has been looping for less than an hour.',
    MAY_ONLY_BE_OFF: 'It fell silent around the window, and nothing proves that it crashed.',
    DRIVE_NOT_PROTECTED: 'It has to be repaired by hand; the drive asks for no key.',
    PROTECTION_UNKNOWN: 'It has to be repaired by hand; whether the drive asks for a key is not known.',
    KEY_IN_ESCROW: 'It has to be repaired by hand; its key is where keys are kept.',
    KEY_NOT_IN_ESCROW: 'It has to be repaired by hand; its key is not where keys are kept.',
    ESCROW_UNKNOWN: 'It has to be repaired by hand; where its key is kept is not known.',
    SENSOR_STOPPED: 'Its sensor does not run.',
    BITLOCKER_SUSPENDED: 'The protection of its drive is suspended.',
    SAFE_BOOT_FLAG_SET: 'Its next boot would be in safe mode.',
    KEY_MAY_HAVE_BEEN_READ:
      'It was repaired in safe mode or Windows recovery, where its drive asks for the key.',
  }),
});

@ObjectType('PriorityPart', { description: 'One part of a score.' })
class PriorityPartType {
  @Field(() => PriorityFactorEnum, { description: 'What it is for.' })
  factor!: PriorityFactor;

  @Field(() => Int, { description: 'What it adds.' })
  points!: number;
}

@ObjectType('Priority', { description: 'How urgently a machine needs somebody: the sum of its parts.' })
export class PriorityType {
  @Field(() => Int, { description: '0: it needs nobody.' })
  score!: number;

  @Field(() => [PriorityPartType], { description: 'The parts that add something, greatest kinds first.' })
  parts!: readonly PriorityPartType[];
}

@ObjectType('NextStep', { description: 'The next action for a machine.' })
export class NextStepType {
  @Field(() => NextActionEnum, { description: 'What to do.' })
  action!: NextAction;

  @Field(() => ActionReasonEnum, { description: 'Why.' })
  reason!: ActionReason;
}
