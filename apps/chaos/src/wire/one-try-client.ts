import { Pool } from 'undici';

/** What came back for a request; `body` is the parsed JSON, undefined when there is none. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly body: unknown;
};

/** Nothing came back: whether the request was carried out is unknown. */
export type Lost = { readonly lost: string };

const CONNECTIONS = 64;
/** Far longer than anything may take; what takes longer is stuck. */
const ANSWER_WITHIN_MS = 30_000;

/** Speaks HTTP with one service. Tries once and never throws: what was lost is the caller's to know. */
export class OneTryClient {
  private readonly pool: Pool;

  constructor(
    readonly url: string,
    connections = CONNECTIONS,
  ) {
    this.pool = new Pool(url, {
      connections,
      pipelining: 1,
      headersTimeout: ANSWER_WITHIN_MS,
      bodyTimeout: ANSWER_WITHIN_MS,
    });
  }

  async get(path: string, bearer: string | null = null): Promise<Answer | Lost> {
    return this.send('GET', path, bearer, null, {});
  }

  async post(path: string, content: unknown, bearer: string | null): Promise<Answer | Lost> {
    const body = typeof content === 'string' ? content : JSON.stringify(content);
    return this.send('POST', path, bearer, body, { 'content-type': 'application/json' });
  }

  async send(
    method: string,
    path: string,
    bearer: string | null,
    body: string | Buffer | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer | Lost> {
    const authorization = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
    try {
      const answer = await this.pool.request({
        method: method as 'GET',
        path,
        body,
        headers: { ...authorization, ...headers },
      });
      const text = await answer.body.text();
      const flat = Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : value,
      ]);
      const known = Object.fromEntries(flat) as Record<string, string | undefined>;
      return { status: answer.statusCode, headers: known, text, body: parse(text) };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { lost: code ?? message };
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

export function isLost(answer: Answer | Lost): answer is Lost {
  return 'lost' in answer;
}

/** The data of a GraphQL answer, or null when it has errors or is none. */
export function dataOf(answer: Answer | Lost): unknown {
  if (isLost(answer) || typeof answer.body !== 'object' || answer.body === null) return null;
  const { data, errors } = answer.body as { data?: unknown; errors?: unknown };
  return errors === undefined ? (data ?? null) : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
