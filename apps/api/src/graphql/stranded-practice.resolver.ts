import { Args, Context, ID, Int, Query, Resolver } from '@nestjs/graphql';
import { ReaderError, StrandedPracticeReader } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, questionMark, readStrandedCursor, strandedCursor } from './cursor';
import { toOrganisationType } from './organisation.type';
import { checkCodes } from './organisation-codes';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import {
  StrandedPracticeConnectionType,
  StrandedPracticeType,
  toStrandedPracticeType,
} from './stranded-practice.type';

/** Practices without one working machine. */
@Resolver(() => StrandedPracticeType)
export class StrandedPracticeResolver {
  constructor(
    private readonly stranded: StrandedPracticeReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => StrandedPracticeConnectionType, {
    description:
      'Practices where a machine is unrecovered and none works, those with most machines first. A machine that is up and has yet to prove that it stays counts as working. Practices of whose machines nothing was ever heard are not listed.',
  })
  async strandedPractices(
    @Args('within', {
      type: () => [ID],
      nullable: true,
      description: 'ODS codes: practices that are one of these organisations, or below one; default: all.',
    })
    within: string[] | null,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind; of the same organisations.',
    })
    after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<StrandedPracticeConnectionType> {
    context.answer.changesByItself = true;
    const nowMs = this.clock.now();
    const codes = within == null ? null : checkCodes(within);
    const mark = questionMark(['strandedPractices', codes]);
    const page = { first: checkFirst(first), after: after == null ? null : readStrandedCursor(after, mark) };
    const found = await this.stranded.list(standing.scope, codes, page, nowMs);
    const view = await standing.at(nowMs);
    const edges = found.practices.map((one) => {
      const practice = view.find(one.practiceId);
      if (practice === null) throw new ReaderError('NOT_FOUND', 'this practice is not known any more');
      return {
        cursor: strandedCursor(mark, one),
        node: toStrandedPracticeType(one, toOrganisationType(practice, nowMs)),
      };
    });
    return {
      edges,
      pageInfo: { hasNextPage: found.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null },
      totalCount: found.practicesInAll,
      totalMachines: found.machinesInAll,
    };
  }
}
