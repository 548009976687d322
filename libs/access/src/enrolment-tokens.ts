import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { EnrolmentTokenEntity, type Database } from '@app/storage';

/** What the creator of a token is shown, once. */
export type CreatedEnrolmentToken = {
  readonly id: string;
  readonly token: string;
  readonly expiresAtMs: number | null;
};

/** What a token is good for; null: no limit. */
export type EnrolmentTokenLimits = {
  readonly maxUses: number | null;
  readonly expiresAtMs: number | null;
  /** Machines that it brings wait for a person's word. */
  readonly requiresApproval: boolean;
};

/** A token that may be used now; one that has expired only for who was enrolled before. */
export type UsableEnrolmentToken = {
  readonly id: string;
  readonly organisationCode: string;
  readonly hasExpired: boolean;
};

/** Why an enrolment token may not be used. */
export type EnrolmentTokenRefusal = 'TOKEN_UNKNOWN' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED';

/** 256 bits: nobody guesses one, so a plain hash of it is enough. */
const SECRET_BYTES = 32;
const PREFIX = 'enrol_';

/** The tokens that let machines of an organisation enrol. */
export class EnrolmentTokens {
  constructor(private readonly database: Database) {}

  async create(
    organisationCode: string,
    limits: EnrolmentTokenLimits,
    nowMs: number,
  ): Promise<CreatedEnrolmentToken> {
    const id = randomUUID();
    const token = PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
    await this.database.dataSource.getRepository(EnrolmentTokenEntity).insert({
      id,
      organisation_code: organisationCode,
      secret_hash: hash(token),
      max_uses: limits.maxUses,
      uses: 0,
      requires_approval: limits.requiresApproval,
      created_at: new Date(nowMs),
      expires_at: limits.expiresAtMs === null ? null : new Date(limits.expiresAtMs),
      revoked_at: null,
    });
    return { id, token, expiresAtMs: limits.expiresAtMs };
  }

  /** The token behind a secret, or why it may not be used. One that has expired is left to the gate: it may still ask. */
  async find(secret: string, nowMs: number): Promise<UsableEnrolmentToken | EnrolmentTokenRefusal> {
    const repository = this.database.dataSource.getRepository(EnrolmentTokenEntity);
    const row = await repository.findOneBy({ secret_hash: hash(secret) });
    if (row === null) return 'TOKEN_UNKNOWN';
    if (row.revoked_at !== null) return 'TOKEN_REVOKED';
    const hasExpired = row.expires_at !== null && row.expires_at.getTime() <= nowMs;
    return { id: row.id, organisationCode: row.organisation_code, hasExpired };
  }

  /** The organisation that a token is bound to; null when there is no such token. */
  async organisationOf(id: string): Promise<string | null> {
    const row = await this.database.dataSource.getRepository(EnrolmentTokenEntity).findOneBy({ id });
    return row?.organisation_code ?? null;
  }

  /** Revokes a token from now on. @returns false when there is no such token */
  async revoke(id: string, nowMs: number): Promise<boolean> {
    const repository = this.database.dataSource.getRepository(EnrolmentTokenEntity);
    const result = await repository.update({ id }, { revoked_at: new Date(nowMs) });
    return (result.affected ?? 0) > 0;
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
