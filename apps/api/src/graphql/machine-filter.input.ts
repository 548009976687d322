import { Field, ID, InputType } from '@nestjs/graphql';
import { ReaderError, type MachineFilter } from '@app/progress';
import type { Exposure, RecoveryState, StateGroup } from '@app/recovery';
import { ExposureEnum, RecoveryStateEnum, StateGroupEnum } from './vocabulary.type';

@InputType('MachineFilter', { description: 'Which machines; every condition given must hold.' })
export class MachineFilterInput {
  @Field(() => [ID], {
    nullable: true,
    description: 'ODS codes: machines of any of these organisations or below them.',
  })
  within?: string[] | null;

  @Field(() => [RecoveryStateEnum], { nullable: true, description: 'Any of these states.' })
  state?: RecoveryState[] | null;

  @Field(() => [ExposureEnum], { nullable: true, description: 'Any of these exposures.' })
  exposure?: Exposure[] | null;

  @Field(() => [StateGroupEnum], { nullable: true, description: 'Any of these groups.' })
  group?: StateGroup[] | null;

  @Field(() => String, { nullable: true, description: 'Beginning of the host name, in any case.' })
  hostname?: string | null;

  @Field(() => String, { nullable: true, description: 'Exact serial number.' })
  serialNumber?: string | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Last heard before this moment; leaves out machines that were never heard.',
  })
  lastHeardBefore?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Last heard at or after this moment.' })
  lastHeardAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'In the present state since before this moment.' })
  inStateBefore?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether two machines have been heard under the identity.',
  })
  identityConflict?: boolean | null;
}

/** More values than this in one list of a filter is no question but a dump. */
const FILTER_VALUES_MAX = 500;
/** No host name or serial number is longer. */
const FILTER_TEXT_MAX = 255;

/** The wire's filter in the reader's words. */
export function toMachineFilter(input: MachineFilterInput): MachineFilter {
  return {
    within: input.within ?? undefined,
    states: input.state ?? undefined,
    exposures: input.exposure ?? undefined,
    groups: input.group ?? undefined,
    hostname: input.hostname ?? undefined,
    serialNumber: input.serialNumber ?? undefined,
    lastHeardBeforeMs: input.lastHeardBefore?.getTime(),
    lastHeardAfterMs: input.lastHeardAfter?.getTime(),
    inStateBeforeMs: input.inStateBefore?.getTime(),
    identityConflict: input.identityConflict ?? undefined,
  };
}

/** @throws ReaderError when a filter is larger than any question */
export function checkFilter(filter: MachineFilterInput): void {
  for (const value of Object.values(filter)) {
    if (Array.isArray(value) && value.length > FILTER_VALUES_MAX) {
      throw new ReaderError('BAD_USER_INPUT', `a filter takes at most ${FILTER_VALUES_MAX} values`);
    }
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    if (
      texts.some((text) => typeof text === 'string' && (text.length > FILTER_TEXT_MAX || text.includes('\0')))
    ) {
      throw new ReaderError(
        'BAD_USER_INPUT',
        `a filter’s text has at most ${FILTER_TEXT_MAX} characters and no NUL`,
      );
    }
  }
}
