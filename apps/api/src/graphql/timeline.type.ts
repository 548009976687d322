import { createUnionType, Field, ObjectType } from '@nestjs/graphql';
import type { TimelineEntry } from '@app/progress';
import { CareEventType, toCareEventType } from './care.type';
import { toTransitionType, TransitionType } from './machine.type';
import { PageInfoType } from './page-info.type';

const TimelineEntryUnion = createUnionType({
  name: 'TimelineEntry',
  description:
    'What happened to a machine: a change that evidence brought about, or something that a person did.',
  types: () => [TransitionType, CareEventType] as const,
  resolveType: (entry: object) => ('kind' in entry ? CareEventType : TransitionType),
});

@ObjectType('TimelineEdge', { description: 'An entry and its cursor.' })
export class TimelineEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => TimelineEntryUnion, { description: 'The entry.' })
  node!: TransitionType | CareEventType;
}

@ObjectType('TimelineConnection', {
  description: 'Evidence and people’s care in one order: that in which it was recorded.',
})
export class TimelineConnectionType {
  @Field(() => [TimelineEdgeType], { description: 'The entries of this page.' })
  edges!: TimelineEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

/** An entry on the wire. */
export function toTimelineNode(entry: TimelineEntry): TransitionType | CareEventType {
  return entry.kind === 'TRANSITION' ? toTransitionType(entry.transition) : toCareEventType(entry.event);
}
