import type { ActiveRelay, CredentialSigner, RelayCredentials, Speaker } from '@app/access';
import type { Clock } from '@app/recovery';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { requireBearer } from './http/bearer';
import { RefusedRequest } from './http/refusal';

/** A sender whose credential holds, and for a relay what its grant says. */
export type IdentifiedSpeaker = {
  readonly speaker: Speaker;
  readonly relay: ActiveRelay | null;
  /** As it was shown. */
  readonly credential: string;
};

/**
 * Finds out who sends a report: checks the signature and the expiry, and for a relay that it was not revoked and, where it is bound to
 * a client certificate, that the connection shows it.
 */
export class IdentifySpeaker {
  constructor(
    private readonly signer: CredentialSigner,
    private readonly relays: RelayCredentials,
    private readonly clock: Clock,
  ) {}

  /** @throws RefusedRequest with the code that tells the agent what to do */
  async identify(authorization: string | undefined, socket: Socket): Promise<IdentifiedSpeaker> {
    const credential = requireBearer(authorization);
    const nowMs = this.clock.now();
    const speaker = this.signer.verify(credential, nowMs);
    if (speaker === 'CREDENTIAL_EXPIRED') {
      throw new RefusedRequest(
        speaker,
        'this credential has expired; enrol again to get a new one, also with an enrolment token that has expired: a person then approves it',
      );
    }
    if (speaker === 'CREDENTIAL_INVALID')
      throw new RefusedRequest(speaker, 'this credential is not one of ours');
    if (speaker.kind === 'MACHINE') return { speaker, relay: null, credential };
    const relay = await this.relays.findActive(speaker.relayId, nowMs);
    if (relay === null) throw new RefusedRequest('CREDENTIAL_REVOKED', 'this credential has been revoked');
    if (relay.certificateSha256 !== null && certificateOf(socket) !== relay.certificateSha256)
      throw new RefusedRequest('CERTIFICATE_REQUIRED', 'this relay must show the certificate it is bound to');
    return { speaker, relay, credential };
  }
}

/** SHA-256 of the certificate that the other side proved to hold, in lower-case hexadecimal; null when it showed none of ours. */
function certificateOf(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const { fingerprint256 } = socket.getPeerCertificate() as { readonly fingerprint256?: string };
  return fingerprint256?.replaceAll(':', '').toLowerCase() ?? null;
}
