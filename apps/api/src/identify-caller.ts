import type { CredentialSigner } from '@app/access';
import type { Clock } from '@app/recovery';
import { bearerOf } from './http/bearer';
import type { IdentifyPrincipal } from './identify-principal';

/** Tells whom a request is counted under: a genuine credential, whatever it may do, or nobody. Looks nothing up. */
export class IdentifyCaller {
  constructor(
    private readonly principals: IdentifyPrincipal,
    private readonly signer: CredentialSigner,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns a name that is the same for every request of one caller and holds no secret; null when nothing vouches for it yet: a
   *   person's or service's token vouches once it has been found good
   */
  identify(authorization: string | undefined): string | null {
    const token = bearerOf(authorization);
    if (token === null) return null;
    const speaker = this.signer.verify(token, this.clock.now());
    if (typeof speaker === 'string') return this.principals.vouchFor(authorization);
    return speaker.kind === 'MACHINE' ? `machine ${speaker.key.machineId}` : `relay ${speaker.relayId}`;
  }
}
