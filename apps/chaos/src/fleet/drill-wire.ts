import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random';
import { dataOf, isLost, type Answer, type Lost, type OneTryClient } from '../wire/one-try-client';

/** A request that is tried until the service has said what became of it. */
export type Settled = {
  readonly answer: Answer;
  /** Tries whose outcome stayed unknown: the answer was lost, or the service could not tell. */
  readonly unknownTries: number;
  /** When the first of them was sent, by the monotonic clock. */
  readonly firstSentAtMs: number;
};

/** What a service may refuse everybody with for a while. It must then say when to come again. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set(['DATABASE', 'QUEUE_FULL', 'STOPPING', 'UNAVAILABLE']);

/** Between two tries: agents would wait for what Retry-After says, but here time is short. */
const PAUSE_MS = { least: 20, most: 90 } as const;
/** Whoever is still not answered by then is stuck. */
const SETTLES_WITHIN_MS = 60_000;

/** Counts what the wire went through. */
export type WireTally = {
  requests: number;
  lost: number;
  refused: number;
  /** Refusals for a while that did not say until when. */
  withoutRetryAfter: number;
};

/** Speaks with the services of a drill, each time with one of them, and does not give up. */
export class DrillWire {
  readonly tally: WireTally = { requests: 0, lost: 0, refused: 0, withoutRetryAfter: 0 };

  constructor(
    private readonly clients: readonly OneTryClient[],
    readonly adminToken: string,
    private readonly random: SeededRandom,
  ) {}

  /** @throws Error when nothing was settled in a minute */
  async settle(path: string, content: unknown, bearer: string | null): Promise<Settled> {
    const firstSentAtMs = performance.now();
    let unknownTries = 0;
    let last = '';
    while (performance.now() - firstSentAtMs < SETTLES_WITHIN_MS) {
      const answer = await this.random.pick(this.clients).post(path, content, bearer);
      this.tally.requests += 1;
      const refusal = this.passingRefusal(answer);
      if (refusal === null) return { answer: answer as Answer, unknownTries, firstSentAtMs };
      unknownTries += 1;
      last = refusal;
      await pause(this.random.whole(PAUSE_MS.least, PAUSE_MS.most));
    }
    throw new Error(`${path} was not settled in ${SETTLES_WITHIN_MS / 1_000} s: ${last}`);
  }

  /** The data of a GraphQL operation as administrator. */
  async ask<Data>(query: string, variables: object): Promise<Data> {
    const { answer } = await this.settle('/graphql', { query, variables }, this.adminToken);
    const data = dataOf(answer) as Data | null;
    if (data === null) throw new Error(`a question failed: ${answer.text.slice(0, 300)}`);
    return data;
  }

  /** Why an answer is none yet; null when it is one. */
  private passingRefusal(answer: Answer | Lost): string | null {
    if (isLost(answer)) {
      this.tally.lost += 1;
      return answer.lost;
    }
    const code = codeOf(answer);
    const passes = code !== null && PASSING_REFUSALS.has(code);
    if (!passes) return null;
    this.tally.refused += 1;
    const tellsWhen = answer.headers['retry-after'] !== undefined || answer.text.includes('"retryAfterMs":');
    if (!tellsWhen) this.tally.withoutRetryAfter += 1;
    return code;
  }
}

/** The code of a refusal, or of the first error of a GraphQL answer. */
export function codeOf({ body }: Answer): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { code, errors } = body as {
    code?: unknown;
    errors?: readonly { extensions?: { code?: unknown } }[];
  };
  const found = code ?? errors?.[0]?.extensions?.code;
  return typeof found === 'string' ? found : null;
}
