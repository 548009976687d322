import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { ProgressReader, type OrganisationLevel } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { RecoveryProgressType, toRecoveryProgressType } from './progress.type';
import { SenderStanding } from './sender-standing';
import { OrganisationLevelEnum } from './vocabulary.type';

/** How far recovery has come. */
@Resolver()
export class ProgressResolver {
  constructor(
    private readonly progress: ProgressReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => RecoveryProgressType, {
    description: 'Counts and ratios of the organisations of one level, all of one moment.',
  })
  async recoveryProgress(
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
    @Args('asOf', {
      type: () => Date,
      nullable: true,
      description: 'What was true then, to the five minutes; default: now.',
    })
    asOf: Date | null,
    @Args('knownAt', {
      type: () => Date,
      nullable: true,
      description: 'Only what had been recorded by then; default: all that is known.',
    })
    knownAt: Date | null,
    @SenderStanding() { scope }: Standing,
  ): Promise<RecoveryProgressType> {
    const nowMs = this.clock.now();
    const question = {
      by,
      within: within ?? null,
      asOfMs: asOf?.getTime() ?? null,
      knownAtMs: knownAt?.getTime() ?? null,
    };
    return toRecoveryProgressType(await this.progress.read(scope, question, nowMs));
  }
}
