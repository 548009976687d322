import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { StrandedPractice } from '@app/progress';
import { OrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';
import { StateCountType } from './progress.type';

@ObjectType('StrandedPractice', {
  description: 'An open practice where a machine is unrecovered and none works.',
})
export class StrandedPracticeType {
  @Field(() => OrganisationType, { description: 'The practice.' })
  practice!: OrganisationType;

  @Field(() => Int, { description: 'Machines in use: neither set aside nor replaced.' })
  machines!: number;

  @Field(() => Int, { description: 'Machines that have yet to recover.' })
  unrecovered!: number;

  @Field(() => Int, { description: 'Machines of which nothing is proven.' })
  unknown!: number;

  @Field(() => [StateCountType], {
    description: 'Its machines by state, most first; states without machines left out.',
  })
  states!: StateCountType[];

  @Field({ description: 'Whether it is within its opening hours.' })
  isOpen!: boolean;

  @Field(() => Date, { nullable: true, description: 'When it opens next; null while it is open.' })
  opensAt!: Date | null;
}

@ObjectType('StrandedPracticeEdge', { description: 'A practice and its cursor.' })
export class StrandedPracticeEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => StrandedPracticeType, { description: 'The practice.' })
  node!: StrandedPracticeType;
}

@ObjectType('StrandedPracticeConnection', { description: 'One page of practices without a working machine.' })
export class StrandedPracticeConnectionType {
  @Field(() => [StrandedPracticeEdgeType], { description: 'The practices of this page.' })
  edges!: StrandedPracticeEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'Practices in the whole list.' })
  totalCount!: number;

  @Field(() => Int, { description: 'Machines in use at all of them.' })
  totalMachines!: number;
}

/** One practice as it is shown. */
export function toStrandedPracticeType(
  { states, opensAtMs, machines, unrecovered, unknown, isOpen }: StrandedPractice,
  practice: OrganisationType,
): StrandedPracticeType {
  return {
    practice,
    machines,
    unrecovered,
    unknown,
    states: [...states],
    isOpen,
    opensAt: opensAtMs === null ? null : new Date(opensAtMs),
  };
}
