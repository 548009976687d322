import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import type { FallenMachine, MovedGroup, MovedMachine, PracticeSilent, SiteChange } from '@app/progress';
import type { MachineRole, RecoveryState } from '@app/recovery';
import { MachineRoleEnum } from './care-vocabulary.type';
import { OrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';
import { RecoveryStateEnum } from './vocabulary.type';

@ObjectType('MovedMachine', { description: 'A machine to which something happened, as it is now.' })
export class MovedMachineType {
  @Field(() => ID, { description: 'Identity of the machine; `machine` tells everything of it.' })
  id!: string;

  @Field({ description: 'Host name.' })
  hostname!: string;

  @Field(() => MachineRoleEnum, { nullable: true, description: 'What it is for; null: nobody has said.' })
  role!: MachineRole | null;

  @Field(() => String, { nullable: true, description: 'Room or desk.' })
  location!: string | null;

  @Field(() => RecoveryStateEnum, { description: 'Where it is now.' })
  state!: RecoveryState;

  @Field({ description: 'Since when.' })
  since!: Date;
}

@ObjectType('MovedTogether', {
  description:
    'Three machines or more to which the same happened, none more than a reporting interval after another one.',
})
export class MovedTogetherType {
  @Field({ description: 'When it happened to the first; of silence when it was last heard.' })
  from!: Date;

  @Field({ description: 'When it happened to the last.' })
  until!: Date;

  @Field(() => Int, { description: 'How many machines.' })
  machines!: number;

  @Field(() => [MovedMachineType], { description: 'The first 20 of them.' })
  named!: MovedMachineType[];
}

@ObjectType('FallenMachine', {
  description: 'A machine that came back, fell over again, and has not come back since.',
})
export class FallenMachineType {
  @Field(() => MovedMachineType, { description: 'The machine.' })
  machine!: MovedMachineType;

  @Field({ description: 'When it came back.' })
  cameBackAt!: Date;

  @Field({ description: 'When it fell over; where it only fell silent, when it was last heard.' })
  fellAt!: Date;
}

@ObjectType('PracticeSilence', { description: 'A time in which a practice was silent as a whole.' })
export class PracticeSilenceType {
  @Field({ description: 'The last report of any of its machines.' })
  silentSince!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When it was noticed to speak again; null while it is silent.',
  })
  spokeAgainAt!: Date | null;

  @Field(() => Int, { description: 'Machines that fell silent together.' })
  machines!: number;
}

@ObjectType('SiteChange', { description: 'What became of a practice since a moment.' })
export class SiteChangeType {
  @Field(() => OrganisationType, { description: 'The practice.' })
  practice!: OrganisationType;

  @Field(() => [PracticeSilenceType], {
    description:
      'Times in which it was silent as a whole, noticed or over since then: the site and not its machines.',
  })
  silences!: PracticeSilenceType[];

  @Field(() => [MovedTogetherType], {
    description:
      'Machines that went silent together and are down for it; the newest 10 groups, oldest first.',
  })
  wentSilent!: MovedTogetherType[];

  @Field(() => [MovedTogetherType], {
    description: 'Machines that came back together; the newest 10 groups, oldest first.',
  })
  cameBack!: MovedTogetherType[];

  @Field(() => [FallenMachineType], {
    description: 'Machines that came back and fell over again; the first 50.',
  })
  fellAgain!: FallenMachineType[];

  @Field(() => Int, { description: 'How many machines fell over again.' })
  fallen!: number;
}

@ObjectType('SiteChangeEdge', { description: 'A practice and its cursor.' })
export class SiteChangeEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => SiteChangeType, { description: 'What became of the practice.' })
  node!: SiteChangeType;
}

@ObjectType('SiteChangeConnection', {
  description:
    'One page of practices by code. While much happens everywhere a page may hold fewer than were asked for: `hasNextPage` tells whether it was the last.',
})
export class SiteChangeConnectionType {
  @Field(() => [SiteChangeEdgeType], { description: 'The practices of this page.' })
  edges!: SiteChangeEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

/** What became of a practice, on the wire. */
export function toSiteChangeType(site: SiteChange, practice: OrganisationType): SiteChangeType {
  return {
    practice,
    silences: site.silences.map(toSilence),
    wentSilent: site.wentSilent.map(toGroup),
    cameBack: site.cameBack.map(toGroup),
    fellAgain: site.fellAgain.map(toFallen),
    fallen: site.fallen,
  };
}

function toSilence({ silentSinceMs, spokeAgainAtMs, machines }: PracticeSilent): PracticeSilenceType {
  return {
    silentSince: new Date(silentSinceMs),
    spokeAgainAt: spokeAgainAtMs === null ? null : new Date(spokeAgainAtMs),
    machines,
  };
}

function toGroup({ fromMs, untilMs, machines, named }: MovedGroup): MovedTogetherType {
  return { from: new Date(fromMs), until: new Date(untilMs), machines, named: named.map(toMachine) };
}

function toFallen({ machine, cameBackAtMs, fellAtMs }: FallenMachine): FallenMachineType {
  return { machine: toMachine(machine), cameBackAt: new Date(cameBackAtMs), fellAt: new Date(fellAtMs) };
}

function toMachine({ sinceMs, ...machine }: MovedMachine): MovedMachineType {
  return { ...machine, since: new Date(sinceMs) };
}
