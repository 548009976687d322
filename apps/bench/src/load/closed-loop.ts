import { quantiles } from '../measure/quantiles';
import { HttpConnection, type Answer } from './http-connection';
import type { LoadResult } from './load-command';

/** The items that an answer acknowledges, and what is wrong with it, or null. */
export type Judgement = { readonly items: number; readonly wrong: string | null };

/** Where one connection gets its requests, and who judges the answers. */
export type Conversation = {
  next(): Buffer;
  judge(answer: Answer): Judgement;
};

/** Ends a loop after so many requests of all connections, and tells each one's latency. */
export type LoopOptions = { readonly requestsMax?: number; readonly keepLatencies?: boolean };

/** A server that takes longer than this for one answer hangs. */
const ANSWER_WITHIN_MS = 120_000;

/**
 * Keeps every connection busy, one request at a time, until the time is up; then waits for the answers that
 * are due.
 */
export async function runClosedLoop(
  port: number,
  conversations: readonly Conversation[],
  seconds: number,
  { requestsMax = Number.POSITIVE_INFINITY, keepLatencies = false }: LoopOptions = {},
): Promise<LoadResult> {
  const connections = await Promise.all(conversations.map(() => HttpConnection.open(port)));
  const tally = {
    requests: 0,
    items: 0,
    failures: {} as Record<string, number>,
    latenciesMs: [] as number[],
  };
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1_000;
  let endedMs = startedMs;
  const fail = (what: string): void => {
    tally.failures[what] = (tally.failures[what] ?? 0) + 1;
  };
  const talk = (connection: HttpConnection, conversation: Conversation): Promise<void> =>
    new Promise((resolve) => {
      const failed = (error: Error): void => {
        fail(error.message);
        resolve();
      };
      const say = (): void => {
        const sentMs = performance.now();
        connection.send(
          conversation.next(),
          (answer) => {
            endedMs = performance.now();
            tally.requests += 1;
            tally.latenciesMs.push(endedMs - sentMs);
            const judged = conversation.judge(answer);
            tally.items += judged.items;
            if (judged.wrong !== null) fail(judged.wrong);
            if (endedMs < untilMs && tally.requests < requestsMax) say();
            else resolve();
          },
          failed,
        );
      };
      say();
    });
  const all = Promise.all(
    connections.map((connection, i) => talk(connection, conversations[i] as Conversation)),
  );
  const hanging = setTimeout(
    () => connections.forEach((connection) => connection.abort('no answer in time')),
    seconds * 1_000 + ANSWER_WITHIN_MS,
  );
  await all;
  clearTimeout(hanging);
  for (const connection of connections) connection.close();
  const [p50Ms, p99Ms] = quantiles(tally.latenciesMs, [0.5, 0.99]);
  const { requests, items, failures } = tally;
  return {
    requests,
    items,
    failures,
    seconds: (endedMs - startedMs) / 1_000,
    p50Ms: p50Ms ?? 0,
    p99Ms: p99Ms ?? 0,
    ...(keepLatencies ? { latenciesMs: tally.latenciesMs } : {}),
  };
}
