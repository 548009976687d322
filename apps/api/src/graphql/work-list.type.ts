import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { WorkSite } from '@app/progress';
import type { Minutes, NextAction } from '@app/recovery';
import { OrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';
import { NextActionEnum } from './urgency.type';

@ObjectType('Minutes', { description: 'How long something takes, in minutes.' })
class MinutesType {
  @Field(() => Int, { description: 'In the luckiest case.' })
  low!: number;

  @Field(() => Int, { description: 'In the unluckiest case.' })
  high!: number;
}

@ObjectType('WorkTask', { description: 'What is to be done for some machines of a practice.' })
class WorkTaskType {
  @Field(() => NextActionEnum, { description: 'What.' })
  action!: NextAction;

  @Field(() => Int, { description: 'For how many machines.' })
  machines!: number;

  @Field(() => MinutesType, { description: 'How long it takes for all of them.' })
  minutes!: Minutes;
}

@ObjectType('WorkSite', { description: 'A practice where there is something to do.' })
export class WorkSiteType {
  @Field(() => OrganisationType, { description: 'The practice.' })
  practice!: OrganisationType;

  @Field({ description: 'Whether it is within its opening hours.' })
  isOpen!: boolean;

  @Field({ description: 'Whether a machine of it is unrecovered and none works.' })
  hasNoWorkingMachine!: boolean;

  @Field(() => Int, {
    description:
      'Points of its most urgent machine that there is something to do about, without those for its age; see Priority.',
  })
  score!: number;

  @Field(() => Int, { description: 'Machines that there is something to do about.' })
  machines!: number;

  @Field(() => Int, {
    description: 'Unrecovered machines of the filter that there is nothing to do about but wait.',
  })
  waiting!: number;

  @Field(() => [WorkTaskType], { description: 'What there is to do, for most machines first.' })
  tasks!: WorkTaskType[];

  @Field(() => MinutesType, { description: 'How long all of it takes, without the way there.' })
  minutes!: Minutes;

  @Field(() => MinutesType, {
    description: 'The way there; 0 where all of it can be done from a desk.',
  })
  travel!: Minutes;
}

@ObjectType('WorkSiteEdge', { description: 'A practice and its cursor.' })
export class WorkSiteEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => WorkSiteType, { description: 'The practice.' })
  node!: WorkSiteType;
}

@ObjectType('WorkList', { description: 'One page of practices where there is something to do.' })
export class WorkListType {
  @Field(() => [WorkSiteEdgeType], { description: 'The practices of this page.' })
  edges!: WorkSiteEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'Practices in the whole list.' })
  totalCount!: number;

  @Field(() => Int, { description: 'Machines that there is something to do about, in the whole list.' })
  totalMachines!: number;

  @Field(() => MinutesType, { description: 'How long the whole list takes, without the ways there.' })
  totalMinutes!: Minutes;

  @Field(() => MinutesType, {
    description: 'The way to each practice of the whole list that somebody has to go to.',
  })
  totalTravel!: Minutes;
}

/** One practice as it is shown. */
export function toWorkSiteType(
  { isOpen, hasNoWorkingMachine, score, machines, waiting, tasks, minutes, travel }: WorkSite,
  practice: OrganisationType,
): WorkSiteType {
  return {
    ...{ practice, isOpen, hasNoWorkingMachine, score, machines, waiting, minutes, travel },
    tasks: [...tasks],
  };
}
