import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { isEnumType } from 'graphql';

/** The words of the rules in sentences, as the schema describes them: what is printed and what is asked say the same. */
@Injectable()
export class DescribedWords {
  constructor(private readonly host: GraphQLSchemaHost) {}

  /** The sentence about one value of an enum of the schema. */
  readonly sentenceFor = (enumName: string, value: string): string => {
    const type = this.host.schema.getType(enumName);
    const description = isEnumType(type) ? type.getValue(value)?.description : undefined;
    if (description == null) throw new Error(`the schema describes no ${enumName} ${value}`);
    return description;
  };
}
