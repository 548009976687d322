import { Args, Context, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from '@nestjs/graphql';
import {
  describeDrift,
  driftingMachineId,
  ReconcileBooks,
  type Drift,
  type DriftKind,
  type ReconciliationReport,
} from '@app/tracking';
import type { RequestContext } from './request-context';
import { DriftKindEnum } from './vocabulary.type';

@ObjectType('DriftCount', { description: 'Errors of one kind.' })
export class DriftCountType {
  @Field(() => DriftKindEnum, { description: 'What is wrong.' })
  kind!: DriftKind;

  @Field(() => Int, { description: 'How many were found.' })
  found!: number;

  @Field(() => Int, { description: 'How many of them were put right.' })
  repaired!: number;
}

@ObjectType('Drift', { description: 'One error in the books.' })
export class DriftType {
  @Field(() => DriftKindEnum, { description: 'What is wrong.' })
  kind!: DriftKind;

  @Field(() => ID, { description: 'ODS code of the practice.' })
  practice!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The machine; null for a count or an entry of the ledger.',
  })
  machineId!: string | null;

  @Field({ description: 'What was found and what it should be, as a sentence.' })
  detail!: string;
}

@ObjectType('Reconciliation', {
  description:
    'A recount of the whole fleet, compared with the counts, the ledger and the chains of transitions.',
})
export class ReconciliationType {
  @Field({ description: 'When it began.' })
  at!: Date;

  @Field(() => Int, { description: 'How long it took, in milliseconds, rests included.' })
  tookMs!: number;

  @Field(() => Int, { description: 'Practices that have machines.' })
  practices!: number;

  @Field(() => Int, { description: 'Machines recounted.' })
  machines!: number;

  @Field(() => [DriftCountType], { description: 'Every kind of error, also those of which there was none.' })
  kinds!: DriftCountType[];

  @Field(() => [DriftType], { description: 'The first 200 errors found.' })
  drifts!: DriftType[];
}

/** Reconciliation of the books. */
@Resolver()
export class ReconciliationResolver {
  constructor(private readonly books: ReconcileBooks) {}

  @Query(() => ReconciliationType, {
    nullable: true,
    description: 'What the last reconciliation of this process found; null before the first.',
  })
  lastReconciliation(@Context() context: RequestContext): ReconciliationType | null {
    context.answer.changesByItself = true;
    return this.books.latest === null ? null : toReconciliationType(this.books.latest);
  }

  @Mutation(() => ReconciliationType, {
    description:
      'Recounts the fleet now, while reports go on, and answers when that is done: seconds, for a whole nation about a minute.',
  })
  async reconcile(
    @Args('repair', {
      type: () => Boolean,
      defaultValue: false,
      description: 'Put right what follows from what is left. History that is gone is not made up.',
    })
    repair: boolean,
  ): Promise<ReconciliationType> {
    return toReconciliationType(await this.books.reconcile(repair));
  }
}

function toReconciliationType(report: ReconciliationReport): ReconciliationType {
  const { practices, machines } = report;
  return {
    at: new Date(report.atMs),
    tookMs: Math.round(report.tookMs),
    practices,
    machines,
    kinds: [...report.kinds],
    drifts: report.drifts.map(toDriftType),
  };
}

function toDriftType(drift: Drift): DriftType {
  return {
    kind: drift.kind,
    practice: drift.practiceId,
    machineId: driftingMachineId(drift),
    detail: describeDrift(drift),
  };
}
