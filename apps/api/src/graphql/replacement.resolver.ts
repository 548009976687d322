import { Args, Context, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { NATIONAL_CODE, ReaderError, ReplacementReader } from '@app/progress';
import { type ReplacementStatus, REPLACEMENT_STATUSES } from '@app/recovery';
import { parseMachineKey } from '@app/storage';
import { SettleReplacements } from '@app/tracking';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, questionMark, readReplacementCursor, replacementCursor } from './cursor';
import { MachineType } from './machine.type';
import {
  DecideReplacementsInput,
  ReplacementConnectionType,
  ReplacementStatusEnum,
  ReplacementType,
  toReplacementType,
} from './replacement.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';

const DECIDED_AT_ONCE_MAX = 1_000;

/** Claims by which one machine is to take another one's place. */
@Resolver(() => MachineType)
export class ReplacementResolver {
  constructor(
    private readonly reader: ReplacementReader,
    private readonly replacements: SettleReplacements,
    private readonly clock: RecoveryClock,
  ) {}

  @ResolveField(() => ReplacementType, {
    nullable: true,
    description: 'The claim on its place, if there is one: of several the one that matters most.',
  })
  async replacement(
    @Parent() machine: MachineType,
    @SenderStanding() { scope }: Standing,
  ): Promise<ReplacementType | null> {
    const view = await this.reader.find(scope, machine.key, this.clock.now());
    return view === null ? null : toReplacementType(view);
  }

  @Query(() => ReplacementConnectionType, {
    name: 'replacements',
    description: 'Machines whose place is claimed by another one, the oldest claim first.',
  })
  async list(
    @Args('status', {
      type: () => [ReplacementStatusEnum],
      defaultValue: ['WAITING_FOR_APPROVAL', 'CONFLICT'],
      description: 'Where they stand; default: those that a person has to decide.',
    })
    statuses: ReplacementStatus[],
    @Args('within', {
      type: () => ID,
      nullable: true,
      description: 'Look only within this organisation; default: everywhere.',
    })
    within: string | null,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind, of the same question.',
    })
    after: string | null | undefined,
    @SenderStanding() { scope, now }: Standing,
    @Context() { answer }: RequestContext,
  ): Promise<ReplacementConnectionType> {
    answer.changesByItself = true;
    const code = within ?? NATIONAL_CODE;
    if (now.find(code) === null) throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    const wanted = REPLACEMENT_STATUSES.filter((status) => statuses.includes(status));
    const mark = questionMark([wanted, code]);
    const question = {
      statuses: wanted,
      within: code,
      first: checkFirst(first),
      after: after == null ? null : readReplacementCursor(after, mark),
    };
    const { claims, next } = await this.reader.list(scope, question, this.clock.now());
    const edges = claims.map((view) => ({
      cursor: replacementCursor(mark, { claimedAtMs: view.claim.claimedAtMs, key: view.key }),
      node: toReplacementType(view),
    }));
    const endCursor = next === null ? (edges.at(-1)?.cursor ?? null) : replacementCursor(mark, next);
    return { edges, pageInfo: { hasNextPage: next !== null, endCursor } };
  }

  @Mutation(() => Int, {
    description:
      'Approves or refuses claims, and says about how many that was new. Conflicts that they raised are settled.',
  })
  async decideReplacements(
    @Args('input', { type: () => DecideReplacementsInput, description: 'Which, and the word.' })
    { ids, word }: DecideReplacementsInput,
    @SenderStanding() { now }: Standing,
  ): Promise<number> {
    if (ids.length < 1 || ids.length > DECIDED_AT_ONCE_MAX)
      throw new ReaderError('BAD_USER_INPUT', `name 1 to ${DECIDED_AT_ONCE_MAX} claims`);
    const keys = ids.flatMap((id) => parseMachineKey(id) ?? []).filter((key) => now.covers(key.practiceId));
    return this.replacements.decide(keys, word, this.clock.now());
  }
}
