export { AdminToken, ADMIN_TOKEN_CHARACTERS_MIN } from './admin-token';
export {
  ApiTokens,
  type ApiToken,
  type ApiTokenPlace,
  type ApiTokenRequest,
  type UsableApiToken,
} from './api-tokens';
export {
  CredentialSigner,
  SIGNING_KEY_BYTES_MIN,
  type CredentialRefusal,
  type Speaker,
} from './credential-signer';
export {
  EnrolmentTokens,
  type CreatedEnrolmentToken,
  type EnrolmentTokenRefusal,
  type UsableEnrolmentToken,
} from './enrolment-tokens';
export { RelayCredentials, type CreatedRelayCredential } from './relay-credentials';
export { OrganisationScope, type ScopeVerdict } from './organisation-scope';
export { RateLimiter, type RatePolicy, type RateStanding } from './rate-limiter';
export { keyWeakness, secretWeakness } from './secret-weakness';
export {
  mayAct,
  PRINCIPAL_KINDS,
  principalOf,
  ROLES,
  scopeFor,
  type Grant,
  type Principal,
  type PrincipalKind,
  type Role,
} from './principal';
export type { Scope } from '@app/storage';
