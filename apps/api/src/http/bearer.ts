import { RefusedRequest } from './refusal';

/** Access tokens that list a person's groups are some thousands long; a request's headers are 16 KiB at most. */
const BEARER = /^Bearer ([\x21-\x7e]{1,8192})$/i;

/** The bearer token of a request; null when there is none. */
export function bearerOf(authorization: string | undefined): string | null {
  const match = BEARER.exec(authorization ?? '');
  return match?.[1] ?? null;
}

/** @throws RefusedRequest when there is none */
export function requireBearer(authorization: string | undefined): string {
  const token = bearerOf(authorization);
  if (token === null)
    throw new RefusedRequest('CREDENTIAL_MISSING', 'send Authorization: Bearer <credential>');
  return token;
}
