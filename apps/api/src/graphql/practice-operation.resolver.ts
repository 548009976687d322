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
import { ReportPractices } from '@app/care';
import {
  groupOperations,
  listOperations,
  NATIONAL_CODE,
  OPERATION_ORDERS,
  operationPlaceOf,
  PracticeOperationReader,
  ReaderError,
  summariseOperations,
  type OperationOrder,
  type OrganisationLevel,
  type OrganisationView,
  type PracticeOperation,
} from '@app/progress';
import type { PracticeMode, TroubleCause, Usability } from '@app/recovery';
import { Metrics } from '../metrics';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import {
  checkFirst,
  operationCursor,
  questionMark,
  readOperationCursor,
  readReportCursor,
  reportCursor,
} from './cursor';
import { OrganisationType, toOrganisationType } from './organisation.type';
import { checkCodes } from './organisation-codes';
import {
  OperationProgressType,
  OrganisationOperationType,
  PracticeOperationConnectionType,
  PracticeOperationType,
  PracticeReportConnectionType,
  toOrganisationOperationType,
  toPracticeOperationType,
  toPracticeReportType,
} from './practice-operation.type';
import {
  ReportPracticeModeInput,
  ReportPracticeModePayloadType,
  toPracticeStatement,
} from './practice-report.input';
import {
  OperationOrderEnum,
  PracticeModeEnum,
  TroubleCauseEnum,
  UsabilityEnum,
} from './practice-vocabulary.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';
import { OrganisationLevelEnum } from './vocabulary.type';

@InputType('PracticeFilter', {
  description: 'Which practices. Every condition given must hold; of a list any value may.',
})
export class PracticeFilterInput {
  @Field(() => [ID], {
    nullable: true,
    description: 'ODS codes: practices that are one of these organisations, or below one.',
  })
  within?: string[] | null;

  @Field(() => [PracticeModeEnum], { nullable: true, description: 'Any of these modes.' })
  mode?: PracticeMode[] | null;

  @Field(() => [UsabilityEnum], { nullable: true, description: 'Any of these usabilities.' })
  usability?: Usability[] | null;

  @Field(() => [TroubleCauseEnum], { nullable: true, description: 'Any of these explanations.' })
  trouble?: TroubleCause[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Any of these suppliers of the clinical system, in any case.',
  })
  supplier?: string[] | null;
}

const AS_OF = { type: () => Date, nullable: true, description: 'What held then; default: now.' } as const;

/** How practices work. */
@Resolver(() => OrganisationType)
export class PracticeOperationResolver {
  constructor(
    private readonly operations: PracticeOperationReader,
    private readonly reports: ReportPractices,
    private readonly clock: RecoveryClock,
    private readonly metrics: Metrics,
  ) {}

  @Query(() => OperationProgressType, {
    description:
      'How practices work, counted by mode, usability and explanation, and split by supplier. Of the past, machines count in the roles they have today.',
  })
  async operationProgress(
    @Args('by', {
      type: () => OrganisationLevelEnum,
      defaultValue: 'REGION',
      description: 'The level of the rows.',
    })
    by: OrganisationLevel,
    @Args('within', {
      type: () => ID,
      nullable: true,
      description: 'Look only within this organisation; default: everywhere.',
    })
    within: string | null,
    @Args('asOf', AS_OF) asOf: Date | null,
    @Args('knownAt', {
      type: () => Date,
      nullable: true,
      description: 'Only what had been written down by then.',
    })
    knownAt: Date | null,
    @SenderStanding() standing: Standing,
  ): Promise<OperationProgressType> {
    const nowMs = this.clock.now();
    const question = { asOfMs: pastMs(asOf, nowMs), knownAtMs: pastMs(knownAt, nowMs) };
    const atMs = question.asOfMs ?? question.knownAtMs ?? nowMs;
    const view = await standing.at(atMs);
    const whole = seen(view, within ?? NATIONAL_CODE, atMs);
    const found = await this.operations.read(standing.scope, { ...question, within: [whole.odsCode] }, nowMs);
    const groups = [...groupOperations(found, by)].sort(([a], [b]) => (a < b ? -1 : 1));
    const toRow = (
      organisation: OrganisationType,
      some: readonly PracticeOperation[],
    ): OrganisationOperationType =>
      toOrganisationOperationType(
        organisation,
        summariseOperations(some),
        view.isPartial(organisation.odsCode),
      );
    const rows = groups.map(([code, some]) => toRow(seen(view, code, atMs), some));
    return { asOf: new Date(atMs), rows, total: toRow(whole, found) };
  }

  @Query(() => PracticeOperationConnectionType, { description: 'Practices and how they work.' })
  async practices(
    @Args('filter', {
      type: () => PracticeFilterInput,
      nullable: true,
      description: 'Which; default: all that are open.',
    })
    filter: PracticeFilterInput | null,
    @Args('orderBy', { type: () => OperationOrderEnum, nullable: true, description: 'Default: CODE.' })
    orderBy: OperationOrder | null,
    @Args('asOf', AS_OF) asOf: Date | null,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind, of the same question.',
    })
    after: string | null | undefined,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<PracticeOperationConnectionType> {
    context.answer.changesByItself = true;
    const nowMs = this.clock.now();
    const asOfMs = pastMs(asOf, nowMs);
    const order = orderBy ?? OPERATION_ORDERS[0];
    const within = checkCodes(filter?.within ?? [NATIONAL_CODE]);
    const mark = questionMark([filter, order, asOfMs]);
    const page = { first: checkFirst(first), after: after == null ? null : readOperationCursor(after, mark) };
    const question = { within, asOfMs, knownAtMs: null };
    const all = await this.operations.read(standing.scope, question, nowMs);
    const wanted = {
      modes: filter?.mode ?? undefined,
      usabilities: filter?.usability ?? undefined,
      causes: filter?.trouble ?? undefined,
      suppliers: filter?.supplier ?? undefined,
    };
    const found = listOperations(all, wanted, order, page);
    const edges = await Promise.all(
      found.operations.map(async (one) => ({
        cursor: operationCursor(mark, operationPlaceOf(one)),
        node: await toType(one, standing, asOfMs ?? nowMs),
      })),
    );
    const pageInfo = { hasNextPage: found.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null };
    return { edges, pageInfo, totalCount: found.total };
  }

  @ResolveField(() => PracticeOperationType, {
    nullable: true,
    description: 'How it works, of a practice that is open; null for other organisations.',
  })
  async operation(
    @Parent() organisation: OrganisationType,
    @Args('asOf', AS_OF) asOf: Date | null,
    @SenderStanding() standing: Standing,
    @Context() context: RequestContext,
  ): Promise<PracticeOperationType | null> {
    context.answer.changesByItself = true;
    if (organisation.level !== 'PRACTICE') return null;
    const nowMs = this.clock.now();
    const asOfMs = pastMs(asOf, nowMs);
    const [one] = await this.operations.read(
      standing.scope,
      { within: [organisation.odsCode], asOfMs, knownAtMs: null },
      nowMs,
    );
    return one === undefined ? null : toType(one, standing, asOfMs ?? nowMs);
  }

  @ResolveField(() => PracticeReportConnectionType, { description: 'What was said about it, newest first.' })
  async practiceReports(
    @Parent() organisation: OrganisationType,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', { type: () => String, nullable: true, description: 'Cursor to go on behind.' })
    after: string | null | undefined,
    @SenderStanding() { scope }: Standing,
  ): Promise<PracticeReportConnectionType> {
    const place = after == null ? null : readReportCursor(after);
    const nowMs = this.clock.now();
    const page = await this.operations.history(scope, organisation.odsCode, checkFirst(first), place, nowMs);
    const edges = page.reports.map((report) => ({
      cursor: reportCursor(report),
      node: toPracticeReportType(report),
    }));
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  @Mutation(() => ReportPracticeModePayloadType, {
    description: 'Says how practices work. Whatever is expected to go wrong is told in `userErrors`.',
  })
  async reportPracticeMode(
    @Args('input', {
      type: () => ReportPracticeModeInput,
      description: 'What is said, and of which practices.',
    })
    input: ReportPracticeModeInput,
    @SenderStanding() standing: Standing,
    @Context() { access }: RequestContext,
  ): Promise<ReportPracticeModePayloadType> {
    const nowMs = this.clock.now();
    const { reported, refused } = await this.reports.report(
      {
        actor: access.principal,
        practiceIds: input.practices,
        isInScope: standing.now.covers,
        statement: toPracticeStatement(input),
        idempotencyKey: input.idempotencyKey,
      },
      nowMs,
    );
    if (reported.length > 0) this.metrics.progressChanged();
    const question = { within: reported, asOfMs: null, knownAtMs: null };
    const now = await this.operations.read(standing.scope, question, nowMs);
    return {
      practices: await Promise.all(now.map((one) => toType(one, standing, nowMs))),
      userErrors: refused.map(({ code, message, practiceId }) => ({ code, message, practice: practiceId })),
    };
  }
}

async function toType(
  operation: PracticeOperation,
  standing: Standing,
  atMs: number,
): Promise<PracticeOperationType> {
  return toPracticeOperationType(operation, seen(await standing.at(atMs), operation.practiceId, atMs));
}

/** @throws ReaderError for an organisation that is unknown or not seen */
function seen(view: OrganisationView, code: string, atMs: number): OrganisationType {
  const organisation = view.find(code);
  if (organisation === null) throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
  return toOrganisationType(organisation, atMs);
}

/** @throws ReaderError for a moment in the future */
function pastMs(at: Date | null | undefined, nowMs: number): number | null {
  if (at != null && at.getTime() > nowMs)
    throw new ReaderError('BAD_USER_INPUT', 'asOf and knownAt must not lie in the future');
  return at?.getTime() ?? null;
}
