import { createHash } from 'node:crypto';
import { principalOf, type AdminToken, type ApiTokens, type OidcTokens, type Principal } from '@app/access';
import { LRUCache } from 'lru-cache';
import { bearerOf } from './http/bearer';

/** Who a token speaks for, and until when by the service's clock; null: as long as the service runs. */
type Recognised = { readonly principal: Principal; readonly expiresAtMs: number | null };

/**
 * A token that was recognised is not looked up again for this long, so that a poll costs no look-up. So long may a token that
 * another process has revoked still be good here; in the process that revokes it, it ends at once.
 */
const RECOGNISED_FOR_MS = 5_000;
/** Whom a token's requests are counted under is remembered for longer: that lets nobody in. */
const VOUCHED_FOR_MS = 3_600_000;
/** Tokens in use at one time; beyond it the longest unused is looked up again. */
const RECOGNISED_MAX = 5_000;

/** The administrator of the settings: everything, everywhere. */
const ADMINISTRATOR = principalOf({
  kind: 'ADMIN_TOKEN',
  id: 'admin-token',
  name: 'administrator',
  grants: [{ role: 'ADMIN', organisations: ['ENGLAND'] }],
});

/** Tells which person or service sent a request. Machines and relays are `IdentifySpeaker`'s. */
export class IdentifyPrincipal {
  private readonly recognised: LRUCache<string, Recognised>;
  private readonly vouched: LRUCache<string, string>;
  private readonly asked = new Map<string, Promise<Recognised | null>>();

  constructor(
    private readonly admin: AdminToken,
    private readonly apiTokens: ApiTokens,
    private readonly oidcTokens: OidcTokens | null,
    private readonly now: () => number,
    monotonicMs: () => number,
  ) {
    // Asked for the time at each look-up: the default would keep a reading of the clock, with a timer.
    const clock = { perf: { now: monotonicMs }, ttlResolution: 0 };
    this.recognised = new LRUCache({ max: RECOGNISED_MAX, ttl: RECOGNISED_FOR_MS, ...clock });
    this.vouched = new LRUCache({ max: RECOGNISED_MAX, ttl: VOUCHED_FOR_MS, ...clock });
  }

  /** The sender of an `Authorization` header that was recognised a moment ago; undefined: it has to be looked up. */
  recall(authorization: string | undefined): Principal | undefined {
    const token = bearerOf(authorization);
    const known = token === null ? undefined : this.recognised.get(fingerprint(token));
    return known === undefined || this.hasExpired(known) ? undefined : known.principal;
  }

  /** Whom requests with this header are counted under: its sender if the token was good within the last hour; null: nobody. */
  vouchFor(authorization: string | undefined): string | null {
    const token = bearerOf(authorization);
    if (token === null) return null;
    return this.vouched.get(fingerprint(token)) ?? (this.admin.matches(token) ? ADMINISTRATOR.id : null);
  }

  /**
   * The sender of an `Authorization` header; null when it shows no token that is good now.
   *
   * @throws IssuerUnreachableError when that cannot be told
   */
  async identify(authorization: string | undefined): Promise<Principal | null> {
    const token = bearerOf(authorization);
    if (token === null) return null;
    const mark = fingerprint(token);
    const known = this.recognised.get(mark) ?? (await this.askOnce(mark, token));
    return known === null || this.hasExpired(known) ? null : known.principal;
  }

  /** Looks every token up again from now on; for whoever has revoked one. */
  forget(): void {
    this.recognised.clear();
    this.asked.clear();
  }

  /** However many requests show a token at once, it is looked up once. */
  private askOnce(mark: string, token: string): Promise<Recognised | null> {
    const open = this.asked.get(mark);
    if (open !== undefined) return open;
    const asked: Promise<Recognised | null> = this.recognise(token)
      .then((found) => {
        // Not kept when `forget` came in between: it may have been revoked meanwhile.
        if (found !== null && this.asked.get(mark) === asked) {
          this.recognised.set(mark, found);
          this.vouched.set(mark, found.principal.id);
        }
        return found;
      })
      .finally(() => {
        if (this.asked.get(mark) === asked) this.asked.delete(mark);
      });
    this.asked.set(mark, asked);
    return asked;
  }

  private async recognise(token: string): Promise<Recognised | null> {
    if (this.admin.matches(token)) return { principal: ADMINISTRATOR, expiresAtMs: null };
    const found = await this.apiTokens.find(token, this.now());
    return found ?? this.oidcTokens?.find(token, this.now()) ?? null;
  }

  private hasExpired({ expiresAtMs }: Recognised): boolean {
    return expiresAtMs !== null && expiresAtMs <= this.now();
  }
}

/** What a token is remembered by, so that no look-up compares secrets. */
function fingerprint(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64');
}
