import { exportJWK, generateKeyPair, SignJWT, type JWK, type JWTPayload } from 'jose';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';
import { request } from 'undici';

/** The audience of this service's access tokens in the tests. */
export const AUDIENCE = 'https://recovery.example';
/** Where both claims stand in the tokens of the tests. */
export const ROLES_CLAIM = 'access.roles';
export const ORGANISATIONS_CLAIM = 'ods';

const CLIENT = { client_id: 'regional-dashboard', client_secret: 'dashboard-secret-of-the-tests' };
const TOKEN_SECONDS = 600;

/** A key pair of an issuer, private part included. */
export type IssuerKey = JWK & { readonly kid: string };

/** A new RSA key. */
export async function makeIssuerKey(kid: string): Promise<IssuerKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

/** Signs any claims with a key of an issuer, as the issuer would, or as whoever has stolen or made one. */
export async function sign(key: IssuerKey, claims: JWTPayload, header: object = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: key.kid, ...header })
    .sign(key);
}

/** A real OpenID Connect provider on a port of this machine, which can rotate its keys, fall silent and go away. */
export class LocalIssuer {
  private handler: RequestListener = () => undefined;
  private keySetReads = 0;

  private constructor(
    private readonly server: Server,
    private readonly provider: typeof Provider,
    readonly url: string,
  ) {}

  static async start(keys: readonly IssuerKey[]): Promise<LocalIssuer> {
    // It warns of what is wrong for an issuer of real people, and right for one that lives as long as a test.
    jest.spyOn(console, 'warn').mockImplementation();
    const { default: provider } = await import('oidc-provider');
    const server = createServer((incoming, outgoing) => issuer.handle(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer: LocalIssuer = new LocalIssuer(
      server,
      provider,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    issuer.useKeys(keys);
    return issuer;
  }

  /** How often its keys were read. */
  get reads(): number {
    return this.keySetReads;
  }

  /** Publishes these keys and no others, and signs with the first of them. */
  useKeys(keys: readonly IssuerKey[]): void {
    const answer = new this.provider(this.url, configurationWith(keys)).callback();
    this.handler = (incoming, outgoing) => void answer(incoming, outgoing);
  }

  /** Takes connections from now on, and answers none of them. */
  fallSilent(): void {
    this.handler = () => undefined;
  }

  /** Ends, and refuses connections from now on. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** An access token by client credentials, with whatever claims are asked for. */
  async issue(claims: object, resource = AUDIENCE): Promise<string> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      resource,
      ...CLIENT,
      scope: Buffer.from(JSON.stringify(claims)).toString('base64url'),
    });
    const { body } = await request(`${this.url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    const answer = (await body.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(`no token was issued: ${JSON.stringify(answer)}`);
    return answer.access_token;
  }

  private handle(...exchange: Parameters<RequestListener>): void {
    if (exchange[0].url === '/jwks') this.keySetReads += 1;
    this.handler(...exchange);
  }
}

/** What is asked for as scope comes back as claims: who may have which role is an issuer's own affair. */
function configurationWith(keys: readonly IssuerKey[]): Configuration {
  return {
    jwks: { keys: [...keys] },
    clients: [
      {
        ...CLIENT,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    ttl: { ClientCredentials: TOKEN_SECONDS },
    cookies: { keys: ['cookie-key-of-the-tests'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, audience) => ({
          audience,
          scope: (context.oidc.params?.['scope'] as string | undefined) ?? '',
          accessTokenTTL: TOKEN_SECONDS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (context) => {
      const asked = context.oidc.params?.['scope'] as string | undefined;
      return asked === undefined ? {} : (JSON.parse(Buffer.from(asked, 'base64url').toString()) as object);
    },
  } as Configuration;
}
