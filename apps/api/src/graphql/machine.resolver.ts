import { Args, Context, ID, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MachineReader, TransitionReader, type MachineFilter, type MachineOrder } from '@app/progress';
import { parseMachineKey } from '@app/storage';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import {
  checkFirst,
  machineCursor,
  questionMark,
  type SortKind,
  readMachineCursor,
  readTransitionCursor,
  transitionCursor,
} from './cursor';
import {
  MachineConnectionType,
  MachineType,
  toMachineType,
  toTransitionType,
  TransitionConnectionType,
} from './machine.type';
import { MachineFilterInput, toMachineFilter } from './machine-filter.input';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import { MachineOrderEnum } from './vocabulary.type';

const SORT_KIND: Record<MachineOrder, SortKind> = {
  PRACTICE: 'NONE',
  SINCE: 'TIME',
  HOST_NAME: 'TEXT',
  LAST_HEARD: 'TIME',
  PRIORITY: 'PRIORITY',
};

const FILTER = {
  type: () => MachineFilterInput,
  nullable: true,
  description: 'Which machines; default: all.',
} as const;
const ORDER = {
  type: () => MachineOrderEnum,
  nullable: true,
  description: 'Order of the list; default: PRACTICE.',
} as const;
const FIRST = { type: () => Int, description: 'Size of the page, 1 to 100.' } as const;
const AFTER = {
  type: () => String,
  nullable: true,
  description: 'Cursor to go on behind; of the same filter and order.',
} as const;

/** Machines: which are not recovered, why, and how they got there. */
@Resolver(() => MachineType)
export class MachineResolver {
  constructor(
    private readonly machineReader: MachineReader,
    private readonly transitionReader: TransitionReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => MachineConnectionType, {
    description: 'Machines in the states that still need to recover, each with the tests that fail.',
  })
  async unrecoveredMachines(
    @Args('filter', FILTER) filter: MachineFilterInput | null,
    @Args('orderBy', ORDER) orderBy: MachineOrder | null,
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<MachineConnectionType> {
    const unrecovered: MachineFilter = { and: [toMachineFilter(filter ?? {})], groups: ['UNRECOVERED'] };
    return this.page(standing, unrecovered, orderBy ?? 'PRACTICE', first, after, context);
  }

  @Query(() => MachineConnectionType, { description: 'Machines of any state.' })
  async machines(
    @Args('filter', FILTER) filter: MachineFilterInput | null,
    @Args('orderBy', ORDER) orderBy: MachineOrder | null,
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<MachineConnectionType> {
    return this.page(standing, toMachineFilter(filter ?? {}), orderBy ?? 'PRACTICE', first, after, context);
  }

  @Query(() => MachineType, {
    nullable: true,
    description: 'One machine; null when there is none of this identity.',
  })
  async machine(
    @Args('id', { type: () => ID, description: 'Identity as given at enrolment.' }) id: string,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<MachineType | null> {
    context.answer.changesByItself = true;
    const key = parseMachineKey(id);
    const nowMs = this.clock.now();
    const view = key === null ? null : await this.machineReader.find(standing.scope, key, nowMs);
    return view === null ? null : toMachineType(view, standing.now, nowMs);
  }

  @ResolveField(() => TransitionConnectionType, { description: 'How it got to where it is.' })
  async transitions(
    @Parent() machine: MachineType,
    @Args('first', FIRST) first: number,
    @Args('after', AFTER) after: string | null | undefined,
    @SenderStanding() { scope }: Standing,
  ): Promise<TransitionConnectionType> {
    const afterOrdinal = after == null ? 0 : readTransitionCursor(after);
    const nowMs = this.clock.now();
    const page = await this.transitionReader.list(scope, machine.key, checkFirst(first), afterOrdinal, nowMs);
    const edges = page.transitions.map((one) => ({
      cursor: transitionCursor(one.ordinal),
      node: toTransitionType(one),
    }));
    return {
      edges,
      pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges[edges.length - 1]?.cursor ?? null },
    };
  }

  private async page(
    { scope, now }: Standing,
    filter: MachineFilter,
    order: MachineOrder,
    first: number,
    after: string | null | undefined,
    context: RequestContext,
  ): Promise<MachineConnectionType> {
    context.answer.changesByItself = true;
    const mark = questionMark([filter, order]);
    const request = {
      first: checkFirst(first),
      after: after == null ? null : readMachineCursor(after, mark, SORT_KIND[order]),
    };
    const nowMs = this.clock.now();
    const page = await this.machineReader.list(scope, filter, order, request, nowMs);
    const edges = page.machines.map((view) => ({
      cursor: machineCursor(mark, view.sortValue, view.key),
      node: toMachineType(view, now, nowMs),
    }));
    return {
      edges,
      filter,
      pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges[edges.length - 1]?.cursor ?? null },
    };
  }
}
