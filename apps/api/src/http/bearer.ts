import { RefusedRequest } from './refusal';

/** The bearer token of a request; null when there is none. */
export function bearerOf(authorization: string | undefined): string | null {
  const match = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '');
  return match?.[1] ?? null;
}

/** @throws RefusedRequest when there is none */
export function requireBearer(authorization: string | undefined): string {
  const token = bearerOf(authorization);
  if (token === null)
    throw new RefusedRequest('CREDENTIAL_MISSING', 'send Authorization: Bearer <credential>');
  return token;
}
