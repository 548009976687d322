import { Inject } from '@nestjs/common';
import { Args, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from '@nestjs/graphql';
import { EnrolmentTokens, RelayCredentials } from '@app/access';
import { ReaderError } from '@app/progress';
import { parseMachineKey } from '@app/storage';
import { RevokeCredential } from '@app/tracking';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import type { Settings } from '../settings';
import { SETTINGS } from '../tokens';
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

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Installations wait until a person approves them (`decideEnrolments`); default: they do not.',
  })
  requiresApproval?: boolean | null;
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

  @Field(() => Date, {
    nullable: true,
    description:
      'The grant ends then; default: never. Within it the credential is renewed with the answers to reports.',
  })
  expiresAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of the client certificate that the relay must come by, in hexadecimal, colons allowed; default: none is needed. Needs TLS_CLIENT_CA_FILE.',
  })
  certificateSha256?: string | null;
}

@ObjectType('RelayCredential', { description: 'A new credential of a relay, shown this once.' })
export class RelayCredentialType {
  @Field(() => ID, { description: 'Its identity, not secret; what it is revoked by.' })
  id!: string;

  @Field({ description: 'The credential.' })
  credential!: string;

  @Field(() => Date, { nullable: true, description: 'The grant ends then.' })
  expiresAt!: Date | null;

  @Field(() => Date, {
    description: 'This credential is good until then. Answers to reports carry a fresh one in time.',
  })
  renewBy!: Date;
}

/** Makes the secrets that machines and relays come with. */
@Resolver()
export class AccessResolver {
  constructor(
    private readonly enrolmentTokens: EnrolmentTokens,
    private readonly relayCredentials: RelayCredentials,
    private readonly machineCredentials: RevokeCredential,
    private readonly clock: RecoveryClock,
    @Inject(SETTINGS) private readonly settings: Settings,
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
    const limits = {
      maxUses: input.maxUses ?? null,
      expiresAtMs: input.expiresAt?.getTime() ?? null,
      requiresApproval: input.requiresApproval ?? false,
    };
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
    const limits = {
      expiresAtMs: input.expiresAt?.getTime() ?? null,
      certificateSha256: this.readFingerprint(input.certificateSha256 ?? null),
    };
    const created = await this.relayCredentials.create(input.organisation, limits, this.clock.now());
    const { id, credential, renewByMs } = created;
    return { id, credential, expiresAt: input.expiresAt ?? null, renewBy: new Date(renewByMs) };
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

  private readFingerprint(text: string | null): string | null {
    if (text === null) return null;
    const fingerprint = text.replaceAll(':', '').toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(fingerprint))
      throw new ReaderError('BAD_USER_INPUT', 'certificateSha256 has 64 hexadecimal digits');
    if (this.settings.transport.tls?.clientCa == null)
      throw new ReaderError('BAD_USER_INPUT', 'this service asks for no client certificates');
    return fingerprint;
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
