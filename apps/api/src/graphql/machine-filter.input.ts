import { Field, ID, InputType, Int } from '@nestjs/graphql';
import { filterProblem, ReaderError, type MachineFilter, type SensorStatus } from '@app/progress';
import {
  MINUTE_MS,
  type BitlockerStatus,
  type BootMode,
  type Exposure,
  type FileVerdict,
  type Freshness,
  type MachineRole,
  type RecoveryState,
  type StateGroup,
  type TransitionReason,
} from '@app/recovery';
import { MachineRoleEnum } from './care-vocabulary.type';
import {
  BitlockerStatusEnum,
  BootModeEnum,
  ExposureEnum,
  FileVerdictEnum,
  FreshnessEnum,
  RecoveryStateEnum,
  SensorStatusEnum,
  StateGroupEnum,
  TransitionReasonEnum,
} from './vocabulary.type';

/** A field that may be left out, or be null, which says the same. */
const may = (description: string): { nullable: true; description: string } => ({
  nullable: true,
  description,
});

@InputType('MachineFilter', {
  description:
    'Which machines. Every condition given must hold, together with all of `and`, one or more of `or`, and without `not`. Of a list any value may hold. What is not known of a machine meets no condition about it, so that a filter and its `not` share out all machines. At most 5 deep, 60 conditions, 500 values a list.',
})
export class MachineFilterInput {
  @Field(() => [MachineFilterInput], may('All of these hold.'))
  and?: MachineFilterInput[] | null;

  @Field(() => [MachineFilterInput], may('One or more of these hold; of an empty list none does.'))
  or?: MachineFilterInput[] | null;

  @Field(() => MachineFilterInput, may('This does not hold.'))
  not?: MachineFilterInput | null;

  @Field(() => [ID], may('ODS codes: machines of any of these organisations or below them.'))
  within?: string[] | null;

  @Field(() => [RecoveryStateEnum], may('Any of these states.'))
  state?: RecoveryState[] | null;

  @Field(() => [ExposureEnum], may('Any of these exposures.'))
  exposure?: Exposure[] | null;

  @Field(() => [StateGroupEnum], may('Any of these groups.'))
  group?: StateGroup[] | null;

  @Field(() => [TransitionReasonEnum], may('Any of these reasons of the present state.'))
  reason?: TransitionReason[] | null;

  @Field(() => String, may('Beginning of the host name, in any case.'))
  hostname?: string | null;

  @Field(() => String, may('The whole host name, in any case.'))
  hostnameIs?: string | null;

  @Field(() => String, may('The whole serial number, in any case.'))
  serialNumber?: string | null;

  @Field(() => String, may('Beginning of the serial number, in any case.'))
  serialNumberPrefix?: string | null;

  @Field(() => String, may('The whole asset tag, in any case.'))
  assetTag?: string | null;

  @Field(() => String, may('Beginning of the asset tag, in any case.'))
  assetTagPrefix?: string | null;

  @Field(() => [MachineRoleEnum], may('What it is for; a machine that nobody described has no role.'))
  role?: MachineRole[] | null;

  @Field(() => [String], may('Who takes care of it, at the moment of the answer.'))
  assignee?: string[] | null;

  @Field(() => [String], may('Any of these tags.'))
  tag?: string[] | null;

  @Field(() => [FreshnessEnum], may('Freshness of the last contact, at the moment of the answer.'))
  freshness?: Freshness[] | null;

  @Field(() => Date, may('Last heard before this moment; leaves out machines that were never heard.'))
  lastHeardBefore?: Date | null;

  @Field(() => Date, may('Last heard at or after this moment.'))
  lastHeardAfter?: Date | null;

  @Field(() => Date, may('In the present state since before this moment.'))
  inStateBefore?: Date | null;

  @Field(() => Date, may('In the present state since this moment or later.'))
  inStateAfter?: Date | null;

  @Field(() => Int, may('In the present state for this many minutes or longer, at the moment of the answer.'))
  stateAgeAtLeastMinutes?: number | null;

  @Field(() => Int, may('In the present state for less than this many minutes, at the moment of the answer.'))
  stateAgeUnderMinutes?: number | null;

  @Field(() => [SensorStatusEnum], may('What the sensor’s service was last seen doing.'))
  sensor?: SensorStatus[] | null;

  @Field(() => String, may('Beginning of the sensor’s version, as in 7.16.'))
  sensorVersionPrefix?: string | null;

  @Field(
    () => [BitlockerStatusEnum],
    may('Protection of the system drive; UNKNOWN also where never collected.'),
  )
  bitlocker?: BitlockerStatus[] | null;

  @Field(() => [BootModeEnum], may('How Windows was started.'))
  bootMode?: BootMode[] | null;

  @Field(() => Boolean, may('Whether the next boot would be in safe mode.'))
  safeBootFlag?: boolean | null;

  @Field(() => [FileVerdictEnum], may('What the incident’s file says.'))
  fileVerdict?: FileVerdict[] | null;

  @Field(() => String, may('Beginning of the Windows build, as in 22631.'))
  osBuildPrefix?: string | null;

  @Field(() => Boolean, may('Whether two machines have been heard under the identity.'))
  identityConflict?: boolean | null;

  @Field(() => Boolean, may('Whether its whole practice fell silent at once and has not spoken since.'))
  siteSilent?: boolean | null;
}

/**
 * The wire's filter in the reader's words.
 *
 * @throws ReaderError when it is larger than any question
 */
export function toMachineFilter(input: MachineFilterInput): MachineFilter {
  const problem = filterProblem(input);
  if (problem !== null) throw new ReaderError('BAD_USER_INPUT', problem);
  return translate(input);
}

/** Field by field, so that the same filter written in another order has the same cursors. */
function translate(input: MachineFilterInput): MachineFilter {
  const given = withoutNulls(input);
  return {
    and: given.and?.map(translate),
    or: given.or?.map(translate),
    not: given.not === undefined ? undefined : translate(given.not),
    within: given.within,
    states: given.state,
    exposures: given.exposure,
    groups: given.group,
    reasons: given.reason,
    hostname: given.hostname,
    hostnameIs: given.hostnameIs,
    serialNumber: given.serialNumber,
    serialNumberPrefix: given.serialNumberPrefix,
    assetTag: given.assetTag,
    assetTagPrefix: given.assetTagPrefix,
    roles: given.role,
    assignees: given.assignee,
    tags: given.tag,
    freshness: given.freshness,
    lastHeardBeforeMs: given.lastHeardBefore?.getTime(),
    lastHeardAfterMs: given.lastHeardAfter?.getTime(),
    inStateBeforeMs: given.inStateBefore?.getTime(),
    inStateAfterMs: given.inStateAfter?.getTime(),
    stateAgeAtLeastMs: minutes(given.stateAgeAtLeastMinutes),
    stateAgeUnderMs: minutes(given.stateAgeUnderMinutes),
    sensor: given.sensor,
    sensorVersionPrefix: given.sensorVersionPrefix,
    bitlocker: given.bitlocker,
    bootModes: given.bootMode,
    safeBootFlag: given.safeBootFlag,
    fileVerdicts: given.fileVerdict,
    osBuildPrefix: given.osBuildPrefix,
    identityConflict: given.identityConflict,
    siteSilent: given.siteSilent,
  };
}

type Given = {
  readonly [Name in keyof MachineFilterInput]: Exclude<MachineFilterInput[Name], null>;
};

function withoutNulls(input: MachineFilterInput): Given {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

/** A century of minutes is longer than anything is in a state, and keeps every moment one that the database knows. */
const MINUTES_MAX = 100 * 366 * 24 * 60;

function minutes(count: number | undefined): number | undefined {
  return count === undefined ? undefined : Math.min(Math.max(count, -MINUTES_MAX), MINUTES_MAX) * MINUTE_MS;
}
