import { quantiles } from '../measure/quantiles';
import type { Conversation } from './closed-loop';
import type { Answer } from './http-connection';
import { KeptConnection } from './kept-connection';
import type { LoadResult } from './load-command';

/** So many requests a second, whatever the answers take. */
export type Pace = { readonly requestsPerSecond: number; readonly seconds: number };

/** After the last request was due, the answers may take as long as this; what is still open then has failed. */
const GRACE_MS = 60_000;
/** How often it is looked whether requests are due; their latency counts from the moment they were due. */
const TICK_MS = 1;
const SERVICE_UNAVAILABLE = 503;
const RETRY_AFTER = /\r\nretry-after: *(\d+)/i;
const SECOND_MS = 1_000;

/**
 * Sends requests at a fixed pace, whether or not earlier ones are answered (an open loop), each on the connection that became
 * free last. There are as many connections as were ever needed at once, and never more than conversations. Latency is measured from the moment a request was due, so that a server that stalls pays for everybody who had to wait
 * (no coordinated omission). A request refused for now is sent again as its answer says, and its clock runs on.
 */
export async function runPacedLoad(
  port: number,
  conversations: readonly Conversation[],
  { requestsPerSecond, seconds }: Pace,
): Promise<LoadResult> {
  const connections = conversations.map(() => new KeptConnection(port));
  const run = new PacedRun(connections, conversations, requestsPerSecond, seconds);
  const result = await run.result();
  for (const connection of connections) connection.close();
  return result;
}

class PacedRun {
  private readonly requests: number;
  private readonly startedMs = performance.now();
  /** Places of connections; the one that became free last is used first, so that the others need not be opened. */
  private readonly free: number[];
  private readonly latenciesMs: number[] = [];
  private readonly failures: Record<string, number> = {};
  private readonly pauses = new Set<NodeJS.Timeout>();
  private sent = 0;
  private settled = 0;
  private items = 0;
  private refused = 0;
  private endedMs = this.startedMs;
  private finish: () => void = () => undefined;

  constructor(
    private readonly connections: readonly KeptConnection[],
    private readonly conversations: readonly Conversation[],
    private readonly perSecond: number,
    private readonly seconds: number,
  ) {
    this.requests = Math.floor(perSecond * seconds);
    this.free = connections.map((_, i) => i);
  }

  async result(): Promise<LoadResult> {
    const ticking = setInterval(() => this.sendDue(), TICK_MS);
    const late = setTimeout(() => this.giveUp(), this.seconds * SECOND_MS + GRACE_MS);
    await new Promise<void>((resolve) => {
      this.finish = resolve;
      if (this.requests === 0) resolve();
    });
    clearInterval(ticking);
    clearTimeout(late);
    for (const pause of this.pauses) clearTimeout(pause);
    const [p50Ms, p99Ms, maxMs] = quantiles(this.latenciesMs, [0.5, 0.99, 1]);
    return {
      requests: this.settled,
      items: this.items,
      failures: this.failures,
      refused: this.refused,
      seconds: (this.endedMs - this.startedMs) / SECOND_MS,
      p50Ms: p50Ms ?? 0,
      p99Ms: p99Ms ?? 0,
      maxMs: maxMs ?? 0,
    };
  }

  private sendDue(): void {
    const due = Math.min(
      this.requests,
      Math.floor(((performance.now() - this.startedMs) / SECOND_MS) * this.perSecond) + 1,
    );
    while (this.sent < due) {
      const place = this.free.pop();
      if (place === undefined) return;
      const dueMs = this.startedMs + (this.sent / this.perSecond) * SECOND_MS;
      this.sent += 1;
      this.say(place, (this.conversations[place] as Conversation).next(), dueMs);
    }
  }

  private say(place: number, request: Buffer, dueMs: number): void {
    (this.connections[place] as KeptConnection).send(
      request,
      (answer) => this.take(place, request, dueMs, answer),
      (error) => {
        this.free.push(place);
        this.settle(error.message);
      },
    );
  }

  private take(place: number, request: Buffer, dueMs: number, answer: Answer): void {
    const retryAfter = answer.status === SERVICE_UNAVAILABLE ? RETRY_AFTER.exec(answer.head)?.[1] : undefined;
    if (retryAfter !== undefined) {
      this.refused += 1;
      const pause = setTimeout(
        () => {
          this.pauses.delete(pause);
          this.say(place, request, dueMs);
        },
        Number(retryAfter) * SECOND_MS,
      );
      this.pauses.add(pause);
      return;
    }
    this.latenciesMs.push(performance.now() - dueMs);
    const judged = (this.conversations[place] as Conversation).judge(answer);
    this.items += judged.items;
    this.free.push(place);
    this.settle(judged.wrong);
    this.sendDue();
  }

  private settle(wrong: string | null): void {
    this.endedMs = performance.now();
    if (wrong !== null) this.failures[wrong] = (this.failures[wrong] ?? 0) + 1;
    this.settled += 1;
    if (this.settled === this.requests) this.finish();
  }

  private giveUp(): void {
    const open = this.requests - this.settled;
    if (open > 0) this.failures['no answer in time'] = open;
    this.endedMs = performance.now();
    this.finish();
  }
}
