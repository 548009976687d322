import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { OrganisationLevel } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { OrganisationType, toOrganisationType } from './organisation.type';
import { SenderStanding } from './sender-standing';

/** Organisations and their places in the hierarchy. */
@Resolver(() => OrganisationType)
export class OrganisationResolver {
  constructor(private readonly clock: RecoveryClock) {}

  @Query(() => OrganisationType, {
    nullable: true,
    description: 'A practice by its ODS code; null when there is none.',
  })
  async practice(
    @Args('odsCode', { type: () => ID, description: 'Letter and five digits, as in P82011.' })
    odsCode: string,
    @SenderStanding() standing: Standing,
  ): Promise<OrganisationType | null> {
    return this.find(standing, odsCode, 'PRACTICE');
  }

  @Query(() => OrganisationType, {
    nullable: true,
    description: 'An organisation of any level by its ODS code; null when there is none.',
  })
  async organisation(
    @Args('odsCode', { type: () => ID, description: 'ODS code, or ENGLAND.' }) odsCode: string,
    @SenderStanding() standing: Standing,
  ): Promise<OrganisationType | null> {
    return this.find(standing, odsCode, null);
  }

  @ResolveField(() => OrganisationType, {
    nullable: true,
    description: 'The organisation it belongs to at the moment of the answer’s counts; null for the nation.',
  })
  async parent(
    @Parent() child: OrganisationType,
    @SenderStanding() standing: Standing,
  ): Promise<OrganisationType | null> {
    if (child.parentCode === null) return null;
    const parent = (await standing.at(child.atMs)).find(child.parentCode);
    return parent === null ? null : toOrganisationType(parent, child.atMs);
  }

  private async find(
    standing: Standing,
    odsCode: string,
    level: OrganisationLevel | null,
  ): Promise<OrganisationType | null> {
    const nowMs = this.clock.now();
    const organisation = (await standing.at(nowMs)).find(odsCode);
    if (organisation === null || (level !== null && organisation.level !== level)) return null;
    return toOrganisationType(organisation, nowMs);
  }
}
