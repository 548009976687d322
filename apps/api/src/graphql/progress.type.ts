import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { RULE_VERSION, type Exposure, type RecoveryState } from '@app/recovery';
import type { OrganisationProgress, ProgressAnswer } from '@app/progress';
import { OrganisationType, toOrganisationType } from './organisation.type';
import { ExposureEnum, RecoveryStateEnum } from './vocabulary.type';

@ObjectType('Ratio', { description: 'A share with its parts.' })
export class RatioType {
  @Field(() => Int, { description: 'Machines counted.' })
  numerator!: number;

  @Field(() => Int, { description: 'Out of how many.' })
  denominator!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Floored to four decimals, so that 99.999 % never reads as all; null when there is nothing to divide by.',
  })
  value!: number | null;
}

@ObjectType('StateCount', { description: 'Machines in one state.' })
export class StateCountType {
  @Field(() => RecoveryStateEnum, { description: 'The state.' })
  state!: RecoveryState;

  @Field(() => Int, { description: 'Machines in it.' })
  count!: number;
}

@ObjectType('ExposureCount', { description: 'Machines of one exposure.' })
export class ExposureCountType {
  @Field(() => ExposureEnum, { description: 'The exposure.' })
  exposure!: Exposure;

  @Field(() => Int, { description: 'Machines of it.' })
  count!: number;
}

@ObjectType('OrganisationProgress', {
  description:
    'How far the machines of one organisation have recovered. States, and exposures, each sum to fleet + exempt.',
})
export class OrganisationProgressType {
  @Field(() => OrganisationType, { description: 'Whose machines.' })
  organisation!: OrganisationType;

  @Field({
    description:
      'Only the machines that the asker may see are counted, and this organisation has practices beyond those.',
  })
  partial!: boolean;

  @Field(() => Int, { description: 'Machines that count: all but the exempt.' })
  fleet!: number;

  @Field(() => Int, { description: 'Dormant and retired machines, left out of everything else.' })
  exempt!: number;

  @Field(() => Int, {
    description: 'Machines of the fleet whose exposure is FAULTY_FILE, SUSPECTED or CRASHED.',
  })
  everAffected!: number;

  @Field(() => Int, { description: 'Affected machines that have recovered or were replaced.' })
  recovered!: number;

  @Field(() => Int, { description: 'Machines in an unrecovered state.' })
  unrecovered!: number;

  @Field(() => Int, { description: 'Machines of which nothing is proven.' })
  unknown!: number;

  @Field(() => [StateCountType], { description: 'Every state, also those with no machine.' })
  states!: StateCountType[];

  @Field(() => [ExposureCountType], { description: 'Every exposure, also those with no machine.' })
  exposures!: ExposureCountType[];

  @Field(() => RatioType, { description: 'Recovered out of ever affected.' })
  recoveredRatio!: RatioType;

  @Field(() => RatioType, {
    description: 'The same if every machine of unknown exposure was affected and has not recovered.',
  })
  low!: RatioType;

  @Field(() => RatioType, {
    description: 'The same if no suspected machine that has not recovered was ever affected.',
  })
  high!: RatioType;
}

@ObjectType('RecoveryProgress', { description: 'Progress of organisations at one moment.' })
export class RecoveryProgressType {
  @Field({
    description:
      'The moment the counts hold for. Of the present: when the newest change in them was recorded; nothing has changed between it and the answer. Of the past: the five-minute mark at or before the moment asked for.',
  })
  asOf!: Date;

  @Field({ description: 'Version of the rules that decide now.' })
  ruleVersion!: string;

  @Field(() => [OrganisationProgressType], {
    description: 'One row for each organisation of the level, by code.',
  })
  rows!: OrganisationProgressType[];

  @Field(() => OrganisationProgressType, { description: 'The sum of the rows, never a mean of ratios.' })
  total!: OrganisationProgressType;
}

/** Maps an answer of the reader to the wire. */
export function toRecoveryProgressType(answer: ProgressAnswer): RecoveryProgressType {
  return {
    asOf: new Date(answer.asOfMs),
    ruleVersion: RULE_VERSION,
    rows: answer.rows.map((row) => toRow(row, answer.placedAtMs)),
    total: toRow(answer.total, answer.placedAtMs),
  };
}

function toRow(row: OrganisationProgress, atMs: number): OrganisationProgressType {
  const { organisation, progress, partial } = row;
  const { fleet, exempt, everAffected, recovered, unrecovered, unknown, recoveredRatio, low, high } =
    progress;
  const counts = { fleet, exempt, everAffected, recovered, unrecovered, unknown };
  return {
    organisation: toOrganisationType(organisation, atMs),
    partial,
    ...counts,
    states: [...progress.states],
    exposures: [...progress.exposures],
    recoveredRatio,
    low,
    high,
  };
}
