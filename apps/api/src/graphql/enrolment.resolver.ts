import { Args, Context, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { EnrolmentRecords, type RecordPlace, type Sight } from '@app/access';
import { ReaderError } from '@app/progress';
import { parseMachineKey } from '@app/storage';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, readRecordCursor, recordCursor } from './cursor';
import {
  DecideEnrolmentsInput,
  EnrolmentRequestConnectionType,
  EnrolmentStandingEnum,
  EnrolmentTokenConnectionType,
  EnrolmentUseConnectionType,
  RelayConnectionType,
  toEnrolmentRequestType,
  toEnrolmentTokenRecordType,
  toEnrolmentUseType,
  toRelayRecordType,
  type ENROLMENT_STANDINGS,
} from './enrolment.type';
import type { PageInfoType } from './page-info.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import { isUuid } from './uuid';

const FIRST = { type: () => Int, description: 'Size of the page, 1 to 100.' } as const;
const AFTER = { type: () => String, nullable: true, description: 'Cursor to go on behind.' } as const;
const DECIDED_AT_ONCE_MAX = 1_000;

/** What became of enrolment tokens and relays, and who waits for a word. */
@Resolver()
export class EnrolmentResolver {
  constructor(
    private readonly records: EnrolmentRecords,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => EnrolmentTokenConnectionType, { description: 'Enrolment tokens, the first made first.' })
  async enrolmentTokens(
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() { now }: Standing,
    @Context() { answer }: RequestContext,
  ): Promise<EnrolmentTokenConnectionType> {
    answer.changesByItself = true;
    const found = await this.records.listTokens(now.covered, pageOf('et', first, after));
    const place = (one: (typeof found)[number]): RecordPlace => ({ atMs: one.createdAtMs, id: one.id });
    return connection('et', first, found, place, toEnrolmentTokenRecordType);
  }

  @Query(() => RelayConnectionType, { description: 'Relays, the first made first.' })
  async relays(
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() { now }: Standing,
    @Context() { answer }: RequestContext,
  ): Promise<RelayConnectionType> {
    answer.changesByItself = true;
    const found = await this.records.listRelays(now.covered, pageOf('rc', first, after));
    const place = (one: (typeof found)[number]): RecordPlace => ({ atMs: one.createdAtMs, id: one.id });
    return connection('rc', first, found, place, toRelayRecordType);
  }

  @Query(() => EnrolmentUseConnectionType, {
    description: 'Uses of an enrolment token, the first made first.',
  })
  async enrolmentUses(
    @Args('tokenId', { type: () => ID, description: 'Identity of the token.' }) tokenId: string,
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() { answer }: RequestContext,
  ): Promise<EnrolmentUseConnectionType> {
    answer.changesByItself = true;
    const page = pageOf('eu', first, after);
    const found = isUuid(tokenId) ? await this.records.listUses(tokenId, this.sightOf(standing), page) : [];
    const place = (one: (typeof found)[number]): RecordPlace => ({ atMs: one.usedAtMs, id: one.id });
    return connection('eu', first, found, place, toEnrolmentUseType);
  }

  @Query(() => EnrolmentRequestConnectionType, {
    description: 'Installations that came with a token which requires approval, longest waiting first.',
  })
  async enrolmentRequests(
    @Args('standing', {
      type: () => EnrolmentStandingEnum,
      defaultValue: 'WAITING',
      description: 'Where they stand.',
    })
    standing: (typeof ENROLMENT_STANDINGS)[number],
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() sender: Standing,
    @Context() { answer }: RequestContext,
  ): Promise<EnrolmentRequestConnectionType> {
    answer.changesByItself = true;
    const verdict = standing === 'WAITING' ? null : standing;
    const page = pageOf('er', first, after);
    const found = await this.records.listRequests(verdict, this.sightOf(sender), page);
    const place = (one: (typeof found)[number]): RecordPlace => ({
      atMs: one.requestedAtMs,
      id: one.key.machineId,
    });
    return connection('er', first, found, place, toEnrolmentRequestType);
  }

  @Mutation(() => Int, {
    description:
      'Approves or denies installations that wait, and says how many; they learn of it when they ask again.',
  })
  async decideEnrolments(
    @Args('input', { type: () => DecideEnrolmentsInput, description: 'Which, and the word.' })
    { ids, verdict }: DecideEnrolmentsInput,
    @SenderStanding() { now }: Standing,
  ): Promise<number> {
    if (ids.length < 1 || ids.length > DECIDED_AT_ONCE_MAX)
      throw new ReaderError('BAD_USER_INPUT', `name 1 to ${DECIDED_AT_ONCE_MAX} requests`);
    const keys = ids.flatMap((id) => parseMachineKey(id) ?? []).filter((key) => now.covers(key.practiceId));
    return this.records.decide(keys, verdict, this.clock.now());
  }

  private sightOf({ scope, now }: Standing): Sight {
    return { scope, practices: now.coveredPractices, nowMs: this.clock.now() };
  }
}

function pageOf(
  list: string,
  first: number,
  after: string | null | undefined,
): { readonly first: number; readonly after: RecordPlace | null } {
  return { first: checkFirst(first), after: after == null ? null : readRecordCursor(after, list) };
}

function connection<Found, Node>(
  list: string,
  first: number,
  found: readonly Found[],
  placeOf: (one: Found) => RecordPlace,
  toNode: (one: Found) => Node,
): { edges: { cursor: string; node: Node }[]; pageInfo: PageInfoType } {
  const edges = found
    .slice(0, first)
    .map((one) => ({ cursor: recordCursor(list, placeOf(one)), node: toNode(one) }));
  return {
    edges,
    pageInfo: { hasNextPage: found.length > first, endCursor: edges[edges.length - 1]?.cursor ?? null },
  };
}
