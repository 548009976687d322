import type { Client } from './client';

/** A token as its maker is shown it. */
export type MadeToken = { readonly id: string; readonly token: string };

export type TokenRequest = {
  readonly role: 'VIEWER' | 'IT' | 'ADMIN';
  readonly organisations: readonly string[];
  readonly name?: string;
  readonly expiresAt?: string;
};

/** Makes an API token as the administrator, or as whoever shows `bearer`. Throws when it is refused. */
export async function makeToken(client: Client, request: TokenRequest, bearer?: string): Promise<MadeToken> {
  const mutation = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { id token } }`;
  const input = { name: `${request.role} of ${request.organisations.join(' and ')}`, ...request };
  const { body, text } = await client.ask<{ createApiToken: MadeToken }>(mutation, { input }, bearer);
  const made = body.data?.createApiToken;
  if (made === undefined) throw new Error(`no token was made: ${text}`);
  return made;
}
