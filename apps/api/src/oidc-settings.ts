import { isSafeAddress, type OidcIssuer } from '@app/access';
import type { EnvironmentReader } from './environment';

/** RFC 9068 gives access tokens a type of their own; older issuers call everything a JWT. */
const TOKEN_TYPES = ['at+jwt', 'JWT'];

/** What says nothing without an issuer. */
const DETAILS = [
  'OIDC_AUDIENCE',
  'OIDC_ROLES_CLAIM',
  'OIDC_ORGANISATIONS_CLAIM',
  'OIDC_TOKEN_TYPE',
  'OIDC_CLOCK_TOLERANCE_SECONDS',
];

/** Reads whose access tokens are taken; null: nobody's. Notes what cannot be used. */
export function readOidc(env: EnvironmentReader): OidcIssuer | null {
  const issuer = env.text('OIDC_ISSUER');
  if (issuer === null) {
    const details = DETAILS.filter((name) => env.text(name) !== null);
    if (details.length > 0) env.problems.push(`${details.join(', ')} without OIDC_ISSUER does nothing`);
    return null;
  }
  if (!isIssuer(issuer))
    env.problems.push(`OIDC_ISSUER must be an https address without query or fragment, not "${issuer}"`);
  const audience = env.text('OIDC_AUDIENCE');
  if (audience === null)
    env.problems.push(
      'OIDC_AUDIENCE is needed with OIDC_ISSUER: tokens for other services are none for this one',
    );
  const tokenType = env.text('OIDC_TOKEN_TYPE') ?? 'at+jwt';
  if (!TOKEN_TYPES.includes(tokenType))
    env.problems.push(`OIDC_TOKEN_TYPE must be ${TOKEN_TYPES.join(' or ')}, not "${tokenType}"`);
  return {
    issuer,
    audience: audience ?? '',
    claims: {
      roles: env.text('OIDC_ROLES_CLAIM') ?? 'roles',
      organisations: env.text('OIDC_ORGANISATIONS_CLAIM'),
    },
    tokenType,
    // Clocks of issuers and services are kept by NTP; half a minute forgives those that are not.
    clockToleranceSeconds: env.whole('OIDC_CLOCK_TOLERANCE_SECONDS', 30, 0, 300),
  };
}

function isIssuer(text: string): boolean {
  return isSafeAddress(text) && !/[?#\s]/.test(text);
}
