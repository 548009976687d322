import type { CredentialSigner, RelayCredentials } from '@app/access';
import type { IdentifiedSpeaker } from './identify-speaker';

/**
 * Gives a sender a fresh credential with the answer to its report, when the present one nears its end or was signed by an older key. The
 * present one stays good until its own end: an answer that is lost loses nothing. Nothing is looked up or stored: a fresh credential
 * holds the same generation, and is revoked with all others of it.
 *
 * Call it after the report was taken, which proved that the generation is still valid.
 */
export class RenewCredential {
  constructor(
    private readonly signer: CredentialSigner,
    private readonly relays: RelayCredentials,
  ) {}

  /** @returns the fresh credential; null when the present one is good enough */
  renew({ speaker, relay, credential }: IdentifiedSpeaker, nowMs: number): string | null {
    if (!speaker.renewalDue) return null;
    if (speaker.kind === 'MACHINE') {
      return this.signer.signMachine(speaker.key, speaker.generation, nowMs + this.signer.life.validMs);
    }
    if (relay === null) return null;
    const fresh = this.relays.renew(speaker.relayId, speaker.organisationCode, relay, nowMs);
    // Near the end of the grant there is nothing fresher.
    return fresh === credential ? null : fresh;
  }
}
