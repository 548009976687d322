/**
 * What is recorded. The list is closed, so that whoever reads the log knows all of its words; what is added here says in one line
 * what it means.
 *
 * What ends in LISTED, EXPORTED, COUNTED, READ or PREVIEWED is a reading. MACHINE_CARED_FOR and MACHINES_CARED_FOR: a person did
 * something for a machine, or for many; what exactly stands on their timelines. ENROLMENTS_DECIDED: a person let waiting installations in, or
 * refused them. REPLACEMENTS_DECIDED: a person approved or refused that machines took the places of others. BOOKS_RECONCILED: the fleet was recounted, and if it was asked for the books put right. REGISTER_IMPORTED: an asset
 * list was compared with the register, and taken if that was asked for. AUTHENTICATION_FAILED: somebody showed no credential that holds.
 * SERVICE_STARTED and SERVICE_STOPPED enclose the time in which this process recorded. AUDIT_BROKEN: the log was found shorter or
 * other than it was left.
 */
export const AUDIT_ACTIONS = [
  'MACHINES_LISTED',
  'MACHINES_COUNTED',
  'MACHINES_EXPORTED',
  'WORK_LIST_EXPORTED',
  'MACHINE_READ',
  'CARE_PREVIEWED',
  'WORK_LISTED',
  'PRACTICES_LISTED',
  'SITE_CHANGES_LISTED',
  'SITES_LISTED',
  'RECONCILIATION_READ',
  'AUDIT_READ',
  'API_TOKENS_LISTED',
  'ENROLMENT_TOKENS_LISTED',
  'ENROLMENT_USES_LISTED',
  'ENROLMENT_REQUESTS_LISTED',
  'RELAYS_LISTED',
  'CLOSURES_LISTED',
  'PRACTICE_MODE_REPORTED',
  'CLOSURES_CHANGED',
  'OPENING_HOURS_SET',
  'CLOSURES_IMPORTED',
  'MACHINE_CARED_FOR',
  'MACHINES_CARED_FOR',
  'API_TOKEN_CREATED',
  'API_TOKEN_REVOKED',
  'ENROLMENT_TOKEN_CREATED',
  'ENROLMENT_TOKEN_REVOKED',
  'RELAY_CREDENTIAL_CREATED',
  'RELAY_CREDENTIAL_REVOKED',
  'MACHINE_CREDENTIAL_REVOKED',
  'ENROLMENTS_DECIDED',
  'REPLACEMENTS_DECIDED',
  'PRACTICES_IMPORTED',
  'REGISTER_IMPORTED',
  'REGISTER_LISTED',
  'REPLACEMENTS_LISTED',
  'BOOKS_RECONCILED',
  'AUTHENTICATION_FAILED',
  'SERVICE_STARTED',
  'SERVICE_STOPPED',
  'AUDIT_BROKEN',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/**
 * STARTED: a change is about to be made; recorded before, so that none is made unrecorded. DONE: it was made, or the answer to
 * a reading goes out. REFUSED: it was not allowed or made no sense. FAILED: we could not, and it may have been made in part.
 */
export const AUDIT_OUTCOMES = ['STARTED', 'DONE', 'REFUSED', 'FAILED'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/**
 * Who acts: the administrator's token, an API token by its identity, a person known by an OpenID provider, a person at the command
 * line of the host, the service by itself, or somebody of whom only the address is known.
 */
export const AUDIT_ACTOR_KINDS = [
  'ADMIN_TOKEN',
  'API_TOKEN',
  'OIDC',
  'COMMAND_LINE',
  'SERVICE',
  'ANONYMOUS',
] as const;
export type AuditActorKind = (typeof AUDIT_ACTOR_KINDS)[number];

/** Who acted. `id` is unique within its kind and no secret: a name, an identity, or for ANONYMOUS the address. */
export type AuditActor = { readonly kind: AuditActorKind; readonly id: string };

/** Small facts about what was done, by name. Text in them is shortened, and what looks like a secret is blotted out. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** What is asked to be recorded. */
export type AuditRecord = {
  /** When it was done, by the service's clock. */
  readonly atMs: number;
  /** A UUID, the same in every record of one operation. */
  readonly operationId: string;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  /** ODS code of the organisation that it was done to or asked about; null: not one. */
  readonly organisation: string | null;
  /** Identity of the thing that it was done to; null: there is none, or not yet. */
  readonly object: string | null;
  readonly details: AuditDetails;
};

/** A place in the log: the number of an entry and its hash. Kept elsewhere it proves later that all up to it is unchanged. */
export type AuditMark = { readonly seq: number; readonly hash: string };

/** An entry as it is read. */
export type AuditEntry = AuditRecord & AuditMark;
