import { CustomScalar, Scalar } from '@nestjs/graphql';
import { GraphQLError, Kind, type ValueNode } from 'graphql';
import { parseInstant } from '../instant';

/** Moments on the GraphQL wire. In: RFC 3339 with Z or an offset, local times refused. Out: UTC with Z. */
@Scalar('DateTime', () => Date)
export class DateTimeScalar implements CustomScalar<string, Date> {
  readonly description =
    'A moment, RFC 3339. Always given in UTC; accepted only with Z or an offset, because a local time read as UTC turns bad files into good ones.';

  parseValue(value: unknown): Date {
    const atMs = typeof value === 'string' ? parseInstant(value) : 'INVALID_TIME';
    if (typeof atMs === 'number') return new Date(atMs);
    throw new GraphQLError(atMs === 'LOCAL_TIME' ? 'a time needs Z or an offset' : 'not an RFC 3339 time');
  }

  parseLiteral(node: ValueNode): Date {
    return this.parseValue(node.kind === Kind.STRING ? node.value : null);
  }

  serialize(value: unknown): string {
    return (value as Date).toISOString();
  }
}
