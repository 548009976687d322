import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { Plugin } from '@nestjs/apollo';
import { RefusedSenders, senderOf } from '../audit/refused-senders';
import { RefusedRequest } from '../http/refusal';
import type { RequestContext } from './request-context';

/** Reports senders that a GraphQL operation refused: once for each request and code, however many fields it asked for. */
@Plugin()
export class RefusedSendersPlugin implements ApolloServerPlugin<RequestContext> {
  constructor(private readonly refused: RefusedSenders) {}

  async requestDidStart(): Promise<GraphQLRequestListener<RequestContext>> {
    return {
      didEncounterErrors: async ({ errors, contextValue }) => {
        const refusals = errors
          .map((error) => unwrapResolverError(error))
          .filter((error) => error instanceof RefusedRequest);
        const sender = senderOf(contextValue.request);
        for (const refusal of new Map(refusals.map((one) => [one.code, one])).values())
          this.refused.note(sender, refusal);
      },
    };
  }
}
