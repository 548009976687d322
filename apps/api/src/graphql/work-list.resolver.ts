import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import { ReaderError, WorkListReader, type MachineFilter } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, questionMark, readWorkCursor, workCursor } from './cursor';
import { MachineFilterInput, toMachineFilter } from './machine-filter.input';
import { toOrganisationType } from './organisation.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import { toWorkSiteType, WorkListType } from './work-list.type';

/** Where there is what to do, in which order, and how long it takes. */
@Resolver(() => WorkListType)
export class WorkListResolver {
  constructor(
    private readonly work: WorkListReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => WorkListType, {
    description:
      'Practices where there is something to do about machines that need somebody: those without a working machine first, then by their most urgent machine, then those with most to do. Worked out anew with each page.',
  })
  async workList(
    @Args('assignee', {
      type: () => String,
      nullable: true,
      description: 'Only machines that this person takes care of; default: whoever does, or nobody.',
    })
    assignee: string | null | undefined,
    @Args('filter', {
      type: () => MachineFilterInput,
      nullable: true,
      description: 'Only these machines; default: all.',
    })
    filter: MachineFilterInput | null,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind; of the same question.',
    })
    after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<WorkListType> {
    context.answer.changesByItself = true;
    const nowMs = this.clock.now();
    const asked = toMachineFilter(filter ?? {});
    const wanted: MachineFilter =
      assignee == null ? asked : { and: [asked, toMachineFilter({ assignee: [assignee] })] };
    const mark = questionMark(['workList', wanted]);
    const page = { first: checkFirst(first), after: after == null ? null : readWorkCursor(after, mark) };
    const found = await this.work.list(standing.scope, wanted, page, nowMs);
    const view = await standing.at(nowMs);
    const edges = found.sites.map((site) => {
      const practice = view.find(site.practiceId);
      if (practice === null) throw new ReaderError('NOT_FOUND', 'this practice is not known any more');
      return {
        cursor: workCursor(mark, site),
        node: toWorkSiteType(site, toOrganisationType(practice, nowMs)),
      };
    });
    return {
      edges,
      pageInfo: { hasNextPage: found.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null },
      totalCount: found.sitesInAll,
      totalMachines: found.machinesInAll,
      totalMinutes: found.minutes,
      totalTravel: found.travel,
    };
  }
}
