import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { DateTimeScalar } from './graphql/date-time.scalar';
import { PUBLIC_OPERATIONS } from './graphql/public-operations';
import { RESOLVERS } from './graphql/resolvers';
import { openApiDocument } from './http/open-api';

/** The two interfaces as documents, and what anybody may run. They are committed, and a test compares them with what the code says. */
export type Contracts = {
  readonly graphql: string;
  readonly openApi: string;
  readonly publicOperations: string;
};

/** Prints all from the code that serves them: the resolvers of the application and the schemas that validate requests. */
export async function printContracts(): Promise<Contracts> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: false });
  try {
    const schema = await app.get(GraphQLSchemaFactory).create([...RESOLVERS], [DateTimeScalar]);
    return {
      graphql: `${printSchema(lexicographicSortSchema(schema))}\n`,
      openApi: `${JSON.stringify(openApiDocument(), null, 2)}\n`,
      publicOperations: `${JSON.stringify(PUBLIC_OPERATIONS, null, 2)}\n`,
    };
  } finally {
    await app.close();
  }
}
