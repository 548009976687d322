import { UseGuards } from '@nestjs/common';
import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { OrganisationReader, type OrganisationLevel } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import { AdminGuard } from './admin.guard';
import { OrganisationType, toOrganisationType } from './organisation.type';

/** Organisations and their places in the hierarchy. */
@Resolver(() => OrganisationType)
@UseGuards(AdminGuard)
export class OrganisationResolver {
  constructor(
    private readonly organisations: OrganisationReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => OrganisationType, {
    nullable: true,
    description: 'A practice by its ODS code; null when there is none.',
  })
  async practice(
    @Args('odsCode', { type: () => ID, description: 'Letter and five digits, as in P82011.' })
    odsCode: string,
  ): Promise<OrganisationType | null> {
    return this.find(odsCode, 'PRACTICE');
  }

  @Query(() => OrganisationType, {
    nullable: true,
    description: 'An organisation of any level by its ODS code; null when there is none.',
  })
  async organisation(
    @Args('odsCode', { type: () => ID, description: 'ODS code, or ENGLAND.' }) odsCode: string,
  ): Promise<OrganisationType | null> {
    return this.find(odsCode, null);
  }

  @ResolveField(() => OrganisationType, {
    nullable: true,
    description: 'The organisation it belongs to at the moment of the answer’s counts; null for the nation.',
  })
  async parent(@Parent() child: OrganisationType): Promise<OrganisationType | null> {
    if (child.parentCode === null) return null;
    const parent = await this.organisations.find(child.parentCode, child.atMs);
    return parent === null ? null : toOrganisationType(parent, child.atMs);
  }

  private async find(odsCode: string, level: OrganisationLevel | null): Promise<OrganisationType | null> {
    const nowMs = this.clock.now();
    const organisation = await this.organisations.find(odsCode, nowMs);
    if (organisation === null || (level !== null && organisation.level !== level)) return null;
    return toOrganisationType(organisation, nowMs);
  }
}
