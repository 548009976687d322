import { UseGuards } from '@nestjs/common';
import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import {
  NATIONAL_CODE,
  OrganisationReader,
  ProgressReader,
  ReaderError,
  type OrganisationLevel,
} from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import { AdminGuard } from './admin.guard';
import { RecoveryProgressType, toRecoveryProgressType } from './progress.type';
import { OrganisationLevelEnum } from './vocabulary.type';

/** How far recovery has come. */
@Resolver()
@UseGuards(AdminGuard)
export class ProgressResolver {
  constructor(
    private readonly progress: ProgressReader,
    private readonly organisations: OrganisationReader,
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
  ): Promise<RecoveryProgressType> {
    const nowMs = this.clock.now();
    const question = {
      by,
      within: within ?? null,
      asOfMs: asOf?.getTime() ?? null,
      knownAtMs: knownAt?.getTime() ?? null,
    };
    const answer = await this.progress.read(question, nowMs);
    const whole = await this.organisations.find(within ?? NATIONAL_CODE, answer.placedAtMs);
    if (whole === null)
      throw new ReaderError('NOT_FOUND', `there is no organisation ${within ?? NATIONAL_CODE}`);
    return toRecoveryProgressType(answer, whole);
  }
}
