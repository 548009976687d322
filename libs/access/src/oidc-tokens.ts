import { jwtVerify, type JWTPayload } from 'jose';
import { IssuerKeys, IssuerUnreachableError } from './issuer-keys';
import { grantsIn, type GrantClaims } from './oidc-grants';
import { principalOf, type Principal } from './principal';

/** The issuer whose access tokens are taken, and what must be in them. */
export type OidcIssuer = {
  /** Exactly as the issuer writes it in its tokens. */
  readonly issuer: string;
  /** What names this service in the tokens: a token for somebody else is none for us. */
  readonly audience: string;
  readonly claims: GrantClaims;
  /** The `typ` of access tokens: `at+jwt` (RFC 9068), or `JWT` where the issuer knows no better. Keeps ID tokens out. */
  readonly tokenType: string;
  /** By how much the issuer's clock and ours may differ. */
  readonly clockToleranceSeconds: number;
};

/** An access token that is good now. */
export type UsableAccessToken = { readonly principal: Principal; readonly expiresAtMs: number };

/** Signatures that only the holder of a private key can make. Never `none`, never a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** OpenID Connect Core 1.0, section 2: a subject is no longer than this. */
const SUBJECT_CHARACTERS_MAX = 255;
const NAME_CHARACTERS_MAX = 200;

/**
 * Recognises access tokens of an OpenID Connect issuer: JWTs whose signature, issuer, audience, type and times are checked by `jose`
 * against the keys that the issuer publishes. Keys that rotate are found when a token first names one.
 */
export class OidcTokens {
  private readonly keys: IssuerKeys;

  /** @param onFailure told each time that the issuer was asked for its keys in vain, and why */
  constructor(
    private readonly issuer: OidcIssuer,
    monotonicMs: () => number,
    onFailure: (reason: string) => void,
  ) {
    this.keys = new IssuerKeys(issuer.issuer, monotonicMs, onFailure);
  }

  /**
   * Who a token speaks for, until when; null when it is no token of this issuer for this service that is good now.
   *
   * @throws IssuerUnreachableError when its signature cannot be checked
   */
  async find(token: string, nowMs: number): Promise<UsableAccessToken | null> {
    try {
      const { payload } = await jwtVerify(token, async (...named) => this.keys.find(...named), {
        issuer: this.issuer.issuer,
        audience: this.issuer.audience,
        typ: this.issuer.tokenType,
        algorithms: ALGORITHMS,
        clockTolerance: this.issuer.clockToleranceSeconds,
        currentDate: new Date(nowMs),
        requiredClaims: ['sub', 'exp'],
      });
      return toUsable(payload, this.issuer);
    } catch (error) {
      if (error instanceof IssuerUnreachableError) throw error;
      // Whatever else keeps a signature from being found good, a key that cannot be used among it: it was not found good.
      return null;
    }
  }
}

function toUsable(
  payload: JWTPayload,
  { issuer, claims, clockToleranceSeconds }: OidcIssuer,
): UsableAccessToken | null {
  const { sub, exp } = payload;
  if (sub === undefined || exp === undefined || sub === '' || sub.length > SUBJECT_CHARACTERS_MAX)
    return null;
  return {
    principal: principalOf({
      kind: 'OIDC',
      id: `oidc:${issuer}#${sub}`,
      name: nameOf(payload, sub),
      grants: grantsIn(payload, claims),
    }),
    expiresAtMs: (exp + clockToleranceSeconds) * 1_000,
  };
}

/** For people's eyes: what the token says of a person, or else of a program. */
function nameOf(payload: JWTPayload, subject: string): string {
  const named = [payload['name'], payload['preferred_username'], payload['client_id']];
  const name = named.find((one): one is string => typeof one === 'string' && one.trim() !== '') ?? subject;
  return name.replace(/\p{Cc}/gu, ' ').slice(0, NAME_CHARACTERS_MAX);
}
