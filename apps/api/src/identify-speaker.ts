import type { CredentialSigner, RelayCredentials, Speaker } from '@app/access';
import type { Clock } from '@app/recovery';
import { requireBearer } from './http/bearer';
import { RefusedRequest } from './http/refusal';

/** Finds out who sends a report: checks the signature and the expiry, and for a relay that it was not revoked. */
export class IdentifySpeaker {
  constructor(
    private readonly signer: CredentialSigner,
    private readonly relays: RelayCredentials,
    private readonly clock: Clock,
  ) {}

  /** @throws RefusedRequest with the code that tells the agent what to do */
  async identify(authorization: string | undefined): Promise<Speaker> {
    const speaker = this.signer.verify(requireBearer(authorization), this.clock.now());
    if (speaker === 'CREDENTIAL_EXPIRED') {
      throw new RefusedRequest(speaker, 'this credential has expired; enrol again to get a new one');
    }
    if (speaker === 'CREDENTIAL_INVALID')
      throw new RefusedRequest(speaker, 'this credential is not one of ours');
    if (speaker.kind === 'RELAY' && !(await this.relays.isActive(speaker.relayId))) {
      throw new RefusedRequest('CREDENTIAL_REVOKED', 'this credential has been revoked');
    }
    return speaker;
  }
}
