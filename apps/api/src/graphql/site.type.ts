import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { HeldSilence, SilentSite } from '@app/progress';
import { OrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';

@ObjectType('SilentSite', {
  description:
    'A practice that fell silent as a whole: a site, not many machines. While it lasts, the silence of its machines moves none of them.',
})
export class SilentSiteType {
  @Field({ description: 'The last report of any of its machines.' })
  silentSince!: Date;

  @Field({
    description: 'When it was noticed: as soon as the silence of one of its machines had become due.',
  })
  noticedAt!: Date;

  @Field(() => Int, { description: 'Machines that fell silent together.' })
  machines!: number;

  @Field({
    description:
      'Until when its silence explains that of its machines, unless it speaks again before: a working day.',
  })
  holdsUntil!: Date;

  /** Not a field: what `practice` is looked up by. */
  practiceId!: string;
  practice?: OrganisationType;
}

@ObjectType('SilentSiteEdge', { description: 'A silent practice and its cursor.' })
export class SilentSiteEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => SilentSiteType, { description: 'The silent practice.' })
  node!: SilentSiteType;
}

@ObjectType('SilentSiteConnection', { description: 'One page of silent practices, longest silent first.' })
export class SilentSiteConnectionType {
  @Field(() => [SilentSiteEdgeType], { description: 'The silent practices of this page.' })
  edges!: SilentSiteEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@ObjectType('SilenceHeld', {
  description:
    'The silence of a machine is due and held, because its whole practice fell silent with it. It happens, dated by its own deadline, once the practice is not the explanation.',
})
export class SilenceHeldType {
  @Field({ description: 'The last report of any machine of the practice before all fell silent.' })
  siteSilentSince!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the practice was noticed to speak again; null while it is silent.',
  })
  siteSpokeAgainAt!: Date | null;

  @Field({
    description:
      'When the machine moves at the latest, as far as is known now: an hour of opening time after its practice spoke again, or a working day after it fell silent.',
  })
  heldUntil!: Date;
}

/** A silent practice of the reader on the wire. */
export function toSilentSiteType(site: SilentSite): SilentSiteType {
  return {
    practiceId: site.practiceId,
    silentSince: new Date(site.silentSinceMs),
    noticedAt: new Date(site.noticedAtMs),
    machines: site.machines,
    holdsUntil: new Date(site.holdsUntilMs),
  };
}

/** A held silence of the reader on the wire. */
export function toSilenceHeldType(hold: HeldSilence): SilenceHeldType {
  return {
    siteSilentSince: new Date(hold.siteSilentSinceMs),
    siteSpokeAgainAt: hold.siteSpokeAgainAtMs === null ? null : new Date(hold.siteSpokeAgainAtMs),
    heldUntil: new Date(hold.heldUntilMs),
  };
}
