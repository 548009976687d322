import {
  CredentialSigner,
  EnrolmentRecords,
  EnrolmentTokens,
  RelayCredentials,
  type OrganisationScope,
} from '@app/access';
import { EnrolMachines, RevokeCredential } from '@app/tracking';
import { EnrolRequest } from './enrol-request';
import { IdentifyCaller } from './identify-caller';
import type { IdentifyPrincipal } from './identify-principal';
import { IdentifySpeaker } from './identify-speaker';
import type { Secrets } from './local-secrets';
import type { Metrics } from './metrics';
import type { RateLimits } from './rate-limits';
import type { RecoveryClock } from './recovery-clock';
import { RenewCredential } from './renew-credential';
import type { Settings } from './settings';

/** What exists before it. */
type Foundations = {
  readonly settings: Pick<Settings, 'credentialLife'>;
  readonly secrets: Pick<Secrets, 'credentialKeys'>;
  readonly database: ConstructorParameters<typeof EnrolMachines>[0];
  readonly reads: ConstructorParameters<typeof EnrolmentRecords>[1];
  readonly clock: RecoveryClock;
};

/** What it works together with. */
type Neighbours = {
  readonly identify: IdentifyPrincipal;
  readonly scope: OrganisationScope;
  readonly rateLimits: RateLimits;
  readonly metrics: Metrics;
};

/** What decides which machine or relay may speak: tokens, keys and credentials; for the composition root. */
export function agentAccess(
  { settings, secrets, database, reads, clock }: Foundations,
  { identify, scope, rateLimits, metrics }: Neighbours,
): readonly (readonly [unknown, unknown])[] {
  const signer = new CredentialSigner(secrets.credentialKeys, settings.credentialLife);
  const relays = new RelayCredentials(database, signer);
  const tokens = new EnrolmentTokens(database);
  const machines = new EnrolMachines(database, metrics);
  return [
    [EnrolmentTokens, tokens],
    [EnrolmentRecords, new EnrolmentRecords(database.pool, reads)],
    [RelayCredentials, relays],
    [RevokeCredential, new RevokeCredential(database)],
    [EnrolRequest, new EnrolRequest(tokens, scope, machines, signer, rateLimits, metrics)],
    [RenewCredential, new RenewCredential(signer, relays)],
    [IdentifyCaller, new IdentifyCaller(identify, signer, clock)],
    [IdentifySpeaker, new IdentifySpeaker(signer, relays, clock)],
  ];
}
