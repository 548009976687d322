/** The codes that a whole request may be refused with over HTTP. */
export const HTTP_REFUSALS = {
  BAD_REQUEST: 400,
  BAD_ENCODING: 400,
  CREDENTIAL_MISSING: 401,
  CREDENTIAL_INVALID: 401,
  CREDENTIAL_EXPIRED: 401,
  CREDENTIAL_REVOKED: 401,
  CERTIFICATE_REQUIRED: 401,
  UNKNOWN_MACHINE: 401,
  TOKEN_UNKNOWN: 401,
  TOKEN_EXPIRED: 401,
  TOKEN_REVOKED: 401,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  REQUEST_TIMEOUT: 408,
  CLOCK_NOT_MANUAL: 409,
  CLOCK_BACKWARDS: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  EXPECTATION_FAILED: 417,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  QUEUE_FULL: 503,
  DATABASE: 503,
  AUDIT_UNAVAILABLE: 503,
  ISSUER_UNREACHABLE: 503,
  STOPPING: 503,
  INTERNAL: 500,
} as const;
export type HttpRefusal = keyof typeof HTTP_REFUSALS;

/** A request that is refused as a whole, with its code, a sentence for people, and when to try again. */
export class RefusedRequest extends Error {
  constructor(
    readonly code: HttpRefusal,
    message: string,
    readonly retryAfterSeconds: number | null = null,
    /** Further headers of the answer. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  get status(): number {
    return HTTP_REFUSALS[this.code];
  }
}

/** The body of every refusal. */
export type RefusalBody = { readonly code: HttpRefusal; readonly message: string };
