import { randomUUID } from 'node:crypto';
import { RelayCredentialEntity, type Database } from '@app/storage';
import type { CredentialSigner } from './credential-signer';

/** What the creator of a relay's credential is shown, once. */
export type CreatedRelayCredential = {
  readonly id: string;
  readonly credential: string;
  /** The end of the grant; null: it has none. */
  readonly expiresAtMs: number | null;
  /** Until then the relay has to report, and take the fresh credential that its answers carry. */
  readonly renewByMs: number;
};

/** What a relay is good for; null: no limit. */
export type RelayLimits = {
  /** The grant ends then, however often its credential was renewed. */
  readonly expiresAtMs: number | null;
  /** SHA-256 of the client certificate that it must come by, in lower-case hexadecimal. */
  readonly certificateSha256: string | null;
};

/** A relay that may report. */
export type ActiveRelay = RelayLimits;

/** The credentials of practice relays, which report for the machines of one organisation. */
export class RelayCredentials {
  constructor(
    private readonly database: Database,
    private readonly signer: CredentialSigner,
  ) {}

  async create(
    organisationCode: string,
    limits: RelayLimits,
    nowMs: number,
  ): Promise<CreatedRelayCredential> {
    const id = randomUUID();
    const { expiresAtMs, certificateSha256 } = limits;
    await this.database.dataSource.getRepository(RelayCredentialEntity).insert({
      id,
      organisation_code: organisationCode,
      certificate_sha256: certificateSha256,
      created_at: new Date(nowMs),
      expires_at: expiresAtMs === null ? null : new Date(expiresAtMs),
      revoked_at: null,
    });
    const renewByMs = this.credentialEnd(expiresAtMs, nowMs);
    const credential = this.signer.signRelay(id, organisationCode, renewByMs);
    return { id, credential, expiresAtMs, renewByMs };
  }

  /** A fresh credential for a relay, which ends with the grant at the latest. */
  renew(relayId: string, organisationCode: string, { expiresAtMs }: ActiveRelay, nowMs: number): string {
    return this.signer.signRelay(relayId, organisationCode, this.credentialEnd(expiresAtMs, nowMs));
  }

  /** What a relay may do now; null when it may not report. Asked for every request of a relay: one look-up for a whole batch. */
  async findActive(relayId: string, nowMs: number): Promise<ActiveRelay | null> {
    const { rows } = await this.database.pool.query<{
      expires_ms: number | null;
      certificate_sha256: string | null;
    }>({
      name: 'relay-active',
      text: `SELECT date_part('epoch', expires_at) * 1000 AS expires_ms, certificate_sha256
             FROM relay_credential
             WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > to_timestamp($2::float8 / 1000))`,
      values: [relayId, nowMs],
    });
    const [row] = rows;
    if (row === undefined) return null;
    return { expiresAtMs: row.expires_ms, certificateSha256: row.certificate_sha256 };
  }

  /** The organisation that a relay is bound to; null when there is no such relay. */
  async organisationOf(relayId: string): Promise<string | null> {
    const row = await this.database.dataSource
      .getRepository(RelayCredentialEntity)
      .findOneBy({ id: relayId });
    return row?.organisation_code ?? null;
  }

  /** Revokes a relay's credential from now on. @returns false when there is no such relay */
  async revoke(relayId: string, nowMs: number): Promise<boolean> {
    const repository = this.database.dataSource.getRepository(RelayCredentialEntity);
    const result = await repository.update({ id: relayId }, { revoked_at: new Date(nowMs) });
    return (result.affected ?? 0) > 0;
  }

  private credentialEnd(grantEndsAtMs: number | null, nowMs: number): number {
    return Math.min(grantEndsAtMs ?? Number.POSITIVE_INFINITY, nowMs + this.signer.life.validMs);
  }
}
