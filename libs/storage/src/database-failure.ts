/**
 * Classes of SQLSTATE that the data of a statement can cause: cardinality, data, constraint. Everything else (a schema, a grant, a
 * pooler, a shutdown, a full disk) is no fault of what was to be written: the same data may be saved later.
 * Classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const DATA_CLASSES = /^(21|22|23)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Classes after which a connection is of no use: its prepared statements and those that the driver believes in differ. */
const CONNECTION_OUT_OF_STEP = /^(0A|26|42P05)/;
/** What Node says of a connection's steps: `EMFILE`, `EAI_AGAIN` and all others come with one of these calls. */
const NETWORK_CALLS: ReadonlySet<unknown> = new Set([
  'connect',
  'getaddrinfo',
  'socket',
  'read',
  'write',
  'shutdown',
]);
/** OpenSSL's words for a certificate or a handshake that is not accepted, as Node gives them in `code`. */
const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH)/;
/** What the driver and its pool say without a code. */
const DRIVER_MESSAGE = /terminated|timeout|connection|ended|SSL|SASL|SCRAM/i;

/** How much of an error's text is passed on. */
const MESSAGE_CHARACTERS_MAX = 300;

/** What an error says, for a log line: a code to count by, and a sentence without any of the data. */
export type FailureFacts = { readonly code: string; readonly message: string };

/** Whether the data of a statement may have caused the error. */
export function isDataFault(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code !== null && DATA_CLASSES.test(code);
}

/** Whether our own program failed before or after it spoke with the database: an error of the language, without a code. */
export function isProgramFault(error: unknown): boolean {
  if (!(error instanceof Error) || codeOf(error) !== null) return false;
  return /^(Type|Range|Reference|Syntax|Eval|URI|Assertion)Error$/.test(error.name);
}

/** Whether the database, or the way to it, failed: the same request may succeed later. */
export function isDatabaseFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const state = sqlStateOf(error);
  if (state !== null) return !DATA_CLASSES.test(state);
  // Several addresses of one host were tried.
  if (error instanceof AggregateError) return error.errors.some(isDatabaseFailure);
  const { code, syscall, message } = error as { code?: unknown; syscall?: unknown; message?: unknown };
  if (typeof code === 'string') return NETWORK_CALLS.has(syscall) || TLS_CODE.test(code);
  return typeof message === 'string' && !isProgramFault(error) && DRIVER_MESSAGE.test(message);
}

/** Whether the connection that an error came by must not be used again. */
export function breaksConnection(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === null ? isDatabaseFailure(error) : CONNECTION_OUT_OF_STEP.test(state);
}

/** The table that a violated constraint belongs to; null when the error names none. */
export function tableOf(error: unknown): string | null {
  const table = typeof error === 'object' && error !== null ? (error as { table?: unknown }).table : null;
  return typeof table === 'string' ? table : null;
}

/** What is told of an error. Texts of data faults quote data, so only the place of the fault is named. */
export function describeFailure(error: unknown): FailureFacts {
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'UNKNOWN');
  if (isDataFault(error)) {
    const { table, column, constraint } = error as Record<string, unknown>;
    const place = [table, column, constraint].filter((part) => typeof part === 'string').join(' ');
    return { code, message: `the data was not accepted${place === '' ? '' : `: ${place}`}` };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code, message: message.slice(0, MESSAGE_CHARACTERS_MAX) };
}

function sqlStateOf(error: unknown): string | null {
  const code = codeOf(error);
  // Node's codes of five characters (EPIPE) come with the number of the system's error.
  return code !== null && SQLSTATE.test(code) && !('errno' in (error as object)) ? code : null;
}

function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : null;
  return typeof code === 'string' && code !== '' ? code : null;
}
