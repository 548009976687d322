import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { ApiTokenEntity, type Database } from '@app/storage';
import { principalOf, type Grant, type Principal, type Role } from './principal';

/** A token as those who run the system see it. The secret is not in it. */
export type ApiToken = Grant & {
  readonly id: string;
  readonly name: string;
  /** Identity of the principal that made it. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
  /** To the minute; null: never used. */
  readonly lastUsedAtMs: number | null;
};

/** What a new token is to be good for. */
export type ApiTokenRequest = Grant & {
  readonly name: string;
  readonly expiresAtMs: number;
  readonly createdBy: string;
};

/** A token that may be used now. */
export type UsableApiToken = { readonly principal: Principal; readonly expiresAtMs: number };

/** Where a page of tokens goes on: behind this one. */
export type ApiTokenPlace = { readonly createdAtMs: number; readonly id: string };

/** 256 bits: nobody guesses one, so a plain hash of it is enough. */
const SECRET_BYTES = 32;
/** Tells our tokens from others at a glance, and lets scanners find one that got into a repository. */
const PREFIX = 'erat_';
/** A use is written down at most this often for each token, so that a busy token does not make every question a write. */
const USE_NOTED_EVERY_MS = 60_000;

/** The tokens of people's tools and of services. */
export class ApiTokens {
  constructor(private readonly database: Database) {}

  /** Makes a token. @returns its secret, which cannot be shown again, and its identity, which is not secret */
  async create(request: ApiTokenRequest, nowMs: number): Promise<{ id: string; secret: string }> {
    const id = randomUUID();
    const secret = PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
    const { name, role, organisations, createdBy, expiresAtMs } = request;
    await this.repository.insert({
      id,
      name,
      secret_hash: hash(secret),
      role,
      organisations: [...organisations],
      created_by: createdBy,
      created_at: new Date(nowMs),
      expires_at: new Date(expiresAtMs),
      revoked_at: null,
      last_used_at: null,
    });
    return { id, secret };
  }

  /** Who a secret speaks for, until when; null when it is none of ours, was revoked or has expired. Notes the use. */
  async find(secret: string, nowMs: number): Promise<UsableApiToken | null> {
    if (!secret.startsWith(PREFIX)) return null;
    const row = await this.repository.findOneBy({ secret_hash: hash(secret) });
    if (row?.revoked_at !== null || row.expires_at.getTime() <= nowMs) return null;
    const noted = row.last_used_at?.getTime() ?? Number.NEGATIVE_INFINITY;
    if (nowMs - noted >= USE_NOTED_EVERY_MS)
      await this.repository.update({ id: row.id }, { last_used_at: new Date(nowMs) });
    const { id, name, role, organisations } = toApiToken(row);
    const grants = [{ role, organisations }];
    return {
      principal: principalOf({ kind: 'API_TOKEN', id: `api-token:${id}`, name, grants }),
      expiresAtMs: row.expires_at.getTime(),
    };
  }

  /**
   * Tokens bound to no organisation but these, newest first; one more than asked for where there are more.
   *
   * @param within codes; null: any
   */
  async list(
    within: readonly string[] | null,
    first: number,
    after: ApiTokenPlace | null,
  ): Promise<ApiToken[]> {
    const { rows } = await this.database.pool.query<ApiTokenEntity>(
      `SELECT token.*
       FROM api_token AS token
       WHERE ($1::text[] IS NULL OR token.organisations <@ $1::text[])
         AND ($2::float8 IS NULL OR (token.created_at, token.id) < (to_timestamp($2::float8 / 1000), $3::uuid))
       ORDER BY token.created_at DESC, token.id DESC
       LIMIT $4`,
      [within, after?.createdAtMs ?? null, after?.id ?? null, first + 1],
    );
    return rows.map(toApiToken);
  }

  /** One token; null when there is none. */
  async get(id: string): Promise<ApiToken | null> {
    const row = await this.repository.findOneBy({ id });
    return row === null ? null : toApiToken(row);
  }

  /** Revokes a token from now on; the first revocation's time stays. */
  async revoke(id: string, nowMs: number): Promise<void> {
    await this.database.pool.query(
      'UPDATE api_token SET revoked_at = to_timestamp($2::float8 / 1000) WHERE id = $1 AND revoked_at IS NULL',
      [id, nowMs],
    );
  }

  private get repository(): ReturnType<typeof repositoryOf> {
    return repositoryOf(this.database);
  }
}

function repositoryOf(database: Database) {
  return database.dataSource.getRepository(ApiTokenEntity);
}

function toApiToken(row: ApiTokenEntity): ApiToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    organisations: row.organisations,
    createdBy: row.created_by,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    revokedAtMs: row.revoked_at?.getTime() ?? null,
    lastUsedAtMs: row.last_used_at?.getTime() ?? null,
  };
}

function hash(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
