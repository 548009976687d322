import { Args, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from '@nestjs/graphql';
import { EnrolmentTokens, RelayCredentials } from '@app/access';
import { ReaderError } from '@app/progress';
import { parseMachineKey } from '@app/storage';
import { RevokeCredential } from '@app/tracking';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { SenderStanding } from './sender-standing';
import { isUuid } from './uuid';

@InputType('CreateEnrolmentTokenInput', { description: 'A token for the machines of one organisation.' })
export class CreateEnrolmentTokenInput {
  @Field(() => ID, { description: 'ODS code; machines of it and of anything below may enrol.' })
  organisation!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Machines that may be enrolled with it; default: no limit.',
  })
  maxUses?: number | null;

  @Field(() => Date, { nullable: true, description: 'Not usable from then on; default: never expires.' })
  expiresAt?: Date | null;
}

@ObjectType('EnrolmentToken', { description: 'A new enrolment token. The secret is shown this once.' })
export class EnrolmentTokenType {
  @Field(() => ID, { description: 'Its identity, not secret.' })
  id!: string;

  @Field({ description: 'The secret; only its hash is kept.' })
  token!: string;

  @Field(() => Date, { nullable: true, description: 'Not usable from then on.' })
  expiresAt!: Date | null;
}

@InputType('CreateRelayCredentialInput', { description: 'A credential for a relay of one organisation.' })
export class CreateRelayCredentialInput {
  @Field(() => ID, {
    description: 'ODS code; the relay may report for machines of it and of anything below.',
  })
  organisation!: string;

  @Field(() => Date, { nullable: true, description: 'Not usable from then on; default: never expires.' })
  expiresAt?: Date | null;
}

@ObjectType('RelayCredential', { description: 'A new credential of a relay, shown this once.' })
export class RelayCredentialType {
  @Field(() => ID, { description: 'Its identity, not secret; what it is revoked by.' })
  id!: string;

  @Field({ description: 'The credential.' })
  credential!: string;

  @Field(() => Date, { nullable: true, description: 'Not usable from then on.' })
  expiresAt!: Date | null;
}

/** Makes the secrets that machines and relays come with. */
@Resolver()
export class AccessResolver {
  constructor(
    private readonly enrolmentTokens: EnrolmentTokens,
    private readonly relayCredentials: RelayCredentials,
    private readonly machineCredentials: RevokeCredential,
    private readonly clock: RecoveryClock,
  ) {}

  @Mutation(() => EnrolmentTokenType, { description: 'Makes an enrolment token.' })
  async createEnrolmentToken(
    @Args('input', { type: () => CreateEnrolmentTokenInput, description: 'What it is good for.' })
    input: CreateEnrolmentTokenInput,
    @SenderStanding() standing: Standing,
  ): Promise<EnrolmentTokenType> {
    this.check(input, standing);
    if (input.maxUses != null && input.maxUses < 1)
      throw new ReaderError('BAD_USER_INPUT', 'maxUses must be 1 or more');
    const limits = { maxUses: input.maxUses ?? null, expiresAtMs: input.expiresAt?.getTime() ?? null };
    const created = await this.enrolmentTokens.create(input.organisation, limits, this.clock.now());
    return { id: created.id, token: created.token, expiresAt: input.expiresAt ?? null };
  }

  @Mutation(() => RelayCredentialType, { description: 'Makes a relay’s credential.' })
  async createRelayCredential(
    @Args('input', { type: () => CreateRelayCredentialInput, description: 'What it is good for.' })
    input: CreateRelayCredentialInput,
    @SenderStanding() standing: Standing,
  ): Promise<RelayCredentialType> {
    this.check(input, standing);
    const expiresAtMs = input.expiresAt?.getTime() ?? null;
    const created = await this.relayCredentials.create(input.organisation, expiresAtMs, this.clock.now());
    return { id: created.id, credential: created.credential, expiresAt: input.expiresAt ?? null };
  }

  @Mutation(() => Boolean, {
    description:
      'Revokes an enrolment token at once; false when there is no such token. Machines enrolled with it stay.',
  })
  async revokeEnrolmentToken(
    @Args('id', { type: () => ID, description: 'Identity of the token.' }) id: string,
    @SenderStanding() { now }: Standing,
  ): Promise<boolean> {
    const owner = isUuid(id) ? await this.enrolmentTokens.organisationOf(id) : null;
    return owner !== null && now.covers(owner) && this.enrolmentTokens.revoke(id, this.clock.now());
  }

  @Mutation(() => Boolean, {
    description:
      'Revokes the credentials of a machine at once; false when there is no such machine. Enrolling again yields a new one.',
  })
  async revokeMachineCredential(
    @Args('machineId', { type: () => ID, description: 'Identity of the machine.' }) machineId: string,
    @SenderStanding() { now }: Standing,
  ): Promise<boolean> {
    const key = parseMachineKey(machineId);
    return key !== null && now.covers(key.practiceId) && this.machineCredentials.revoke(key);
  }

  @Mutation(() => Boolean, {
    description: 'Revokes a relay’s credential at once; false when there is no such relay.',
  })
  async revokeRelayCredential(
    @Args('id', { type: () => ID, description: 'Identity of the credential.' }) id: string,
    @SenderStanding() { now }: Standing,
  ): Promise<boolean> {
    const owner = isUuid(id) ? await this.relayCredentials.organisationOf(id) : null;
    return owner !== null && now.covers(owner) && this.relayCredentials.revoke(id, this.clock.now());
  }

  private check(input: { organisation: string; expiresAt?: Date | null }, { now }: Standing): void {
    const nowMs = this.clock.now();
    if (now.find(input.organisation) === null || !now.covers(input.organisation)) {
      throw new ReaderError('NOT_FOUND', `there is no organisation ${input.organisation}`);
    }
    if (input.expiresAt != null && input.expiresAt.getTime() <= nowMs) {
      throw new ReaderError('BAD_USER_INPUT', 'expiresAt must lie in the future');
    }
  }
}
