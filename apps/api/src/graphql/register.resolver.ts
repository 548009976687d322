import { Args, Context, ID, Int, Query, Resolver } from '@nestjs/graphql';
import { NATIONAL_CODE, ReaderError, RegisterReader, type RegisterFinding } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, machineCursor, questionMark, readMachineCursor } from './cursor';
import { toOrganisationType } from './organisation.type';
import {
  RegisteredMachineConnectionType,
  RegisterFindingEnum,
  RegisterSummaryType,
  toRegisteredMachineType,
} from './register.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';

const WITHIN = {
  type: () => ID,
  nullable: true,
  description: 'Look only within this organisation; default: everywhere.',
} as const;

/** How the register and the machines agree. */
@Resolver()
export class RegisterResolver {
  constructor(
    private readonly register: RegisterReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => RegisterSummaryType, { description: 'How the register and the machines agree, in numbers.' })
  async registerSummary(
    @Args('within', WITHIN) within: string | null,
    @SenderStanding() { scope, now }: Standing,
    @Context() context: RequestContext,
  ): Promise<RegisterSummaryType> {
    context.answer.changesByItself = true;
    const code = within ?? NATIONAL_CODE;
    if (now.find(code) === null) throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    return this.register.summary(scope, code, this.clock.now());
  }

  @Query(() => RegisteredMachineConnectionType, { description: 'The machines of a finding.' })
  async registerFindings(
    @Args('finding', { type: () => RegisterFindingEnum, description: 'Which.' }) finding: RegisterFinding,
    @Args('within', WITHIN) within: string | null,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind, of the same question.',
    })
    after: string | null | undefined,
    @SenderStanding() { scope, now }: Standing,
    @Context() context: RequestContext,
  ): Promise<RegisteredMachineConnectionType> {
    context.answer.changesByItself = true;
    const nowMs = this.clock.now();
    const code = within ?? NATIONAL_CODE;
    if (now.find(code) === null) throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    const mark = questionMark([finding, code]);
    const place = after == null ? null : readMachineCursor(after, mark, 'NONE').key;
    const question = { finding, within: code, first: checkFirst(first), after: place };
    const page = await this.register.list(scope, question, nowMs);
    const edges = page.machines.map((found) => {
      const practice = now.find(found.key.practiceId);
      if (practice === null)
        throw new ReaderError('NOT_FOUND', 'the practice of this machine is not known any more');
      return {
        cursor: machineCursor(mark, '', found.key),
        node: toRegisteredMachineType(found, toOrganisationType(practice, nowMs)),
      };
    });
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
  }
}
