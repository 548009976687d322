import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import { AuditReader, type AuditFilter } from '@app/access';
import { ReaderError } from '@app/progress';
import { AuditEntryConnectionType, AuditFilterInput, toAuditEntryType } from './audit.type';
import { auditCursor, checkFirst, readAuditCursor } from './cursor';
import type { RequestContext } from './request-context';
import { isUuid } from './uuid';

/** No identity that the log holds is longer. */
const IDENTITY_CHARACTERS_MAX = 255;

/** The audit log, for administrators of the whole nation, because it tells of everybody. Whoever reads it stands in it. */
@Resolver()
export class AuditResolver {
  constructor(private readonly log: AuditReader) {}

  @Query(() => AuditEntryConnectionType, {
    description: 'Who did what, newest first. Entries that are appended meanwhile do not move the pages.',
  })
  async auditEntries(
    @Args('filter', {
      type: () => AuditFilterInput,
      nullable: true,
      description: 'Which entries; default: all.',
    })
    filter: AuditFilterInput | null,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind.',
    })
    after: string | null | undefined,
    @Context() context: RequestContext,
  ): Promise<AuditEntryConnectionType> {
    context.answer.changesByItself = true;
    const before = after == null ? null : readAuditCursor(after);
    const page = await this.log.list(toAuditFilter(filter ?? {}), checkFirst(first), before);
    const edges = page.entries.map((entry) => ({
      cursor: auditCursor(entry.seq),
      node: toAuditEntryType(entry),
    }));
    return {
      edges,
      pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges[edges.length - 1]?.cursor ?? null },
    };
  }
}

/** @throws ReaderError when a text can be no identity */
function toAuditFilter(input: AuditFilterInput): AuditFilter {
  const { actorId, organisation, object, operationId } = input;
  for (const text of [actorId, organisation, object]) {
    if (text != null && (text.length > IDENTITY_CHARACTERS_MAX || text.includes('\0')))
      throw new ReaderError(
        'BAD_USER_INPUT',
        `an identity has at most ${IDENTITY_CHARACTERS_MAX} characters`,
      );
  }
  if (operationId != null && !isUuid(operationId))
    throw new ReaderError('BAD_USER_INPUT', 'an operation’s identity is a UUID');
  return {
    actions: input.action ?? undefined,
    outcomes: input.outcome ?? undefined,
    actorKinds: input.actorKind ?? undefined,
    actorId: actorId ?? undefined,
    organisation: organisation ?? undefined,
    object: object ?? undefined,
    operationId: operationId ?? undefined,
    fromMs: input.from?.getTime(),
    untilMs: input.until?.getTime(),
  };
}
