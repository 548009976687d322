import { Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  PUBLIC_LEVELS,
  recoveredShare,
  type OrganisationLevel,
  type PublicAnswer,
  type PublicRow,
} from '@app/progress';
import { RULE_VERSION } from '@app/recovery';
import { described, enumOf, OrganisationLevelEnum } from './vocabulary.type';

export const PublicLevelEnum = enumOf(PUBLIC_LEVELS);
registerEnumType(PublicLevelEnum, {
  name: 'PublicLevel',
  description: 'The levels that anybody may see progress by.',
  valuesMap: described({ REGION: 'The seven NHS England regions.', ICB: 'The integrated care boards.' }),
});

@ObjectType('CountRange', {
  description:
    'A number of machines, as far as it is told: one of these numbers, both ends included. Counts are told by fives, and those of single ICBs under ten all alike.',
})
export class CountRangeType {
  @Field(() => Int, { description: 'It is no smaller.' })
  atLeast!: number;

  @Field(() => Int, { description: 'It is no greater.' })
  atMost!: number;
}

@ObjectType('ShareRange', { description: 'A share from 0 to 1, as far as it is told.' })
export class ShareRangeType {
  @Field(() => Float, { description: 'It is no smaller; floored to four decimals.' })
  atLeast!: number;

  @Field(() => Float, { description: 'It is no greater; rounded up to four decimals.' })
  atMost!: number;
}

@ObjectType('PublicOrganisationProgress', {
  description: 'What anybody may know of how far the machines of one organisation have recovered.',
})
export class PublicOrganisationProgressType {
  @Field(() => ID, { description: 'ODS code; the nation is ENGLAND.' })
  odsCode!: string;

  @Field({ description: 'Name of the organisation.' })
  name!: string;

  @Field(() => OrganisationLevelEnum, { description: 'Level in the hierarchy.' })
  level!: OrganisationLevel;

  @Field(() => CountRangeType, { description: 'Machines that the incident affected.' })
  affected!: CountRangeType;

  @Field(() => CountRangeType, { description: 'Of those, recovered or replaced.' })
  recovered!: CountRangeType;

  @Field(() => CountRangeType, { description: 'Of those, not recovered.' })
  notRecovered!: CountRangeType;

  @Field(() => CountRangeType, { description: 'Machines of which nothing is known.' })
  unknown!: CountRangeType;

  @Field(() => ShareRangeType, {
    nullable: true,
    description:
      'Recovered out of affected, whatever the counts are within their ranges; null where no machine can be affected.',
  })
  recoveredShare!: ShareRangeType | null;
}

@ObjectType('PublicProgress', { description: 'What anybody may know of progress, as of the last full hour.' })
export class PublicProgressType {
  @Field({ description: 'The full hour that the figures hold for. They are not told in between.' })
  asOf!: Date;

  @Field({ description: 'Version of the rules that decide now.' })
  ruleVersion!: string;

  @Field(() => [PublicOrganisationProgressType], {
    description: 'One row for each organisation of the level, by code.',
  })
  rows!: PublicOrganisationProgressType[];

  @Field(() => PublicOrganisationProgressType, {
    description: 'The nation: the sum of what is told of its ICBs, never of what is true of them.',
  })
  total!: PublicOrganisationProgressType;
}

/** Maps an answer of the reader to the wire. */
export function toPublicProgressType({ asOfMs, rows, total }: PublicAnswer): PublicProgressType {
  return { asOf: new Date(asOfMs), ruleVersion: RULE_VERSION, rows: rows.map(toRow), total: toRow(total) };
}

function toRow({ organisation, figures }: PublicRow): PublicOrganisationProgressType {
  const { code: odsCode, name, level } = organisation;
  return { odsCode, name, level, ...figures, recoveredShare: recoveredShare(figures) };
}
