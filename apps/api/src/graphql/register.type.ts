import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  REGISTER_FINDINGS,
  SHARED_IDENTITIES,
  type FoundMachine,
  type RegisterFinding,
  type RegisterSummary,
  type SharedIdentity,
} from '@app/progress';
import type { RecoveryState } from '@app/recovery';
import { formatMachineKey, type MachineKey } from '@app/storage';
import { OrganisationType } from './organisation.type';
import { PageInfoType } from './page-info.type';
import { described, enumOf, RecoveryStateEnum } from './vocabulary.type';

export const RegisterFindingEnum = enumOf(REGISTER_FINDINGS);
registerEnumType(RegisterFindingEnum, {
  name: 'RegisterFinding',
  description: 'What does not agree between the register and the machines.',
  valuesMap: described({
    NEVER_ENROLLED: 'In the register, and never enrolled. Counts as UNVERIFIED.',
    NOT_IN_REGISTER: 'Enrolled at a practice that has a register, which does not have it.',
    RE_IMAGED: 'One asset, installed anew: the old installation is replaced.',
    REPLACEMENT_OPEN:
      'Another machine claims its place, and nobody has decided (`replacements`). Both count.',
    IDENTITY_TWICE: 'Two or three machines in use share an identity, or one was heard twice at once.',
    IDENTITY_SHARED:
      'More machines in use share an identity than one asset can have records: it identifies nothing, and joins none of them.',
  }),
});

const SharedIdentityEnum = enumOf(SHARED_IDENTITIES);
registerEnumType(SharedIdentityEnum, {
  name: 'SharedIdentity',
  description: 'What two machines share.',
  valuesMap: described({
    SERIAL_NUMBER: 'The serial number, at any practice.',
    SMBIOS_UUID: 'The UUID of the hardware, at any practice.',
    ASSET_TAG: 'The asset tag, at one practice.',
    HEARD_TWICE: 'The identity itself: two boot sessions reported at once.',
  }),
});

@ObjectType('RegisterFindingCount', { description: 'Machines of one finding.' })
export class RegisterFindingCountType {
  @Field(() => RegisterFindingEnum, { description: 'The finding.' })
  finding!: RegisterFinding;

  @Field(() => Int, { description: 'Machines.' })
  machines!: number;
}

@ObjectType('RegisterSummary', { description: 'How the register and the machines agree.' })
export class RegisterSummaryType implements RegisterSummary {
  @Field(() => Int, { description: 'Practices that are looked at.' })
  practices!: number;

  @Field(() => Int, { description: 'Practices among them that have a register.' })
  practicesListed!: number;

  @Field(() => Int, { description: 'Assets in it.' })
  entries!: number;

  @Field(() => [RegisterFindingCountType], { description: 'Every finding, also those with no machine.' })
  findings!: readonly RegisterFindingCountType[];
}

@ObjectType('RegisteredMachine', { description: 'A machine that does not agree with the register.' })
export class RegisteredMachineType {
  @Field(() => ID, { description: 'Identity of the machine.' })
  machineId!: string;

  @Field(() => OrganisationType, { description: 'The practice it stands at.' })
  practice!: OrganisationType;

  @Field({ description: 'Host name, as it says or as the register does.' })
  hostname!: string;

  @Field(() => String, { nullable: true, description: 'Serial number.' })
  serialNumber!: string | null;

  @Field(() => String, { nullable: true, description: 'Asset tag.' })
  assetTag!: string | null;

  @Field(() => RecoveryStateEnum, { description: 'Where it is now.' })
  state!: RecoveryState;

  @Field(() => SharedIdentityEnum, {
    nullable: true,
    description: 'Of IDENTITY_TWICE and IDENTITY_SHARED: what is shared.',
  })
  shared!: SharedIdentity | null;

  @Field(() => [ID], {
    description:
      'Of RE_IMAGED: the machines it replaced. Of IDENTITY_TWICE and IDENTITY_SHARED: the first ten that share it.',
  })
  otherIds!: readonly string[];

  /** Not a field: whether it is within the sender's scope. */
  key!: MachineKey;
}

@ObjectType('RegisteredMachineEdge', { description: 'A machine and its cursor.' })
export class RegisteredMachineEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => RegisteredMachineType, { description: 'The machine.' })
  node!: RegisteredMachineType;
}

@ObjectType('RegisteredMachineConnection', { description: 'One page of a finding, by practice.' })
export class RegisteredMachineConnectionType {
  @Field(() => [RegisteredMachineEdgeType], { description: 'The machines of this page.' })
  edges!: RegisteredMachineEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

/** A machine of a finding on the wire. */
export function toRegisteredMachineType(
  found: FoundMachine,
  practice: OrganisationType,
): RegisteredMachineType {
  const { key, hostname, serialNumber, assetTag, state, shared, others } = found;
  return {
    ...{ key, practice, hostname, serialNumber, assetTag, state, shared },
    machineId: formatMachineKey(key),
    otherIds: others,
  };
}
