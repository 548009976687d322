import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { Organisation, OrganisationLevel } from '@app/progress';
import { OrganisationLevelEnum } from './vocabulary.type';

@ObjectType('Organisation', { description: 'A practice, an ICB, a region or the nation.' })
export class OrganisationType {
  @Field(() => ID, { description: 'ODS code; the nation is ENGLAND.' })
  odsCode!: string;

  @Field({ description: 'Name. Not unique: never identify a practice by it.' })
  name!: string;

  @Field(() => OrganisationLevelEnum, { description: 'Level in the hierarchy.' })
  level!: OrganisationLevel;

  @Field(() => String, {
    nullable: true,
    description:
      'Address of a practice without its postcode, lines parted by commas, as the practice files have it; null where it is not known, and for other levels.',
  })
  address!: string | null;

  @Field(() => String, { nullable: true, description: 'Postcode of a practice; null likewise.' })
  postcode!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Telephone number of a practice, as written in the practice files; null likewise.',
  })
  telephone!: string | null;

  /** Not a field: where `parent` is looked up, and as of when. */
  parentCode!: string | null;
  atMs!: number;
}

/** An organisation as it stood at a moment. */
export function toOrganisationType(organisation: Organisation, atMs: number): OrganisationType {
  const { code: odsCode, name, level, parentCode, contact } = organisation;
  return { odsCode, name, level, ...contact, parentCode, atMs };
}
