import type { Answer } from '../wire/one-try-client';

/** What is wrong with an answer; null when nothing is. */
export type Fault = string | null;

/** Stack traces, paths of the source, statements and the database's own messages: no answer may hold any. */
const INTERNALS: readonly RegExp[] = [
  /\n\s+at .+:\d+:\d+/,
  /node_modules|\/(libs|apps|dist)\/|\.(ts|js):\d+/,
  /\b(SELECT .+ FROM|INSERT INTO|DELETE FROM|UPDATE [a-z_]+ SET) /,
  /invalid input syntax|duplicate key value|relation "|violates .* constraint|pg_[a-z]+|QueryFailedError|ECONN[A-Z]+/,
];
/** Credentials, cursors and what was sent back are long and random: any word may turn up in one. */
const LONG_WORD = /[\w.\-~]{40,}/g;

/** Refusals for a while that overload alone explains. The database is there all the time. */
const OVERLOAD: ReadonlySet<string> = new Set(['QUEUE_FULL']);

const CODE = /^[A-Z][A-Z_]+$/;

/** The first thing that is wrong with an answer to hostile input. */
export function judgeAnswer(method: string, path: string, answer: Answer): Fault {
  const { status, text, body } = answer;
  const leak = INTERNALS.find((pattern) => pattern.test(text.replace(LONG_WORD, '')));
  if (leak !== undefined) return `${status} tells of the inside (${leak}): ${text.slice(0, 200)}`;
  const code = codeIn(body);
  if (status >= 500 && !(status === 503 && code !== null && OVERLOAD.has(code)))
    return `${status} ${code ?? 'without a code'}: ${text.slice(0, 200)}`;
  if (path.startsWith('/graphql') && status < 400) return judgeGraphql(body, text);
  if (status < 400) return badItem(body);
  if (method === 'HEAD') return null; // An answer to HEAD has no body.
  if (path.startsWith('/graphql') && isGraphqlRefusal(body)) return judgeGraphql(body, text);
  return code === null ? `${status} without a code: ${text.slice(0, 200)}` : null;
}

/** The code of a refusal. */
function codeIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null;
  return typeof body.code === 'string' && CODE.test(body.code) ? body.code : null;
}

function isGraphqlRefusal(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'errors' in body;
}

function judgeGraphql(body: unknown, text: string): Fault {
  if (!isGraphqlRefusal(body)) return null;
  const { errors } = body as { errors: unknown };
  if (!Array.isArray(errors)) return `errors is no list: ${text.slice(0, 200)}`;
  for (const error of errors as readonly { extensions?: { code?: unknown } }[]) {
    const code = error.extensions?.code;
    if (typeof code !== 'string' || !CODE.test(code)) return `an error without a code: ${text.slice(0, 200)}`;
    if (code === 'INTERNAL' || code === 'INTERNAL_SERVER_ERROR' || code === 'UNAVAILABLE')
      return `${code}: ${text.slice(0, 300)}`;
  }
  return null;
}

/** A heartbeat that passed every check and then could not be stored is a check that is missing. */
function badItem(body: unknown): Fault {
  if (typeof body !== 'object' || body === null || !('results' in body)) return null;
  const results = (body as { results: readonly { outcome?: unknown; code?: unknown }[] }).results;
  const failed = results.find(
    ({ outcome, code }) => code === 'SAVE_FAILED' || (outcome === 'REJECTED' && code === null),
  );
  return failed === undefined ? null : `an item was answered ${JSON.stringify(failed)}`;
}
