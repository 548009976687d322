import { Args, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { placeOf, TimelineReader } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, questionMark, readTimelineCursor, timelineCursor } from './cursor';
import { MachineType } from './machine.type';
import { SenderStanding } from './sender-standing';
import { TimelineConnectionType, toTimelineNode } from './timeline.type';

/** Everything that happened to a machine. */
@Resolver(() => MachineType)
export class TimelineResolver {
  constructor(
    private readonly timelines: TimelineReader,
    private readonly clock: RecoveryClock,
  ) {}

  @ResolveField(() => TimelineConnectionType, {
    description: 'What evidence changed and what people did, in the order in which it was recorded.',
  })
  async timeline(
    @Parent() machine: MachineType,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind, of the same machine and order.',
    })
    after: string | null | undefined,
    @Args('newestFirst', { type: () => Boolean, defaultValue: false, description: 'The newest entry first.' })
    newestFirst: boolean,
    @SenderStanding() { scope }: Standing,
  ): Promise<TimelineConnectionType> {
    const mark = questionMark([machine.id, newestFirst]);
    const request = {
      first: checkFirst(first),
      after: after == null ? null : readTimelineCursor(after, mark),
      newestFirst,
    };
    const page = await this.timelines.list(scope, machine.key, request, this.clock.now());
    const edges = page.entries.map((entry) => ({
      cursor: timelineCursor(mark, placeOf(entry)),
      node: toTimelineNode(entry),
    }));
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
  }
}
