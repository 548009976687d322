import { UseGuards } from '@nestjs/common';
import { Args, Context, ID, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { OrganisationReader, ReaderError, SiteReader } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import { AdminGuard } from './admin.guard';
import { checkFirst, questionMark, readSiteCursor, siteCursor } from './cursor';
import { MachineType } from './machine.type';
import { OrganisationType, toOrganisationType } from './organisation.type';
import type { RequestContext } from './request-context';
import {
  SilenceHeldType,
  SilentSiteConnectionType,
  SilentSiteType,
  toSilenceHeldType,
  toSilentSiteType,
} from './site.type';

/** Practices that are silent as a whole. */
@Resolver(() => SilentSiteType)
@UseGuards(AdminGuard)
export class SiteResolver {
  constructor(
    private readonly sites: SiteReader,
    private readonly organisations: OrganisationReader,
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
    @Context() context: RequestContext,
  ): Promise<SilentSiteConnectionType> {
    context.answer.changesByItself = true;
    const code = within ?? null;
    if (code !== null && (await this.organisations.find(code, this.clock.now())) === null)
      throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    const mark = questionMark(['silentSites', code]);
    const place = after == null ? null : readSiteCursor(after, mark);
    const page = await this.sites.list(code, place, checkFirst(first));
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
  async practice(@Parent() site: SilentSiteType): Promise<OrganisationType> {
    const nowMs = this.clock.now();
    const practice = await this.organisations.find(site.practiceId, nowMs);
    if (practice === null) throw new ReaderError('NOT_FOUND', 'this practice is not known any more');
    return toOrganisationType(practice, nowMs);
  }
}

/** What an organisation says of its own silence. */
@Resolver(() => OrganisationType)
@UseGuards(AdminGuard)
export class OrganisationSiteResolver {
  constructor(private readonly sites: SiteReader) {}

  @ResolveField(() => SilentSiteType, {
    nullable: true,
    description:
      'The silence of a practice that is silent as a whole while machines of it are awaited; null for all other practices, and above practices.',
  })
  async site(
    @Parent() organisation: OrganisationType,
    @Context() context: RequestContext,
  ): Promise<SilentSiteType | null> {
    context.answer.changesByItself = true;
    if (organisation.level !== 'PRACTICE') return null;
    const site = await this.sites.siteOf(organisation.odsCode);
    return site === null ? null : toSilentSiteType(site);
  }
}

/** What a machine says of its practice's silence. */
@Resolver(() => MachineType)
@UseGuards(AdminGuard)
export class MachineSiteResolver {
  constructor(private readonly sites: SiteReader) {}

  @ResolveField(() => SilenceHeldType, {
    nullable: true,
    description:
      'Its silence would have moved it, and is held because its whole practice fell silent with it; null when nothing is held.',
  })
  async silenceHeld(@Parent() machine: MachineType): Promise<SilenceHeldType | null> {
    const hold = await this.sites.holdOf(machine.key);
    return hold === null ? null : toSilenceHeldType(hold);
  }
}
