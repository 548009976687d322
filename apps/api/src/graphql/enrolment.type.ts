import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type {
  EnrolmentRequestRecord,
  EnrolmentTokenRecord,
  EnrolmentUseRecord,
  EnrolmentVerdict,
  RelayRecord,
} from '@app/access';
import { formatMachineKey } from '@app/storage';
import { PageInfoType } from './page-info.type';

/** Which requests are asked for: those nobody has decided, or those of one verdict. */
export const ENROLMENT_STANDINGS = ['WAITING', 'APPROVED', 'DENIED'] as const;
export const EnrolmentStandingEnum = Object.fromEntries(ENROLMENT_STANDINGS.map((one) => [one, one]));
registerEnumType(EnrolmentStandingEnum, {
  name: 'EnrolmentStanding',
  description: 'Where a request to be enrolled stands.',
  valuesMap: {
    WAITING: { description: 'Nobody has decided.' },
    APPROVED: { description: 'Gets a credential when it asks again.' },
    DENIED: { description: 'Is refused when it asks again.' },
  },
});

const EnrolmentVerdictEnum = { APPROVED: 'APPROVED', DENIED: 'DENIED' } as const;
registerEnumType(EnrolmentVerdictEnum, {
  name: 'EnrolmentVerdict',
  description: 'What a person says about a request to be enrolled.',
  valuesMap: {
    APPROVED: { description: 'It gets a credential when it asks again.' },
    DENIED: { description: 'It is refused when it asks again.' },
  },
});

@ObjectType('EnrolmentTokenRecord', {
  description: 'An enrolment token as it stands. Its secret is not known.',
})
export class EnrolmentTokenRecordType {
  @Field(() => ID, { description: 'Its identity.' })
  id!: string;

  @Field(() => ID, { description: 'ODS code of the organisation whose machines may enrol with it.' })
  organisation!: string;

  @Field(() => Int, { nullable: true, description: 'Machines that may be enrolled with it; null: no limit.' })
  maxUses!: number | null;

  @Field(() => Int, { description: 'Uses taken, those of waiting installations included.' })
  uses!: number;

  @Field({ description: 'Installations wait for a person’s word.' })
  requiresApproval!: boolean;

  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Not usable from then on.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@ObjectType('RelayRecord', {
  description: 'A relay’s credential as it stands. The credential itself is not kept.',
})
export class RelayRecordType {
  @Field(() => ID, { description: 'Its identity.' })
  id!: string;

  @Field(() => ID, { description: 'ODS code of the organisation for whose machines it may report.' })
  organisation!: string;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of the client certificate that it must come by.',
  })
  certificateSha256!: string | null;

  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'The grant ends then.' })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@ObjectType('EnrolmentUse', { description: 'One use of an enrolment token. Never altered.' })
export class EnrolmentUseType {
  @Field({ description: 'When.' })
  usedAt!: Date;

  @Field({ description: 'ENROLLED: a new machine. KNOWN: a fresh credential for a known one.' })
  outcome!: string;

  @Field(() => ID, { description: 'ODS code of the practice that it stood at.' })
  practice!: string;

  @Field(() => ID, { description: 'The machine.' })
  machineId!: string;

  @Field(() => ID, { description: 'The installation, as it names itself.' })
  installationId!: string;

  @Field({ description: 'Network address that it came from, as far as trusted proxies tell.' })
  address!: string;
}

@ObjectType('EnrolmentRequest', {
  description: 'An installation that waits for a person’s word, or has had it.',
})
export class EnrolmentRequestType {
  @Field(() => ID, { description: 'Its identity; what it is decided by.' })
  id!: string;

  @Field(() => ID, { description: 'ODS code of the practice that it says it stands at.' })
  practice!: string;

  @Field(() => ID, { description: 'The installation, as it names itself.' })
  installationId!: string;

  @Field({ description: 'Host name that it gave.' })
  hostname!: string;

  @Field(() => String, { nullable: true, description: 'Serial number that it gave.' })
  serialNumber!: string | null;

  @Field(() => ID, { description: 'The token that it came with.' })
  tokenId!: string;

  @Field({ description: 'Network address that it came from, as far as trusted proxies tell.' })
  address!: string;

  @Field({ description: 'When it first asked.' })
  requestedAt!: Date;

  @Field(() => EnrolmentVerdictEnum, { nullable: true, description: 'Null while nobody has decided.' })
  verdict!: EnrolmentVerdict | null;

  @Field(() => Date, { nullable: true, description: 'When it was decided.' })
  decidedAt!: Date | null;
}

@InputType('DecideEnrolmentsInput', { description: 'A word about installations that wait.' })
export class DecideEnrolmentsInput {
  @Field(() => [ID], { description: 'Identities of 1 to 1,000 requests.' })
  ids!: string[];

  @Field(() => EnrolmentVerdictEnum, { description: 'The word.' })
  verdict!: EnrolmentVerdict;
}

@ObjectType('EnrolmentTokenEdge', { description: 'A token and its cursor.' })
export class EnrolmentTokenEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => EnrolmentTokenRecordType, { description: 'The token.' })
  node!: EnrolmentTokenRecordType;
}

@ObjectType('EnrolmentTokenConnection', {
  description: 'One page of enrolment tokens, the first made first.',
})
export class EnrolmentTokenConnectionType {
  @Field(() => [EnrolmentTokenEdgeType], { description: 'The tokens of this page.' })
  edges!: EnrolmentTokenEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@ObjectType('RelayEdge', { description: 'A relay and its cursor.' })
export class RelayEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => RelayRecordType, { description: 'The relay.' })
  node!: RelayRecordType;
}

@ObjectType('RelayConnection', { description: 'One page of relays, the first made first.' })
export class RelayConnectionType {
  @Field(() => [RelayEdgeType], { description: 'The relays of this page.' })
  edges!: RelayEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@ObjectType('EnrolmentUseEdge', { description: 'A use and its cursor.' })
export class EnrolmentUseEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => EnrolmentUseType, { description: 'The use.' })
  node!: EnrolmentUseType;
}

@ObjectType('EnrolmentUseConnection', {
  description: 'One page of the uses of a token, the first made first.',
})
export class EnrolmentUseConnectionType {
  @Field(() => [EnrolmentUseEdgeType], { description: 'The uses of this page.' })
  edges!: EnrolmentUseEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@ObjectType('EnrolmentRequestEdge', { description: 'A request and its cursor.' })
export class EnrolmentRequestEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => EnrolmentRequestType, { description: 'The request.' })
  node!: EnrolmentRequestType;
}

@ObjectType('EnrolmentRequestConnection', { description: 'One page of requests, longest waiting first.' })
export class EnrolmentRequestConnectionType {
  @Field(() => [EnrolmentRequestEdgeType], { description: 'The requests of this page.' })
  edges!: EnrolmentRequestEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

export function toEnrolmentTokenRecordType(token: EnrolmentTokenRecord): EnrolmentTokenRecordType {
  const { id, organisationCode: organisation, maxUses, uses, requiresApproval } = token;
  return { id, organisation, maxUses, uses, requiresApproval, ...momentsOf(token) };
}

export function toRelayRecordType(relay: RelayRecord): RelayRecordType {
  const { id, organisationCode: organisation, certificateSha256 } = relay;
  return { id, organisation, certificateSha256, ...momentsOf(relay) };
}

export function toEnrolmentUseType(use: EnrolmentUseRecord): EnrolmentUseType {
  const { usedAtMs, outcome, practiceId: practice, installationId, address } = use;
  const machineId = formatMachineKey(use);
  return { usedAt: new Date(usedAtMs), outcome, practice, machineId, installationId, address };
}

export function toEnrolmentRequestType(request: EnrolmentRequestRecord): EnrolmentRequestType {
  const { key, requestedAtMs, decidedAtMs, ...rest } = request;
  return {
    ...rest,
    id: formatMachineKey(key),
    practice: key.practiceId,
    requestedAt: new Date(requestedAtMs),
    decidedAt: dateOf(decidedAtMs),
  };
}

function momentsOf(
  one: EnrolmentTokenRecord | RelayRecord,
): Pick<RelayRecordType, 'createdAt' | 'expiresAt' | 'revokedAt'> {
  return {
    createdAt: new Date(one.createdAtMs),
    expiresAt: dateOf(one.expiresAtMs),
    revokedAt: dateOf(one.revokedAtMs),
  };
}

function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
