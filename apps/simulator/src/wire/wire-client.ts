import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type Dispatcher } from 'undici';

/** The service answered, and not with what was asked for. */
export class WireError extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    request: string,
  ) {
    super(`${request} was answered with ${status}: ${body.slice(0, 400)}`);
    this.name = 'WireError';
  }
}

/** Connections to the service: enough to keep it busy, few enough to leave it its connections. */
const CONNECTIONS = 24;

/**
 * A busy service (429, 503) or a broken connection is tried again with the same content, so often and no
 * longer.
 */
const ATTEMPTS_MAX = 30;
const RETRY_AFTER_MS_DEFAULT = 1_000;
const RETRY_AFTER_MS_MAX = 30_000;

/** Batches are acknowledged after they are stored, which a loaded machine may take its time over. */
const ANSWER_TIMEOUT_MS = 120_000;

/**
 * Errors of a connection that was refused or cut: nothing is known about the request, and it is idempotent.
 */
const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The service is busy or away: the same may be sent again after a while. */
export type Later = { readonly laterMs: number };

export type WireClientOptions = {
  readonly url: string;
  readonly adminToken: string;
  /** Ends all waiting and asking again. */
  readonly signal?: AbortSignal;
};

/**
 * HTTP and GraphQL as any client of the service speaks them. Counts how often it was asked to come back
 * later.
 */
export class WireClient {
  private readonly pool: Pool;
  private retriesSoFar = 0;

  constructor(private readonly options: WireClientOptions) {
    this.pool = new Pool(new URL(options.url).origin, {
      connections: CONNECTIONS,
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
    });
  }

  get retries(): number {
    return this.retriesSoFar;
  }

  /**
   * POST of a JSON body with a bearer credential (none for null). Throws WireError unless answered with 2xx.
   */
  async post<T>(path: string, body: string, bearer: string | null): Promise<T> {
    const headers = { ...headersFor(bearer), 'content-type': 'application/json' };
    return JSON.parse(await this.send({ method: 'POST', path, body, headers })) as T;
  }

  /**
   * POST as `post` does it, but once: whoever keeps what could not be delivered learns that it must, and waits elsewhere. Throws
   * WireError when answered with anything but 2xx, 429 and 503.
   */
  async postOnce<T>(path: string, body: string, bearer: string | null): Promise<T | Later> {
    const { signal } = this.options;
    const headers = { ...headersFor(bearer), 'content-type': 'application/json' };
    const request = { method: 'POST', path, body, headers } as const;
    const answer = await this.sendOnce({ ...request, ...(signal === undefined ? {} : { signal }) });
    if (answer.kind === 'ANSWERED') return JSON.parse(answer.body) as T;
    this.retriesSoFar += 1;
    return { laterMs: answer.afterMs };
  }

  /** GET with a bearer credential (none for null). Throws WireError unless answered with 2xx. */
  async get<T>(path: string, bearer: string | null): Promise<T> {
    return JSON.parse(await this.send({ method: 'GET', path, headers: headersFor(bearer) })) as T;
  }

  /** One GraphQL operation as administrator. Throws WireError when the answer has errors or no data. */
  async graphql<T>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
    type Answer = { readonly data?: T | null; readonly errors?: readonly unknown[] };
    const answer = await this.post<Answer>(
      '/graphql',
      JSON.stringify({ query, variables }),
      this.options.adminToken,
    );
    if (answer.errors !== undefined || answer.data === undefined || answer.data === null) {
      throw new WireError(200, JSON.stringify(answer.errors ?? answer), 'the GraphQL operation');
    }
    return answer.data;
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async send(request: Omit<Dispatcher.RequestOptions, 'signal'>): Promise<string> {
    const { signal } = this.options;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.sendOnce({ ...request, ...(signal === undefined ? {} : { signal }) });
      if (answer.kind === 'ANSWERED') return answer.body;
      if (attempt >= ATTEMPTS_MAX) throw answer.error;
      this.retriesSoFar += 1;
      await sleep(answer.afterMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  private async sendOnce(request: Dispatcher.RequestOptions): Promise<Answer> {
    try {
      const { statusCode, headers, body } = await this.pool.request(request);
      const text = await body.text();
      if (statusCode >= 200 && statusCode < 300) return { kind: 'ANSWERED', body: text };
      const error = new WireError(statusCode, text, `${request.method} ${request.path}`);
      if (statusCode !== 429 && statusCode !== 503) throw error;
      return { kind: 'LATER', afterMs: retryAfterMs(headers['retry-after']), error };
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      return { kind: 'LATER', afterMs: RETRY_AFTER_MS_DEFAULT, error };
    }
  }
}

/** Whether the service asked to come again. */
export function isLater(answer: object): answer is Later {
  return 'laterMs' in answer;
}

function headersFor(bearer: string | null): Record<string, string> {
  return { accept: 'application/json', ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) };
}

type Answer =
  | { readonly kind: 'ANSWERED'; readonly body: string }
  | { readonly kind: 'LATER'; readonly afterMs: number; readonly error: Error };

function retryAfterMs(header: string | string[] | undefined): number {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds >= 0
    ? Math.min(seconds * 1_000, RETRY_AFTER_MS_MAX)
    : RETRY_AFTER_MS_DEFAULT;
}

function isConnectionError(error: unknown): error is Error {
  return error instanceof Error && CONNECTION_ERRORS.has((error as NodeJS.ErrnoException).code ?? '');
}
