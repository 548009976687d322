import { Args, Context, ID, Int, Query, Resolver } from '@nestjs/graphql';
import { ReaderError, SiteChangeReader } from '@app/progress';
import { DAY_MS } from '@app/recovery';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, questionMark, readSiteChangeCursor, siteChangeCursor } from './cursor';
import { toOrganisationType } from './organisation.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import { SiteChangeConnectionType, SiteChangeType, toSiteChangeType } from './site-change.type';

/** Longer ago, a machine's own timeline tells more; and what is read for an answer stays bounded. */
const SINCE_DAYS_MAX = 31;

/** What fell silent, came back or fell over again together. */
@Resolver(() => SiteChangeType)
export class SiteChangeResolver {
  constructor(
    private readonly changes: SiteChangeReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => SiteChangeConnectionType, {
    description:
      'Practices whose machines went silent together, came back together, or came back and fell over again since a moment; by code.',
  })
  async siteChanges(
    @Args('since', {
      type: () => Date,
      description: 'What became true at or after this moment; 31 days ago at most.',
    })
    since: Date,
    @Args('within', {
      type: () => ID,
      nullable: true,
      description: 'ODS code of the organisation to look within; default: everywhere.',
    })
    within: string | null | undefined,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind; of the same organisation and moment.',
    })
    after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<SiteChangeConnectionType> {
    context.answer.changesByItself = true;
    const nowMs = this.clock.now();
    const sinceMs = checkSince(since.getTime(), nowMs);
    const code = within ?? null;
    if (code !== null && standing.now.find(code) === null)
      throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    const mark = questionMark(['siteChanges', code, sinceMs]);
    const place = after == null ? null : readSiteChangeCursor(after, mark);
    const question = { within: code, sinceMs };
    const page = await this.changes.list(standing.scope, question, place, checkFirst(first), nowMs);
    const view = await standing.at(nowMs);
    const edges = page.sites.flatMap((site) => {
      const practice = view.find(site.practiceId);
      if (practice === null) return [];
      const node = toSiteChangeType(site, toOrganisationType(practice, nowMs));
      return [{ cursor: siteChangeCursor(mark, site.practiceId), node }];
    });
    const endCursor = page.next === null ? (edges.at(-1)?.cursor ?? null) : siteChangeCursor(mark, page.next);
    return { edges, pageInfo: { hasNextPage: page.next !== null, endCursor } };
  }
}

/** @throws ReaderError BAD_USER_INPUT */
function checkSince(sinceMs: number, nowMs: number): number {
  if (sinceMs > nowMs || sinceMs < nowMs - SINCE_DAYS_MAX * DAY_MS)
    throw new ReaderError('BAD_USER_INPUT', `since must lie in the last ${SINCE_DAYS_MAX} days`);
  return sinceMs;
}
