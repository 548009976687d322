import { Args, Context, ID, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { ReaderError, SiteReader } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, questionMark, readSiteCursor, siteCursor } from './cursor';
import { MachineType } from './machine.type';
import { OrganisationType, toOrganisationType } from './organisation.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import {
  SilenceHeldType,
  SilentSiteConnectionType,
  SilentSiteType,
  toSilenceHeldType,
  toSilentSiteType,
} from './site.type';

/** Practices that are silent as a whole. */
@Resolver(() => SilentSiteType)
export class SiteResolver {
  constructor(
    private readonly sites: SiteReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => SilentSiteConnectionType, {
    description:
      'Practices that are silent as a whole while machines of theirs are awaited, longest silent first. Silence that began in the incident’s window is evidence and never listed here.',
  })
  async silentSites(
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
      description: 'Cursor to go on behind; of the same organisation.',
    })
    after: string | null | undefined,
    @SenderStanding() { scope, now }: Standing,
    @Context() context: RequestContext,
  ): Promise<SilentSiteConnectionType> {
    context.answer.changesByItself = true;
    const code = within ?? null;
    if (code !== null && now.find(code) === null)
      throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    const mark = questionMark(['silentSites', code]);
    const place = after == null ? null : readSiteCursor(after, mark);
    const page = await this.sites.list(scope, code, place, checkFirst(first));
    const edges = page.sites.map((site) => ({
      cursor: siteCursor(mark, site),
      node: toSilentSiteType(site),
    }));
    return {
      edges,
      pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges[edges.length - 1]?.cursor ?? null },
    };
  }

  @ResolveField(() => OrganisationType, { description: 'The practice.' })
  async practice(
    @Parent() site: SilentSiteType,
    @SenderStanding() standing: Standing,
  ): Promise<OrganisationType> {
    const nowMs = this.clock.now();
    const practice = (await standing.at(nowMs)).find(site.practiceId);
    if (practice === null) throw new ReaderError('NOT_FOUND', 'this practice is not known any more');
    return toOrganisationType(practice, nowMs);
  }
}

/** What an organisation says of its own silence. */
@Resolver(() => OrganisationType)
export class OrganisationSiteResolver {
  constructor(private readonly sites: SiteReader) {}

  @ResolveField(() => SilentSiteType, {
    nullable: true,
    description:
      'The silence of a practice that is silent as a whole while machines of it are awaited; null for all other practices, and above practices.',
  })
  async site(
    @Parent() organisation: OrganisationType,
    @SenderStanding() { scope }: Standing,
    @Context() context: RequestContext,
  ): Promise<SilentSiteType | null> {
    context.answer.changesByItself = true;
    if (organisation.level !== 'PRACTICE') return null;
    const site = await this.sites.siteOf(scope, organisation.odsCode);
    return site === null ? null : toSilentSiteType(site);
  }
}

/** What a machine says of its practice's silence. */
@Resolver(() => MachineType)
export class MachineSiteResolver {
  constructor(private readonly sites: SiteReader) {}

  @ResolveField(() => SilenceHeldType, {
    nullable: true,
    description:
      'Its silence would have moved it, and is held because its whole practice fell silent with it; null when nothing is held.',
  })
  async silenceHeld(
    @Parent() machine: MachineType,
    @SenderStanding() { scope }: Standing,
  ): Promise<SilenceHeldType | null> {
    const hold = await this.sites.holdOf(scope, machine.key);
    return hold === null ? null : toSilenceHeldType(hold);
  }
}
