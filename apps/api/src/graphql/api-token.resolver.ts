import { Args, Context, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ApiTokens } from '@app/access';
import { ReaderError } from '@app/progress';
import { DAY_MS } from '@app/recovery';
import { IdentifyPrincipal } from '../identify-principal';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import {
  ApiTokenConnectionType,
  CreateApiTokenInput,
  CreatedApiTokenType,
  MeType,
  toApiTokenType,
  toMeType,
} from './api-token.type';
import { checkFirst, readTokenCursor, tokenCursor } from './cursor';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import { isUuid } from './uuid';

const NAME_CHARACTERS_MAX = 100;
const ORGANISATIONS_MAX = 50;
const VALID_MS_DEFAULT = 90 * DAY_MS;
/** A token that nobody renews within a year and a month is nobody's any more. */
const VALID_MS_MAX = 400 * DAY_MS;

/** The tokens of people's tools and of services: made, shown and revoked by whoever runs the system for their organisations. */
@Resolver()
export class ApiTokenResolver {
  constructor(
    private readonly tokens: ApiTokens,
    private readonly identify: IdentifyPrincipal,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => MeType, { description: 'Whoever asks, and what they may do where.' })
  me(@Context() context: RequestContext): MeType {
    context.answer.isPersonal = true;
    return toMeType(context.access.principal);
  }

  @Query(() => ApiTokenConnectionType, {
    description: 'API tokens bound to nothing but organisations within one’s own, newest first.',
  })
  async apiTokens(
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', { type: () => String, nullable: true, description: 'Cursor to go on behind.' })
    after: string | null | undefined,
    @SenderStanding() { now }: Standing,
    @Context() context: RequestContext,
  ): Promise<ApiTokenConnectionType> {
    context.answer.changesByItself = true;
    const place = after == null ? null : readTokenCursor(after);
    const found = await this.tokens.list(now.covered, checkFirst(first), place);
    const edges = found.slice(0, first).map((token) => ({
      cursor: tokenCursor(token.createdAtMs, token.id),
      node: toApiTokenType(token),
    }));
    const endCursor = edges[edges.length - 1]?.cursor ?? null;
    return { edges, pageInfo: { hasNextPage: found.length > first, endCursor } };
  }

  @Mutation(() => CreatedApiTokenType, { description: 'Makes an API token. Its secret is shown this once.' })
  async createApiToken(
    @Args('input', { type: () => CreateApiTokenInput, description: 'What it is good for.' })
    input: CreateApiTokenInput,
    @SenderStanding() { now }: Standing,
    @Context() { access }: RequestContext,
  ): Promise<CreatedApiTokenType> {
    const nowMs = this.clock.now();
    const expiresAtMs = input.expiresAt?.getTime() ?? nowMs + VALID_MS_DEFAULT;
    checkRequest(input, expiresAtMs, nowMs);
    for (const code of input.organisations) {
      if (now.find(code) === null || !now.covers(code))
        throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    }
    const request = { name: input.name, role: input.role, organisations: input.organisations, expiresAtMs };
    const made = await this.tokens.create({ ...request, createdBy: access.principal.id }, nowMs);
    return { id: made.id, token: made.secret, expiresAt: new Date(expiresAtMs) };
  }

  @Mutation(() => Boolean, {
    description:
      'Revokes an API token: at once in the process that is asked, within five seconds in all others. False when there is no such token.',
  })
  async revokeApiToken(
    @Args('id', { type: () => ID, description: 'Identity of the token.' }) id: string,
    @SenderStanding() { now }: Standing,
  ): Promise<boolean> {
    const token = isUuid(id) ? await this.tokens.get(id) : null;
    if (token?.organisations.every((code) => now.covers(code)) !== true) return false;
    await this.tokens.revoke(id, this.clock.now());
    this.identify.forget();
    return true;
  }
}

function checkRequest(input: CreateApiTokenInput, expiresAtMs: number, nowMs: number): void {
  if (!isName(input.name))
    throw new ReaderError('BAD_USER_INPUT', `a name has 1 to ${NAME_CHARACTERS_MAX} printable characters`);
  const { length } = input.organisations;
  if (length < 1 || length > ORGANISATIONS_MAX)
    throw new ReaderError('BAD_USER_INPUT', `name 1 to ${ORGANISATIONS_MAX} organisations`);
  if (expiresAtMs <= nowMs) throw new ReaderError('BAD_USER_INPUT', 'expiresAt must lie in the future');
  if (expiresAtMs > nowMs + VALID_MS_MAX)
    throw new ReaderError('BAD_USER_INPUT', 'expiresAt must lie within 400 days');
}

function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= NAME_CHARACTERS_MAX && !/\p{Cc}/u.test(text);
}
