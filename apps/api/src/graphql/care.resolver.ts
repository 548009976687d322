import {
  Args,
  Context,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { CareForMachines, type CareRequest } from '@app/care';
import { CareReader, MachineReader, ReaderError } from '@app/progress';
import { parseMachineKey } from '@app/storage';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import {
  CareForMachinePayloadType,
  CareForMachinesPayloadType,
  CarePreviewType,
  MachineCareType,
  toCareErrors,
  toMachineCareType,
} from './care.type';
import { CareActionInput, toCareAction } from './care-action.input';
import { MachineFilterInput, toMachineFilter } from './machine-filter.input';
import { MachineType, toMachineType } from './machine.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';

const IDEMPOTENCY_KEY = {
  description: 'Chosen by the client, 8 to 100 characters: sent again, the same key does nothing twice.',
} as const;

@InputType('CareForMachineInput', { description: 'An action for one machine.' })
export class CareForMachineInput {
  @Field(() => ID, { description: 'The machine.' })
  machineId!: string;

  @Field(() => CareActionInput, { description: 'What is to be done.' })
  action!: CareActionInput;

  @Field(IDEMPOTENCY_KEY)
  idempotencyKey!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'The care version that was seen: refused when somebody did something meanwhile. Default: never mind.',
  })
  expectedVersion?: number | null;
}

@InputType('CareForMachinesInput', {
  description: 'An action for many machines: those of a filter, or those that are named.',
})
export class CareForMachinesInput {
  @Field(() => MachineFilterInput, {
    nullable: true,
    description: 'Machines that meet it now; at most 10,000.',
  })
  filter?: MachineFilterInput | null;

  @Field(() => [ID], { nullable: true, description: 'These machines, up to 500, instead of a filter.' })
  machineIds?: string[] | null;

  @Field(() => CareActionInput, { description: 'What is to be done for each.' })
  action!: CareActionInput;

  @Field(() => Int, {
    description: 'How many machines the preview showed: refused when it is another number by now.',
  })
  expectedMachines!: number;

  @Field(IDEMPOTENCY_KEY)
  idempotencyKey!: string;
}

/** Machines that one request may name. */
const NAMED_MAX = 500;

/** What people know of machines and do for them. */
@Resolver(() => MachineType)
export class CareResolver {
  constructor(
    private readonly careForMachines: CareForMachines,
    private readonly careReader: CareReader,
    private readonly machineReader: MachineReader,
    private readonly clock: RecoveryClock,
  ) {}

  @ResolveField(() => MachineCareType, { description: 'What people know of it and do for it.' })
  async care(
    @Parent() machine: MachineType,
    @SenderStanding() { scope }: Standing,
  ): Promise<MachineCareType> {
    const view = await this.careReader.find(scope, machine.key, this.clock.now());
    if (view === null) throw new ReaderError('NOT_FOUND', 'this machine is not known any more');
    return toMachineCareType(view);
  }

  @Mutation(() => CareForMachinePayloadType, {
    description: 'Does something for one machine. Whatever is expected to go wrong is told in `userErrors`.',
  })
  async careForMachine(
    @Args('input', { type: () => CareForMachineInput, description: 'What, and for which machine.' })
    input: CareForMachineInput,
    @SenderStanding() { scope, now }: Standing,
    @Context() { access }: RequestContext,
  ): Promise<CareForMachinePayloadType> {
    const { machineId, idempotencyKey } = input;
    const key = parseMachineKey(machineId);
    const nowMs = this.clock.now();
    if (key === null || (await this.machineReader.find(scope, key, nowMs)) === null) {
      const message = 'there is no such machine';
      return {
        machine: null,
        repeated: false,
        userErrors: [{ code: 'UNKNOWN_MACHINE', message, machineId }],
      };
    }
    const request: CareRequest = {
      actor: access.principal,
      action: toCareAction(input.action),
      idempotencyKey,
      target: machineId,
      find: async () => [key],
      isInScope: now.covers,
      expectedMachines: null,
      expectedVersion: input.expectedVersion ?? null,
    };
    const result = await this.careForMachines.care(request, nowMs);
    const view = await this.machineReader.find(scope, key, nowMs);
    return {
      machine: view === null ? null : toMachineType(view, now, nowMs),
      repeated: 'repeated' in result && result.repeated,
      userErrors: toCareErrors(result),
    };
  }

  @Mutation(() => CareForMachinesPayloadType, {
    description:
      'Does the same for many machines, each by itself: some may be refused. A request that broke off goes on where it stopped when it is sent again.',
  })
  async careForManyMachines(
    @Args('input', { type: () => CareForMachinesInput, description: 'What, and for which machines.' })
    input: CareForMachinesInput,
    @SenderStanding() standing: Standing,
    @Context() { access }: RequestContext,
  ): Promise<CareForMachinesPayloadType> {
    const nowMs = this.clock.now();
    const { filter, machineIds, idempotencyKey, expectedMachines } = input;
    const request: CareRequest = {
      actor: access.principal,
      action: toCareAction(input.action),
      idempotencyKey,
      target: { filter, machineIds },
      find: this.finder(standing, filter, machineIds, nowMs),
      isInScope: standing.now.covers,
      expectedMachines,
      expectedVersion: null,
    };
    const result = await this.careForMachines.care(request, nowMs);
    const userErrors = toCareErrors(result);
    if ('refusal' in result)
      return { actionId: null, machines: 0, done: 0, refused: [], repeated: false, userErrors };
    const { actionId, machines, done, refused, repeated } = result;
    return { actionId, machines, done, refused, repeated, userErrors };
  }

  @Query(() => CarePreviewType, { description: 'What an action for many machines would do now.' })
  async previewCare(
    @Args('filter', {
      type: () => MachineFilterInput,
      nullable: true,
      description: 'As in careForManyMachines.',
    })
    filter: MachineFilterInput | null,
    @Args('machineIds', { type: () => [ID], nullable: true, description: 'As in careForManyMachines.' })
    machineIds: string[] | null,
    @Args('action', { type: () => CareActionInput, description: 'What would be done.' })
    action: CareActionInput,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<CarePreviewType> {
    context.answer.changesByItself = true;
    const nowMs = this.clock.now();
    const preview = await this.careForMachines.preview(
      {
        actor: context.access.principal,
        action: toCareAction(action),
        find: this.finder(standing, filter, machineIds, nowMs),
        isInScope: standing.now.covers,
        expectedVersion: null,
      },
      nowMs,
    );
    if ('refusal' in preview)
      return { machines: 0, wouldDo: 0, refused: [], userErrors: toCareErrors(preview) };
    return { ...preview, userErrors: [] };
  }

  /** @throws ReaderError unless it is a filter, or some machines by name */
  private finder(
    { scope }: Standing,
    filter: MachineFilterInput | null | undefined,
    machineIds: readonly string[] | null | undefined,
    nowMs: number,
  ): CareRequest['find'] {
    if ((filter == null) === (machineIds == null))
      throw new ReaderError('BAD_USER_INPUT', 'give a filter, or name machines; not both');
    if (machineIds == null) {
      const wanted = toMachineFilter(filter ?? {});
      return (limit) => this.machineReader.keys(scope, wanted, limit, nowMs);
    }
    if (machineIds.length > NAMED_MAX)
      throw new ReaderError('BAD_USER_INPUT', `name at most ${NAMED_MAX} machines`);
    const keys = [...new Set(machineIds)].map(parseMachineKey).filter((key) => key !== null);
    return async () => keys;
  }
}
