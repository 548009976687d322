import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  AUDIT_ACTIONS,
  AUDIT_ACTOR_KINDS,
  AUDIT_OUTCOMES,
  type AuditAction,
  type AuditActorKind,
  type AuditEntry,
  type AuditOutcome,
} from '@app/access';
import { described, enumOf } from './vocabulary.type';
import { PageInfoType } from './page-info.type';

const AuditActionEnum = enumOf(AUDIT_ACTIONS);
registerEnumType(AuditActionEnum, {
  name: 'AuditAction',
  description: 'What was done.',
  valuesMap: described({
    MACHINES_LISTED: 'A page of machines was read.',
    MACHINES_COUNTED: 'The machines of a filter were counted by what they share.',
    MACHINES_EXPORTED: 'A file of machines was taken.',
    WORK_LIST_EXPORTED: 'A work list was taken.',
    MACHINE_READ: 'One machine was looked up.',
    CARE_PREVIEWED: 'It was asked for how many machines an action would be done.',
    WORK_LISTED: 'A page of a work list was read.',
    PRACTICES_LISTED: 'A page of practices and how they work was read.',
    SITE_CHANGES_LISTED: 'A page was read of what went silent or came back together.',
    SITES_LISTED: 'A page of practices that are silent as a whole was read.',
    RECONCILIATION_READ: 'The errors that the last reconciliation found were read.',
    AUDIT_READ: 'A page of this log was read.',
    API_TOKENS_LISTED: 'A page of API tokens was read; never their secrets.',
    CLOSURES_LISTED: 'A list of closures was read.',
    CLOSURES_CHANGED: 'Closures or openings of days were entered or taken back.',
    OPENING_HOURS_SET: 'A practice’s own opening hours were set.',
    CLOSURES_IMPORTED: 'A file of opening hours, closures or bank holidays was imported.',
    PRACTICE_MODE_REPORTED: 'Somebody said how practices work.',
    MACHINE_CARED_FOR: 'Somebody did something for a machine; its timeline says what.',
    MACHINES_CARED_FOR: 'Somebody did the same for many machines.',
    ENROLMENT_TOKENS_LISTED: 'A page of enrolment tokens was read; never their secrets.',
    ENROLMENT_USES_LISTED: 'A page of the uses of an enrolment token was read.',
    ENROLMENT_REQUESTS_LISTED: 'A page of installations that wait for a person’s word was read.',
    RELAYS_LISTED: 'A page of relays was read; never their credentials.',
    ENROLMENTS_DECIDED: 'Somebody let waiting installations in, or refused them.',
    REPLACEMENTS_DECIDED: 'Somebody approved or refused that machines took the places of others.',
    API_TOKEN_CREATED: 'An API token was made.',
    API_TOKEN_REVOKED: 'An API token was revoked.',
    ENROLMENT_TOKEN_CREATED: 'An enrolment token was made.',
    ENROLMENT_TOKEN_REVOKED: 'An enrolment token was revoked.',
    RELAY_CREDENTIAL_CREATED: 'A relay’s credential was made.',
    RELAY_CREDENTIAL_REVOKED: 'A relay’s credential was revoked.',
    MACHINE_CREDENTIAL_REVOKED: 'The credentials of a machine were revoked.',
    PRACTICES_IMPORTED: 'A practice file was imported.',
    REGISTER_IMPORTED: 'An asset list was compared with the register, and taken if that was asked for.',
    REPLACEMENTS_LISTED: 'A page of machines whose place is claimed by others was read.',
    REGISTER_LISTED: 'A page of where register and machines disagree was read.',
    BOOKS_RECONCILED: 'The fleet was recounted, and if asked for the books put right.',
    AUTHENTICATION_FAILED: 'Somebody showed no credential that holds; counted by address and code.',
    SERVICE_STARTED: 'A process of the service began to record.',
    SERVICE_STOPPED: 'A process of the service stopped in order.',
    AUDIT_BROKEN: 'The log was found shorter or other than it was left.',
  }),
});

const AuditOutcomeEnum = enumOf(AUDIT_OUTCOMES);
registerEnumType(AuditOutcomeEnum, {
  name: 'AuditOutcome',
  description: 'What became of it.',
  valuesMap: described({
    STARTED: 'Recorded before a change is made; another entry of the same operation says what became of it.',
    DONE: 'It was done.',
    REFUSED: 'It was not allowed, or made no sense.',
    FAILED: 'We could not; it may have been done in part.',
  }),
});

const AuditActorKindEnum = enumOf(AUDIT_ACTOR_KINDS);
registerEnumType(AuditActorKindEnum, {
  name: 'AuditActorKind',
  description: 'Who acts.',
  valuesMap: described({
    ADMIN_TOKEN: 'Whoever holds the administrator’s token.',
    API_TOKEN: 'Whoever holds an API token; named by its identity.',
    OIDC: 'A person or service that an OpenID provider vouches for.',
    COMMAND_LINE: 'An account of the host, at its command line.',
    SERVICE: 'The service by itself.',
    ANONYMOUS: 'Somebody of whom only the address is known.',
  }),
});

@ObjectType('AuditActor', { description: 'Who did something.' })
export class AuditActorType {
  @Field(() => AuditActorKindEnum, { description: 'Which kind of actor.' })
  kind!: AuditActorKind;

  @Field(() => ID, { description: 'Identity within the kind; an address when nothing else is known.' })
  id!: string;
}

@ObjectType('AuditEntry', { description: 'One entry of the audit log. Never altered.' })
export class AuditEntryType {
  @Field(() => ID, { description: 'Its number: 1, 2, 3 … without a gap.' })
  id!: string;

  @Field({ description: 'When it was done.' })
  at!: Date;

  @Field(() => ID, { description: 'The same in every entry of one operation.' })
  operationId!: string;

  @Field(() => AuditActionEnum, { description: 'What was done.' })
  action!: AuditAction;

  @Field(() => AuditOutcomeEnum, { description: 'What became of it.' })
  outcome!: AuditOutcome;

  @Field(() => AuditActorType, { description: 'Who did it.' })
  actor!: AuditActorType;

  @Field(() => ID, { nullable: true, description: 'ODS code of the organisation that it was about.' })
  organisation!: string | null;

  @Field(() => ID, { nullable: true, description: 'Identity of the thing that it was done to.' })
  object!: string | null;

  @Field({ description: 'Further facts, as JSON. What looked like a secret reads [redacted].' })
  details!: string;

  @Field({
    description:
      'Ties it to all entries before it. With its number an anchor: `npm run audit:verify -- --anchor NUMBER:HASH`.',
  })
  hash!: string;
}

@ObjectType('AuditEntryEdge', { description: 'An entry and its cursor.' })
export class AuditEntryEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => AuditEntryType, { description: 'The entry.' })
  node!: AuditEntryType;
}

@ObjectType('AuditEntryConnection', { description: 'One page of the audit log, newest first.' })
export class AuditEntryConnectionType {
  @Field(() => [AuditEntryEdgeType], { description: 'The entries of this page.' })
  edges!: AuditEntryEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@InputType('AuditFilter', { description: 'Which entries; every condition given must hold.' })
export class AuditFilterInput {
  @Field(() => [AuditActionEnum], { nullable: true, description: 'Any of these actions.' })
  action?: AuditAction[] | null;

  @Field(() => [AuditOutcomeEnum], { nullable: true, description: 'Any of these outcomes.' })
  outcome?: AuditOutcome[] | null;

  @Field(() => [AuditActorKindEnum], { nullable: true, description: 'Any of these kinds of actor.' })
  actorKind?: AuditActorKind[] | null;

  @Field(() => ID, { nullable: true, description: 'Exactly this actor.' })
  actorId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Exactly this organisation, not what lies below it.' })
  organisation?: string | null;

  @Field(() => ID, { nullable: true, description: 'Exactly this thing: a machine, a token.' })
  object?: string | null;

  @Field(() => ID, { nullable: true, description: 'All entries of one operation.' })
  operationId?: string | null;

  @Field(() => Date, { nullable: true, description: 'Done at or after this moment.' })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Done before this moment.' })
  until?: Date | null;
}

/** An entry on the wire. */
export function toAuditEntryType(entry: AuditEntry): AuditEntryType {
  const { seq, atMs, operationId, action, outcome, actor, organisation, object, details, hash } = entry;
  return {
    id: String(seq),
    at: new Date(atMs),
    ...{ operationId, action, outcome, actor, organisation, object },
    details: JSON.stringify(details),
    hash,
  };
}
