export {
  AUDIT_ACTIONS,
  AUDIT_ACTOR_KINDS,
  AUDIT_OUTCOMES,
  type AuditAction,
  type AuditActor,
  type AuditActorKind,
  type AuditDetails,
  type AuditEntry,
  type AuditMark,
  type AuditOutcome,
  type AuditRecord,
} from './audit-entry';
export { AUDIT_KEY_BYTES_MIN, AuditKeys } from './audit-chain';
export { AuditLog, AuditUnavailableError, type AuditFinding, type AuditObserver } from './audit-log';
export { AuditReader, type AuditFilter } from './audit-reader';
export { AuditTally } from './audit-tally';
export { recordChange, type AuditDescription, type FailedOutcome } from './record-change';
export { verifyAudit, type AuditVerdict } from './verify-audit';
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
  type CredentialLife,
  type CredentialRefusal,
  type Speaker,
} from './credential-signer';
export { SIGNING_KEY_BYTES_MIN } from './signing-keys';
export { EnrolmentGate, EnrolmentTokenRefused } from './enrolment-gate';
export {
  EnrolmentRecords,
  type EnrolmentRequestRecord,
  type EnrolmentTokenRecord,
  type EnrolmentUseRecord,
  type EnrolmentVerdict,
  type RecordPlace,
  type RelayRecord,
  type Sight,
} from './enrolment-records';
export {
  EnrolmentTokens,
  type CreatedEnrolmentToken,
  type EnrolmentTokenRefusal,
  type UsableEnrolmentToken,
} from './enrolment-tokens';
export { IssuerUnreachableError, isSafeAddress } from './issuer-keys';
export { OidcTokens, type OidcIssuer } from './oidc-tokens';
export { RelayCredentials, type ActiveRelay, type CreatedRelayCredential } from './relay-credentials';
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
