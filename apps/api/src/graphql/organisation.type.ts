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

  /** Not a field: where `parent` is looked up, and as of when. */
  parentCode!: string | null;
  atMs!: number;
}

/** An organisation as it stood at a moment. */
export function toOrganisationType(organisation: Organisation, atMs: number): OrganisationType {
  const { code: odsCode, name, level, parentCode } = organisation;
  return { odsCode, name, level, parentCode, atMs };
}
