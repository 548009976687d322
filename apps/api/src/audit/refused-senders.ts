import { randomUUID } from 'node:crypto';
import type { AuditTally } from '@app/access';
import type { Clock } from '@app/recovery';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RefusedRequest } from '../http/refusal';
import { senderAddress } from '../http/sender-address';
import { refusalOf } from '../http/send-refusal';
import type { IdentifyCaller } from '../identify-caller';

/** Whose request was refused, and where. */
export type RefusedSender = {
  readonly address: string;
  readonly route: string | null;
  readonly authorization: string | undefined;
};

/** Answers that say: you are not who may ask. */
const REFUSED_STATUSES: ReadonlySet<number> = new Set([401, 403]);

/**
 * Counts senders whose credentials were refused, by address, code and route. They are counted and not written one by one, because
 * it is they who decide how often they come.
 */
export class RefusedSenders {
  constructor(
    private readonly tally: AuditTally,
    private readonly clock: Clock,
    private readonly callers: IdentifyCaller,
  ) {}

  /** Looks at every answer of the framework's routes. Reports, and GraphQL, whose refusals hide in its answers, tell their own. */
  register(fastify: FastifyInstance): void {
    fastify.addHook('onResponse', (request, reply, done) => {
      const refusal = refusalOf(reply);
      if (refusal !== null) this.note(senderOf(request), refusal);
      done();
    });
  }

  /** Counts a refusal if it was the sender who was refused, and not what was asked. */
  note(sender: RefusedSender, { status, code }: Pick<RefusedRequest, 'status' | 'code'>): void {
    if (!REFUSED_STATUSES.has(status)) return;
    const { address, route, authorization } = sender;
    this.tally.count({
      ...{ atMs: this.clock.now(), operationId: randomUUID(), actor: { kind: 'ANONYMOUS', id: address } },
      ...{ action: 'AUTHENTICATION_FAILED', outcome: 'REFUSED', organisation: null, object: null },
      // A genuine credential that may not do this, or not any more, tells whose it was: that of a stolen machine, perhaps.
      details: { code, route, caller: this.callers.identify(authorization) },
    });
  }
}

/** The sender of a request to one of the framework's routes. */
export function senderOf(request: FastifyRequest): RefusedSender {
  const { raw, routeOptions, headers } = request;
  const { authorization } = headers;
  return { address: senderAddress(raw), route: routeOptions.url ?? null, authorization };
}
