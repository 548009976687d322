import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { ReplacementView } from '@app/progress';
import {
  REPLACEMENT_NEEDS,
  REPLACEMENT_STATUSES,
  type RecoveryState,
  type ReplacementNeed,
  type ReplacementStatus,
} from '@app/recovery';
import { formatMachineKey, type MachineKey } from '@app/storage';
import { PageInfoType } from './page-info.type';
import { described, enumOf, RecoveryStateEnum } from './vocabulary.type';

export const ReplacementStatusEnum = enumOf(REPLACEMENT_STATUSES);
registerEnumType(ReplacementStatusEnum, {
  name: 'ReplacementStatus',
  description: 'Where a claim stands by which one machine is to take another one’s place.',
  valuesMap: described({
    TENTATIVE: 'Nothing speaks against it; it is confirmed by itself when what it waits for is there.',
    WAITING_FOR_APPROVAL:
      'A person has to decide: the machine is unrecovered, was heard lately, or is claimed by several.',
    CONFIRMED: 'The machine is REPLACED.',
    REFUSED: 'A person said no, one of the two is out of service, or another machine took the place.',
    CONFLICT: 'The machine reported after it was claimed: two machines use one identity. A person decides.',
  }),
});

const ReplacementNeedEnum = enumOf(REPLACEMENT_NEEDS);
registerEnumType(ReplacementNeedEnum, {
  name: 'ReplacementNeed',
  description: 'What a claim waits for.',
  valuesMap: described({
    APPROVAL: 'A person’s word (`decideReplacements`).',
    SUCCESSOR_EVIDENCE: 'The successor’s own reports have to pass the tests of recovery.',
    PREDECESSOR_SILENCE: 'The machine has to stay silent for a working day after the claim.',
  }),
});

const REPLACEMENT_WORDS = ['APPROVED', 'REFUSED'] as const;
const ReplacementWordEnum = enumOf(REPLACEMENT_WORDS);
registerEnumType(ReplacementWordEnum, {
  name: 'ReplacementWord',
  description: 'What a person says about a claim.',
  valuesMap: described({
    APPROVED: 'They are one device. It is replaced when the successor’s own reports prove that it works.',
    REFUSED: 'They are not. Both go on as machines of their own.',
  }),
});

@ObjectType('ReplacementParty', { description: 'One of the two machines of a claim.' })
export class ReplacementPartyType {
  @Field(() => ID, { description: 'Identity of the machine.' })
  machineId!: string;

  @Field({ description: 'Its host name.' })
  hostname!: string;

  @Field(() => String, { nullable: true, description: 'Its serial number.' })
  serialNumber!: string | null;

  @Field(() => RecoveryStateEnum, { description: 'Where it is now.' })
  state!: RecoveryState;
}

@ObjectType('Replacement', {
  description:
    'A claim: a machine enrolled on the hardware of an older one, or a person named it as its successor. Both count as machines of ' +
    'their own until it is CONFIRMED.',
})
export class ReplacementType {
  @Field(() => ID, { description: 'Its identity; what it is decided by.' })
  id!: string;

  @Field(() => ReplacementPartyType, { description: 'The machine that is to be replaced.' })
  predecessor!: ReplacementPartyType;

  @Field(() => ReplacementPartyType, { description: 'The machine that is to take its place.' })
  successor!: ReplacementPartyType;

  @Field(() => ReplacementStatusEnum, { description: 'Where it stands at the moment of the answer.' })
  status!: ReplacementStatus;

  @Field(() => [ReplacementNeedEnum], { description: 'What it waits for; empty when it is closed.' })
  waitsFor!: readonly ReplacementNeed[];

  @Field({ description: 'When the successor enrolled, or was named.' })
  since!: Date;

  @Field(() => ReplacementWordEnum, { nullable: true, description: 'A person’s word; null: none yet.' })
  word!: 'APPROVED' | 'REFUSED' | null;

  @Field(() => Date, { nullable: true, description: 'When it was said.' })
  decidedAt!: Date | null;

  /** Not a field: what its sender has to cover. */
  key!: MachineKey;
}

@ObjectType('ReplacementEdge', { description: 'A claim and its cursor.' })
export class ReplacementEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => ReplacementType, { description: 'The claim.' })
  node!: ReplacementType;
}

@ObjectType('ReplacementConnection', {
  description:
    'One page of claims, the oldest first. It may be shorter than asked for and be followed by another.',
})
export class ReplacementConnectionType {
  @Field(() => [ReplacementEdgeType], { description: 'The claims of this page.' })
  edges!: ReplacementEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@InputType('DecideReplacementsInput', {
  description:
    'A word about claims. Said again it changes nothing, except that an approval settles a new CONFLICT.',
})
export class DecideReplacementsInput {
  @Field(() => [ID], { description: 'Identities of 1 to 1,000 claims.' })
  ids!: string[];

  @Field(() => ReplacementWordEnum, { description: 'The word.' })
  word!: 'APPROVED' | 'REFUSED';
}

/** A claim of the reader on the wire. */
export function toReplacementType(view: ReplacementView): ReplacementType {
  const { key, status, waitsFor, claim } = view;
  return {
    id: formatMachineKey(key),
    key,
    predecessor: toParty(view.predecessor),
    successor: toParty(view.successor),
    status,
    waitsFor,
    since: new Date(claim.claimedAtMs),
    word: claim.verdict,
    decidedAt: claim.decidedAtMs === null ? null : new Date(claim.decidedAtMs),
  };
}

function toParty({ key, ...rest }: ReplacementView['predecessor']): ReplacementPartyType {
  return { machineId: formatMachineKey(key), ...rest };
}
