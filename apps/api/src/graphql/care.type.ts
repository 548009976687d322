import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import type { CareKind, CareRefusal, CareResult, RefusedRequest } from '@app/care';
import type { CareEventView, MachineCareView } from '@app/progress';
import type { AttestationStatus, MachineRole } from '@app/recovery';
import { formatMachineKey } from '@app/storage';
import {
  AttestationStatusEnum,
  CareErrorCodeEnum,
  CareKindEnum,
  MachineRoleEnum,
} from './care-vocabulary.type';
import { MachineType } from './machine.type';

@ObjectType('CareEvent', { description: 'One thing that a person did for a machine. Never altered.' })
export class CareEventType {
  @Field(() => Int, { description: 'Counts what was done for this machine, from 1.' })
  ordinal!: number;

  @Field(() => CareKindEnum, { description: 'What was done.' })
  kind!: CareKind;

  @Field({ description: 'Who did it, by the name they had then.' })
  actor!: string;

  @Field({ description: 'When.' })
  at!: Date;

  @Field(() => String, { nullable: true, description: 'The note that was left.' })
  note!: string | null;

  @Field({ description: 'What exactly, as JSON.' })
  details!: string;
}

@ObjectType('MachineClaim', { description: 'Who takes care of a machine.' })
export class MachineClaimType {
  @Field({ description: 'Who.' })
  assignee!: string;

  @Field({ description: 'Until when; past it the machine is nobody’s.' })
  until!: Date;
}

@ObjectType('MachineAttestation', { description: 'A person’s word that a machine works again.' })
export class MachineAttestationType {
  @Field({ description: 'When it was given.' })
  at!: Date;

  @Field(() => AttestationStatusEnum, { description: 'What evidence says about it.' })
  status!: AttestationStatus;
}

@ObjectType('MachineCare', { description: 'What people know of a machine and do for it.' })
export class MachineCareType {
  @Field(() => Int, {
    description:
      'Raised by everything that is done for it. Shown back as `expectedVersion`, it guards against acting on old news.',
  })
  version!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When it enrolled; null: the register expects it, and it never did.',
  })
  enrolledAt!: Date | null;

  @Field(() => MachineRoleEnum, { nullable: true, description: 'What it is for; null: nobody has said.' })
  role!: MachineRole | null;

  @Field(() => String, { nullable: true, description: 'Asset tag.' })
  assetTag!: string | null;

  @Field(() => String, { nullable: true, description: 'Room or desk.' })
  location!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Identity of the BitLocker key protector, by which the key is looked up elsewhere. Never the password.',
  })
  bitlockerKeyId!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the key is in escrow; null: nobody has said.',
  })
  bitlockerKeyEscrowed!: boolean | null;

  @Field(() => [String], { description: 'Tags, sorted.' })
  tags!: readonly string[];

  @Field(() => MachineClaimType, { nullable: true, description: 'Who takes care of it now; null: nobody.' })
  claim!: MachineClaimType | null;

  @Field(() => String, {
    nullable: true,
    description: 'The day on which somebody looks again at it, as in 2024-10-01.',
  })
  reviewOn!: string | null;

  @Field(() => MachineAttestationType, {
    nullable: true,
    description: 'A person’s word that it works again.',
  })
  attestation!: MachineAttestationType | null;

  @Field(() => CareEventType, { nullable: true, description: 'The last repair that was tried.' })
  lastAttempt!: CareEventType | null;

  @Field(() => ID, { nullable: true, description: 'Its identity at the practice that it moved to.' })
  movedTo!: string | null;

  @Field(() => [ID], { description: 'The machines of this practice that it took the place of.' })
  predecessorIds!: readonly string[];
}

@ObjectType('CareError', {
  description: 'Why nothing was done, for one machine or for the request as a whole.',
})
export class CareErrorType {
  @Field(() => CareErrorCodeEnum, { description: 'The reason.' })
  code!: CareRefusal;

  @Field({ description: 'The same in a sentence.' })
  message!: string;

  @Field(() => ID, { nullable: true, description: 'The machine; null: the request as a whole.' })
  machineId!: string | null;
}

@ObjectType('CareErrorCount', { description: 'Machines that were refused for one reason.' })
export class CareErrorCountType {
  @Field(() => CareErrorCodeEnum, { description: 'The reason.' })
  code!: CareRefusal;

  @Field(() => Int, { description: 'How many.' })
  machines!: number;
}

@ObjectType('CareForMachinePayload', { description: 'What became of an action for one machine.' })
export class CareForMachinePayloadType {
  @Field(() => MachineType, { nullable: true, description: 'The machine as it is now; null: there is none.' })
  machine!: MachineType | null;

  @Field({ description: 'The same request had been carried out before; nothing was done again.' })
  repeated!: boolean;

  @Field(() => [CareErrorType], { description: 'Empty when it was done.' })
  userErrors!: CareErrorType[];
}

@ObjectType('CareForMachinesPayload', { description: 'What became of an action for many machines.' })
export class CareForMachinesPayloadType {
  @Field(() => ID, {
    nullable: true,
    description: 'Identity of the request; null: it was refused as a whole.',
  })
  actionId!: string | null;

  @Field(() => Int, { description: 'Machines that were found.' })
  machines!: number;

  @Field(() => Int, { description: 'Machines that it was done for.' })
  done!: number;

  @Field(() => [CareErrorCountType], {
    description: 'Machines that were refused, by reason. With `done` they sum to `machines`.',
  })
  refused!: readonly CareErrorCountType[];

  @Field({ description: 'The same request had been carried out before; nothing was done again.' })
  repeated!: boolean;

  @Field(() => [CareErrorType], {
    description:
      'Why the request was refused as a whole, or the first 200 machines that were refused by themselves.',
  })
  userErrors!: CareErrorType[];
}

@ObjectType('CarePreview', { description: 'What an action would do now. Nothing has been done.' })
export class CarePreviewType {
  @Field(() => Int, { description: 'Machines that are found; to be shown back as `expectedMachines`.' })
  machines!: number;

  @Field(() => Int, { description: 'Machines that it would be done for.' })
  wouldDo!: number;

  @Field(() => [CareErrorCountType], { description: 'Machines that would be refused, by reason.' })
  refused!: readonly CareErrorCountType[];

  @Field(() => [CareErrorType], {
    description: 'Why the request would be refused as a whole; empty otherwise.',
  })
  userErrors!: CareErrorType[];
}

/** The care of a machine on the wire. */
export function toMachineCareType(view: MachineCareView): MachineCareType {
  const { version, role, assetTag, location, bitlockerKeyId, bitlockerKeyEscrowed, tags, reviewOn, movedTo } =
    view;
  return {
    ...{ version, role, assetTag, location, bitlockerKeyId, bitlockerKeyEscrowed, tags, reviewOn, movedTo },
    enrolledAt: view.enrolledAtMs === null ? null : new Date(view.enrolledAtMs),
    claim:
      view.claim === null ? null : { assignee: view.claim.assignee, until: new Date(view.claim.untilMs) },
    attestation:
      view.attestation === null
        ? null
        : { at: new Date(view.attestation.atMs), status: view.attestation.status },
    lastAttempt: view.lastAttempt === null ? null : toCareEventType(view.lastAttempt),
    predecessorIds: view.predecessors.map(formatMachineKey),
  };
}

/** One thing that was done, on the wire. */
export function toCareEventType(event: CareEventView): CareEventType {
  const { text, note = text } = event.details;
  return {
    ordinal: event.ordinal,
    kind: event.kind as CareKind,
    actor: event.actor,
    at: new Date(event.atMs),
    note: typeof note === 'string' ? note : null,
    details: JSON.stringify(event.details),
  };
}

const SENTENCES: Readonly<Partial<Record<CareRefusal, string>>> = {
  NOT_IN_THIS_STATE: 'the machine’s state does not allow it',
  ALREADY_SO: 'it is so already',
  NOT_AT_THAT_TIME: 'the moment lies before the incident or in the future',
  UNKNOWN_MACHINE: 'there is no such machine',
  VERSION_MISMATCH: 'somebody did something for the machine meanwhile: look again',
  CLAIMED_BY_SOMEBODY_ELSE: 'somebody else takes care of it',
  NOT_CLAIMED: 'nobody takes care of it',
  TOO_MANY_TAGS: 'it would have more than 20 tags',
  UNKNOWN_SUCCESSOR: 'no other machine of this practice that is in use has this identity',
  UNKNOWN_PRACTICE: 'no practice of this code is open',
};

/** The refusals of single machines, or that of the request, on the wire. */
export function toCareErrors(result: CareResult | RefusedRequest): CareErrorType[] {
  if ('refusal' in result) return [{ code: result.refusal, message: result.message, machineId: null }];
  return result.refusedMachines.map(({ code, machineId }) => ({
    code,
    machineId,
    message: SENTENCES[code] ?? code,
  }));
}
