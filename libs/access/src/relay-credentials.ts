import { randomUUID } from 'node:crypto';
import { RelayCredentialEntity, type Database } from '@app/storage';
import type { CredentialSigner } from './credential-signer';

/** What the creator of a relay's credential is shown, once. */
export type CreatedRelayCredential = {
  readonly id: string;
  readonly credential: string;
  readonly expiresAtMs: number | null;
};

/** The credentials of practice relays, which report for the machines of one organisation. */
export class RelayCredentials {
  constructor(
    private readonly database: Database,
    private readonly signer: CredentialSigner,
  ) {}

  async create(
    organisationCode: string,
    expiresAtMs: number | null,
    nowMs: number,
  ): Promise<CreatedRelayCredential> {
    const id = randomUUID();
    await this.database.dataSource.getRepository(RelayCredentialEntity).insert({
      id,
      organisation_code: organisationCode,
      created_at: new Date(nowMs),
      expires_at: expiresAtMs === null ? null : new Date(expiresAtMs),
      revoked_at: null,
    });
    return { id, credential: this.signer.signRelay(id, organisationCode, expiresAtMs), expiresAtMs };
  }

  /** Whether a relay still may report. Asked for every request of a relay: one look-up for a whole batch. */
  async isActive(relayId: string): Promise<boolean> {
    const { rows } = await this.database.pool.query<{ active: boolean }>({
      name: 'relay-active',
      text: 'SELECT revoked_at IS NULL AS active FROM relay_credential WHERE id = $1',
      values: [relayId],
    });
    return rows[0]?.active === true;
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
}
