import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** The issuer's keys cannot be had: whether a token is good is not known. */
export class IssuerUnreachableError extends Error {
  constructor(options: ErrorOptions) {
    super('the OpenID Connect issuer cannot be reached', options);
  }
}

/** An issuer answers within this time, discovery and keys together, or not at all: nobody waits longer for an answer of ours. */
const FETCH_TIMEOUT_MS = 3_000;
/** After a failure the issuer is not asked again for this long; whoever needs it meanwhile is told at once. */
const RETRY_AFTER_MS = 5_000;
/** Keys are fetched anew after this long, while requests go on with the old ones: so long may a key be good that was withdrawn. */
const KEYS_FRESH_MS = 10 * 60_000;
/** With an issuer out of reach, keys that it once published go on for a day: an outage of theirs is none of ours. */
const KEYS_USABLE_MS = 24 * 60 * 60_000;
/** A key that is not known makes us look again, but no more often than this, whoever makes up names of keys. */
const KEYS_COOLDOWN_MS = 10_000;
/** No discovery document or key set is larger. */
const DOCUMENT_BYTES_MAX = 200_000;

type FetchedKeys = { readonly keys: ReturnType<typeof createLocalJWKSet>; readonly atMs: number };

/**
 * The keys that an issuer publishes, found by discovery (OpenID Connect Discovery 1.0, section 4) when they are first needed, so
 * that the service starts without the issuer.
 */
export class IssuerKeys {
  private held: FetchedKeys | null = null;
  private fetching: Promise<FetchedKeys> | null = null;
  private failure: { readonly error: unknown; readonly atMs: number } | null = null;

  /** @param onFailure told each time that the issuer was asked in vain, and why */
  constructor(
    private readonly issuer: string,
    private readonly monotonicMs: () => number,
    private readonly onFailure: (reason: string) => void,
  ) {}

  /**
   * The key that a token names.
   *
   * @throws IssuerUnreachableError
   * @throws JOSEError when the issuer publishes no such key
   */
  async find(...[header, token]: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
    const held = await this.current();
    try {
      return await held.keys(header, token);
    } catch (error) {
      const hasRotated = error instanceof errors.JWKSNoMatchingKey && this.ageMs(held) >= KEYS_COOLDOWN_MS;
      if (!hasRotated) throw error;
      return (await this.fetchOnce()).keys(header, token);
    }
  }

  private async current(): Promise<FetchedKeys> {
    const { held } = this;
    if (held === null || this.ageMs(held) >= KEYS_USABLE_MS) return this.fetchOnce();
    // Told by `onFailure`; this request has keys to go on with.
    if (this.ageMs(held) >= KEYS_FRESH_MS) this.fetchOnce().catch(() => undefined);
    return held;
  }

  /** However many requests need them, keys are fetched once. */
  private async fetchOnce(): Promise<FetchedKeys> {
    if (this.fetching !== null) return this.fetching;
    const { failure } = this;
    if (failure !== null && this.ageMs(failure) < RETRY_AFTER_MS)
      throw new IssuerUnreachableError({ cause: failure.error });
    this.fetching = this.fetch()
      .catch((error: unknown) => {
        this.failure = { error, atMs: this.monotonicMs() };
        this.onFailure(reasonOf(error));
        throw new IssuerUnreachableError({ cause: error });
      })
      .finally(() => {
        this.fetching = null;
      });
    return this.fetching;
  }

  private async fetch(): Promise<FetchedKeys> {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const { issuer, jwks_uri: keysAt } = await readDocument(discoveryAddress(this.issuer), signal);
    // Section 4.3: a document that names another issuer is not the one that was asked for.
    if (issuer !== this.issuer) throw new Error('the discovery document is of another issuer');
    if (typeof keysAt !== 'string' || !isSafeAddress(keysAt)) throw new Error('jwks_uri is no safe address');
    const keySet = (await readDocument(keysAt, signal)) as unknown as JSONWebKeySet;
    this.held = { keys: createLocalJWKSet(keySet), atMs: this.monotonicMs() };
    this.failure = null;
    return this.held;
  }

  private ageMs({ atMs }: { readonly atMs: number }): number {
    return this.monotonicMs() - atMs;
  }
}

/** Keys that somebody on the way could have put there prove nothing: TLS, or this same machine. */
export function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

function discoveryAddress(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** A JSON object of bounded size. Redirects are not followed: they could lead anywhere. */
async function readDocument(address: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const answer = await fetch(address, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!answer.ok || answer.body === null) throw new Error(`${address} answered ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > DOCUMENT_BYTES_MAX)
      throw new Error(`${address} answered more than ${DOCUMENT_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const document: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof document !== 'object' || document === null)
    throw new Error(`${address} answered no JSON object`);
  return document as Record<string, unknown>;
}

/** With the cause, which is where `fetch` says what really happened. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: unknown; message?: unknown } | null };
  const why = cause?.code ?? cause?.message;
  return typeof why === 'string' ? `${message}: ${why}` : message;
}
