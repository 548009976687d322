import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import type { ApiToken, Grant, Principal, PrincipalKind, Role } from '@app/access';
import { PageInfoType } from './page-info.type';
import { PrincipalKindEnum, RoleEnum } from './vocabulary.type';

@ObjectType('Grant', { description: 'One role, within some organisations.' })
export class GrantType {
  @Field(() => RoleEnum, { description: 'The role. Each includes the ones before it.' })
  role!: Role;

  @Field(() => [ID], {
    description: 'ODS codes. Everything below them in the hierarchy as of now is covered as well.',
  })
  organisations!: readonly string[];
}

@ObjectType('Me', { description: 'Whoever asks.' })
export class MeType {
  @Field(() => ID, { description: 'Identity in records; not secret.' })
  id!: string;

  @Field({ description: 'Name for people’s eyes.' })
  name!: string;

  @Field(() => PrincipalKindEnum, { description: 'What was shown.' })
  kind!: PrincipalKind;

  @Field(() => [GrantType], { description: 'What may be done, and where.' })
  grants!: readonly GrantType[];
}

@ObjectType('ApiToken', { description: 'A token of a person’s tool or of a service, without its secret.' })
export class ApiTokenType {
  @Field(() => ID, { description: 'Its identity, not secret; what it is revoked by.' })
  id!: string;

  @Field({ description: 'What it is for.' })
  name!: string;

  @Field(() => RoleEnum, { description: 'What it lets its bearer do.' })
  role!: Role;

  @Field(() => [ID], { description: 'ODS codes: where. Everything below them is covered as well.' })
  organisations!: readonly string[];

  @Field(() => ID, { description: 'Identity of whoever made it.' })
  createdBy!: string;

  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @Field({ description: 'Not usable from then on.' })
  expiresAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was revoked; null: it was not.' })
  revokedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was last used, to the minute; null: never.' })
  lastUsedAt!: Date | null;
}

@ObjectType('CreatedApiToken', { description: 'A new API token with its secret, which is shown this once.' })
export class CreatedApiTokenType {
  @Field(() => ID, { description: 'Its identity, not secret.' })
  id!: string;

  @Field({ description: 'The secret; only its hash is kept.' })
  token!: string;

  @Field({ description: 'Not usable from then on.' })
  expiresAt!: Date;
}

@ObjectType('ApiTokenEdge', { description: 'A token and its cursor.' })
export class ApiTokenEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => ApiTokenType, { description: 'The token.' })
  node!: ApiTokenType;
}

@ObjectType('ApiTokenConnection', { description: 'One page of tokens, newest first.' })
export class ApiTokenConnectionType {
  @Field(() => [ApiTokenEdgeType], { description: 'The tokens of this page.' })
  edges!: ApiTokenEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@InputType('CreateApiTokenInput', { description: 'A token for a person’s tool or a service.' })
export class CreateApiTokenInput {
  @Field({ description: 'What it is for; 1 to 100 characters. Shown in lists, and to whoever uses it.' })
  name!: string;

  @Field(() => RoleEnum, { description: 'What it lets its bearer do.' })
  role!: Role;

  @Field(() => [ID], { description: 'ODS codes, 1 to 50: where. Everything below them is covered as well.' })
  organisations!: string[];

  @Field(() => Date, {
    nullable: true,
    description: 'Not usable from then on; default: 90 days from now. At most 400 days from now.',
  })
  expiresAt?: Date | null;
}

/** A token on the wire. */
export function toApiTokenType(token: ApiToken): ApiTokenType {
  const { id, name, role, organisations, createdBy } = token;
  const words = { id, name, role, organisations, createdBy };
  return {
    ...words,
    createdAt: new Date(token.createdAtMs),
    expiresAt: new Date(token.expiresAtMs),
    revokedAt: token.revokedAtMs === null ? null : new Date(token.revokedAtMs),
    lastUsedAt: token.lastUsedAtMs === null ? null : new Date(token.lastUsedAtMs),
  };
}

/** Whoever asks, on the wire. */
export function toMeType({ id, name, kind, grants }: Principal): MeType {
  const granted = grants.map(({ role, organisations }: Grant) => ({ role, organisations }));
  return { id, name, kind, grants: granted };
}
