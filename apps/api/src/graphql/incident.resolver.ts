import { Inject } from '@nestjs/common';
import { Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Incident } from '@app/recovery';
import { INCIDENT } from '../tokens';

@ObjectType('Incident', { description: 'The faulty update that is being tracked, as data.' })
export class IncidentType {
  @Field(() => ID, { description: 'Its identity.' })
  id!: string;

  @Field({ description: 'What people call it.' })
  name!: string;

  @Field({ description: 'The faulty content was served from this moment …' })
  windowStart!: Date;

  @Field({ description: '… to before this one.' })
  windowEnd!: Date;

  @Field({ description: 'Files that carry the content.' })
  filePattern!: string;

  @Field({ description: 'A file written at or after this moment is the repaired one.' })
  goodFrom!: Date;

  @Field({
    description: 'No such file existed before this moment: an earlier last-write time proves nothing.',
  })
  filesSince!: Date;

  @Field({
    description:
      'From this moment on an ordinary crash is no sign of the incident, except within days of harm that is known.',
  })
  harmUntil!: Date;

  @Field({ description: 'Older sensors could not load the content.' })
  minimumSensorVersion!: string;

  @Field(() => [Int], {
    description:
      'Stop codes of the crashes, decimal. Variants of one family (126 and 268435582) count as one.',
  })
  stopCodes!: readonly number[];
}

/** The incident. */
@Resolver()
export class IncidentResolver {
  constructor(@Inject(INCIDENT) private readonly tracked: Incident) {}

  @Query(() => IncidentType, { description: 'The incident that is being tracked.' })
  incident(): IncidentType {
    const { id, name, window, filePattern, goodFromMs, filesSinceMs, harmUntilMs } = this.tracked;
    const { minimumSensorVersion, stopCodes } = this.tracked;
    return {
      id,
      name,
      windowStart: new Date(window.fromMs),
      windowEnd: new Date(window.untilMs),
      filePattern,
      goodFrom: new Date(goodFromMs),
      filesSince: new Date(filesSinceMs),
      harmUntil: new Date(harmUntilMs),
      minimumSensorVersion,
      stopCodes,
    };
  }
}
