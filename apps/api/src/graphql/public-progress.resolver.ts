import { Args, Query, Resolver } from '@nestjs/graphql';
import { PublicProgressReader, type PublicLevel } from '@app/progress';
import { RecoveryClock } from '../recovery-clock';
import { PublicLevelEnum, PublicProgressType, toPublicProgressType } from './public-progress.type';

/** What anybody may know. Takes nobody's standing: everybody gets the same. */
@Resolver()
export class PublicProgressResolver {
  constructor(
    private readonly progress: PublicProgressReader,
    private readonly clock: RecoveryClock,
  ) {}

  @Query(() => PublicProgressType, {
    description:
      'What anybody may know of progress. Answered without a token where PUBLIC_PROGRESS is set, through registered operations only.',
  })
  async publicProgress(
    @Args('by', {
      type: () => PublicLevelEnum,
      defaultValue: 'REGION',
      description: 'The level of the rows.',
    })
    by: PublicLevel,
  ): Promise<PublicProgressType> {
    return toPublicProgressType(await this.progress.read(by, this.clock.now()));
  }
}
