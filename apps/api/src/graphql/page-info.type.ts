import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType('PageInfo', { description: 'Whether a list goes on.' })
export class PageInfoType {
  @Field({ description: 'There are more behind this page.' })
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the last one on this page.' })
  endCursor!: string | null;
}
