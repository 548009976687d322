import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import {
  MachineGroupReader,
  MachineReader,
  ReaderError,
  type MachineDimension,
  type OrganisationView,
} from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { MachineFilterInput, toMachineFilter } from './machine-filter.input';
import { MachineDimensionEnum, MachineGroupsType, type MachineGroupValueType } from './machine-groups.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';

/** A table has rows, columns and pages. */
const DIMENSIONS_MAX = 3;
/** More than a screen shows, and every practice of an ICB. */
const GROUPS_MAX = 1_000;
const GROUPS_DEFAULT = 100;

/** Dimensions whose values are organisations. */
const PLACES: readonly MachineDimension[] = ['PRACTICE', 'ICB', 'REGION'];

/** How many machines, by what they share. */
@Resolver(() => MachineGroupsType)
export class MachineGroupsResolver {
  constructor(
    private readonly groups: MachineGroupReader,
    private readonly machines: MachineReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => MachineGroupsType, {
    description: 'How many machines meet a filter: in all, and by what they share.',
  })
  async machineGroups(
    @Args('filter', {
      type: () => MachineFilterInput,
      nullable: true,
      description: 'Which machines; default: all.',
    })
    filter: MachineFilterInput | null,
    @Args('by', {
      type: () => [MachineDimensionEnum],
      description: 'Up to three different dimensions, combined; none: only the number in all.',
    })
    by: MachineDimension[],
    @Args('first', {
      type: () => Int,
      defaultValue: GROUPS_DEFAULT,
      description: 'Groups wanted, the largest first, 1 to 1,000.',
    })
    first: number,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<MachineGroupsType> {
    context.answer.changesByItself = true;
    checkQuestion(by, first);
    const nowMs = this.clock.now();
    const wanted = toMachineFilter(filter ?? {});
    const asOf = new Date(nowMs);
    if (by.length === 0) {
      const machines = await this.machines.count(standing.scope, wanted, nowMs);
      return { asOf, machines, totalGroups: 0, groups: [] };
    }
    const found = await this.groups.read(standing.scope, { filter: wanted, by, first }, nowMs);
    const view = await standing.at(nowMs);
    return {
      asOf,
      machines: found.machinesInAll,
      totalGroups: found.groupsInAll,
      groups: found.groups.map(({ values, machines }) => ({
        values: values.map((value, i) => toValue(by[i] as MachineDimension, value, view)),
        machines,
      })),
    };
  }
}

/** @throws ReaderError */
function checkQuestion(by: readonly MachineDimension[], first: number): void {
  if (by.length > DIMENSIONS_MAX || new Set(by).size < by.length)
    throw new ReaderError('BAD_USER_INPUT', `name at most ${DIMENSIONS_MAX} different dimensions`);
  if (first < 1 || first > GROUPS_MAX)
    throw new ReaderError('BAD_USER_INPUT', `first must be from 1 to ${GROUPS_MAX}`);
}

function toValue(
  dimension: MachineDimension,
  value: string | null,
  view: OrganisationView,
): MachineGroupValueType {
  const isPlace = value !== null && PLACES.includes(dimension);
  return { dimension, value, name: isPlace ? (view.find(value)?.name ?? null) : null };
}
