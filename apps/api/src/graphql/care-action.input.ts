import { Field, ID, InputType, Int } from '@nestjs/graphql';
import type { CareAction, IdentityResolution, RepairBlocker, RepairOutcome, RepairRoute } from '@app/care';
import { ReaderError } from '@app/progress';
import { MINUTE_MS, type MachineRole } from '@app/recovery';
import { parseMachineKey } from '@app/storage';
import {
  IdentityResolutionEnum,
  MachineRoleEnum,
  RepairBlockerEnum,
  RepairOutcomeEnum,
  RepairRouteEnum,
} from './care-vocabulary.type';

/** A field that may be left out. */
const may = (description: string): { nullable: true; description: string } => ({
  nullable: true,
  description,
});

const NOTE = may('What else is to be known, up to 2,000 characters. No passwords, no patient data.');
const REASON = { description: 'Why, in a line of up to 200 characters.' } as const;

@InputType('ClaimInput', { description: 'Takes a machine into care for a while.' })
export class ClaimInput {
  @Field(() => Int, { defaultValue: 240, description: 'For how many minutes, 5 to 20,160 (14 days).' })
  minutes!: number;

  @Field(() => String, may('Who takes care of it; default: whoever asks.'))
  assignee?: string | null;
}

@InputType('ReleaseInput', { description: 'Gives a machine back.' })
export class ReleaseInput {
  @Field({ defaultValue: false, description: 'Also when somebody else takes care of it.' })
  force!: boolean;
}

@InputType('NoteInput', { description: 'Writes a note on a machine’s timeline.' })
export class NoteInput {
  @Field({ description: 'Up to 2,000 characters. No passwords, no patient data.' })
  text!: string;
}

@InputType('TagInput', { description: 'Adds and removes tags: words that machines are found by.' })
export class TagInput {
  @Field(() => [String], {
    defaultValue: [],
    description: '1 to 40 letters, digits, spaces or . _ : / - each; kept in lower case.',
  })
  add!: string[];

  @Field(() => [String], { defaultValue: [], description: 'Tags to be removed.' })
  remove!: string[];
}

@InputType('DescribeInput', {
  description: 'Says what a machine is for and where it stands. What is left out stays; null takes it away.',
})
export class DescribeInput {
  @Field(() => MachineRoleEnum, may('What it is for.'))
  role?: MachineRole | null;

  @Field(() => String, may('Asset tag.'))
  assetTag?: string | null;

  @Field(() => String, may('Room or desk.'))
  location?: string | null;
}

@InputType('AttemptInput', { description: 'A repair that was tried.' })
export class AttemptInput {
  @Field(() => RepairRouteEnum, { description: 'How.' })
  route!: RepairRoute;

  @Field(() => RepairOutcomeEnum, { description: 'How it ended.' })
  outcome!: RepairOutcome;

  @Field(() => RepairBlockerEnum, may('What stood in the way; with BLOCKED, and with nothing else.'))
  blocker?: RepairBlocker | null;

  @Field(() => Int, may('How many minutes it took, up to 720.'))
  minutes?: number | null;

  @Field(() => String, NOTE)
  note?: string | null;
}

@InputType('RemarkInput', { description: 'Something that is done without more to say about it than a note.' })
export class RemarkInput {
  @Field(() => String, NOTE)
  note?: string | null;
}

@InputType('AttestCrashInput', {
  description: 'Somebody saw the machine crash as the incident makes machines crash.',
})
export class AttestCrashInput {
  @Field(() => Date, may('When it was seen, from the incident’s window on; default: now.'))
  seenAt?: Date | null;

  @Field(() => String, NOTE)
  note?: string | null;
}

@InputType('SetAsideInput', { description: 'Sets a machine aside: it leaves the fleet and every ratio.' })
export class SetAsideInput {
  @Field(REASON)
  reason!: string;

  @Field({ description: 'The day on which somebody looks again, as in 2024-10-01; within two years.' })
  reviewOn!: string;
}

@InputType('ReopenInput', { description: 'Takes back a machine that was set aside.' })
export class ReopenInput {
  @Field(REASON)
  reason!: string;
}

@InputType('ReplaceInput', { description: 'Another machine of the same practice took its place.' })
export class ReplaceInput {
  @Field(() => ID, { description: 'The machine that took its place.' })
  successorId!: string;

  @Field(() => String, NOTE)
  note?: string | null;
}

@InputType('SettleIdentityInput', { description: 'Settles that a machine was heard twice at once.' })
export class SettleIdentityInput {
  @Field(() => IdentityResolutionEnum, { description: 'What was found out.' })
  resolution!: IdentityResolution;

  @Field(() => String, NOTE)
  note?: string | null;
}

@InputType('MoveInput', {
  description:
    'The machine stands at another practice now. It goes on there under a new identity with all that is known of it; the old record is retired, and its agent enrols again.',
})
export class MoveInput {
  @Field(() => ID, { description: 'ODS code of the practice.' })
  toPractice!: string;

  @Field(() => String, NOTE)
  note?: string | null;
}

@InputType('CareActionInput', {
  isOneOf: true,
  description: 'What is to be done: one of these.',
})
export class CareActionInput {
  @Field(() => ClaimInput, may('Takes it into care for a while.'))
  claim?: ClaimInput;

  @Field(() => ReleaseInput, may('Gives it back.'))
  release?: ReleaseInput;

  @Field(() => NoteInput, may('Writes a note.'))
  note?: NoteInput;

  @Field(() => TagInput, may('Adds and removes tags.'))
  tag?: TagInput;

  @Field(() => DescribeInput, may('Says what it is for and where it stands.'))
  describe?: DescribeInput;

  @Field(() => AttemptInput, may('Records a repair that was tried.'))
  attempt?: AttemptInput;

  @Field(
    () => RemarkInput,
    may('An engineer is at it: IN_REPAIR for four hours, or until it boots normally.'),
  )
  checkIn?: RemarkInput;

  @Field(() => AttestCrashInput, may('It was seen crashing: its exposure becomes CRASHED.'))
  attestCrash?: AttestCrashInput;

  @Field(() => RemarkInput, may('It works again by a person’s word: shown apart until its reports prove it.'))
  attestRecovery?: RemarkInput;

  @Field(() => RemarkInput, may('Takes that word back.'))
  withdrawAttestation?: RemarkInput;

  @Field(() => SetAsideInput, may('Known to be off for long. Its first report takes it back.'))
  setDormant?: SetAsideInput;

  @Field(() => SetAsideInput, may('Out of service, until a person takes it back.'))
  retire?: SetAsideInput;

  @Field(() => ReopenInput, may('Takes it back.'))
  reopen?: ReopenInput;

  @Field(() => ReplaceInput, may('Another machine took its place. For one machine only.'))
  replace?: ReplaceInput;

  @Field(() => SettleIdentityInput, may('Settles that it was heard twice at once.'))
  settleIdentity?: SettleIdentityInput;

  @Field(() => MoveInput, may('Moves it to another practice.'))
  move?: MoveInput;
}

type Translations = {
  readonly [Name in keyof CareActionInput]-?: (input: NonNullable<CareActionInput[Name]>) => CareAction;
};

const TRANSLATIONS: Translations = {
  claim: ({ minutes, assignee }) => ({
    kind: 'CLAIM',
    forMs: minutes * MINUTE_MS,
    assignee: assignee ?? null,
  }),
  release: ({ force }) => ({ kind: 'RELEASE', force }),
  note: ({ text }) => ({ kind: 'NOTE', text }),
  tag: ({ add, remove }) => ({ kind: 'TAG', add, remove }),
  describe: ({ role, assetTag, location }) => ({ kind: 'DESCRIBE', role, assetTag, location }),
  attempt: ({ route, outcome, blocker, minutes, note }) => ({
    ...{ kind: 'ATTEMPT', route, outcome, blocker: blocker ?? null },
    ...{ minutes: minutes ?? null, note: note ?? null },
  }),
  checkIn: ({ note }) => ({ kind: 'CHECK_IN', note: note ?? null }),
  attestCrash: ({ seenAt, note }) => ({
    kind: 'ATTEST_CRASH',
    seenAtMs: seenAt?.getTime() ?? null,
    note: note ?? null,
  }),
  attestRecovery: ({ note }) => ({ kind: 'ATTEST_RECOVERY', note: note ?? null }),
  withdrawAttestation: ({ note }) => ({ kind: 'WITHDRAW_ATTESTATION', note: note ?? null }),
  setDormant: ({ reason, reviewOn }) => ({ kind: 'SET_DORMANT', reason, reviewOn }),
  retire: ({ reason, reviewOn }) => ({ kind: 'RETIRE', reason, reviewOn }),
  reopen: ({ reason }) => ({ kind: 'REOPEN', reason }),
  replace: ({ successorId, note }) => ({
    kind: 'REPLACE',
    successor: parseMachineKey(successorId) ?? NOBODY,
    note: note ?? null,
  }),
  settleIdentity: ({ resolution, note }) => ({ kind: 'SETTLE_IDENTITY', resolution, note: note ?? null }),
  move: ({ toPractice, note }) => ({ kind: 'MOVE', toPractice, note: note ?? null }),
};

/** An identity that was never given to any machine stands for one that cannot be. */
const NOBODY = { practiceId: '', machineId: '00000000-0000-0000-0000-000000000000' } as const;

/**
 * The wire's action in the words of care.
 *
 * @throws ReaderError unless it is exactly one
 */
export function toCareAction(input: CareActionInput): CareAction {
  const given = (Object.keys(TRANSLATIONS) as (keyof CareActionInput)[]).filter(
    (name) => input[name] != null,
  );
  const [name] = given;
  if (name === undefined || given.length > 1)
    throw new ReaderError('BAD_USER_INPUT', 'an action is exactly one of its fields');
  return (TRANSLATIONS[name] as (one: unknown) => CareAction)(input[name]);
}
