import { Args, Context, Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { BlindnessReader, type BlindnessCause } from '@app/progress';
import { checkFirst } from './cursor';
import type { RequestContext } from './request-context';
import { BlindnessCauseEnum } from './vocabulary.type';

@ObjectType('BlindTime', {
  description: 'A time in which reports could not be taken. It counts for nobody’s silence.',
})
export class BlindTimeType {
  @Field({ description: 'Its beginning …' })
  from!: Date;

  @Field({ description: '… and its end.' })
  until!: Date;

  @Field(() => BlindnessCauseEnum, { description: 'Why.' })
  cause!: BlindnessCause;
}

/** When we could not hear anybody. */
@Resolver()
export class BlindnessResolver {
  constructor(private readonly blindness: BlindnessReader) {}

  @Query(() => [BlindTimeType], {
    description:
      'Times in which reports could not be taken, newest first; of several processes each tells its own, so they may overlap.',
  })
  async blindTimes(
    @Args('first', { type: () => Int, description: 'How many, 1 to 100.' }) first: number,
    @Args('since', { type: () => Date, nullable: true, description: 'Only those that ended later.' })
    since: Date | null,
    @Context() context: RequestContext,
  ): Promise<BlindTimeType[]> {
    context.answer.changesByItself = true;
    const times = await this.blindness.newest(since?.getTime() ?? null, checkFirst(first));
    return times.map(({ fromMs, untilMs, cause }) => ({
      from: new Date(fromMs),
      until: new Date(untilMs),
      cause,
    }));
  }
}
