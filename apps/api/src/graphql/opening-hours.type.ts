import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { HoursRefusal } from '@app/care';
import type { DatedKind, DayReason } from '@app/recovery';
import { PageInfoType } from './page-info.type';
import { described, enumOf } from './vocabulary.type';

/** The weekdays, in the order of their numbers from 1. */
export const WEEKDAYS = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const WeekdayEnum = enumOf(WEEKDAYS);
registerEnumType(WeekdayEnum, {
  name: 'Weekday',
  description: 'A day of the week.',
  valuesMap: described<Weekday>({
    MONDAY: 'Every Monday.',
    TUESDAY: 'Every Tuesday.',
    WEDNESDAY: 'Every Wednesday.',
    THURSDAY: 'Every Thursday.',
    FRIDAY: 'Every Friday.',
    SATURDAY: 'Every Saturday.',
    SUNDAY: 'Every Sunday.',
  }),
});

const DatedKindEnum = enumOf(['CLOSED', 'OPEN'] as const satisfies readonly DatedKind[]);
registerEnumType(DatedKindEnum, {
  name: 'ClosureKind',
  description: 'What an entry says of its hours.',
  valuesMap: described<DatedKind>({
    CLOSED: 'Practices are closed.',
    OPEN: 'Practices are open, whatever holds otherwise.',
  }),
});

const SOURCES = ['DEFAULT_HOURS', 'OWN_HOURS', 'BANK_HOLIDAY', 'DATED_ENTRY'] as const;
const HoursSourceEnum = enumOf(SOURCES satisfies readonly DayReason['source'][]);
registerEnumType(HoursSourceEnum, {
  name: 'HoursSource',
  description: 'What opening hours follow from; each overrules those before it.',
  valuesMap: described<DayReason['source']>({
    DEFAULT_HOURS: 'Core hours of general practice: Monday to Friday, 08:00 to 18:30.',
    OWN_HOURS: 'The practice’s own hours of the weekday.',
    BANK_HOLIDAY: 'A bank holiday: closed.',
    DATED_ENTRY:
      'An entry for this day, of the practice or of an organisation above it: the nearer after the farther.',
  }),
});

@ObjectType('Opening', { description: 'A time in which a practice is open.' })
export class OpeningType {
  @Field({ description: 'When it opens.' })
  opensAt!: Date;

  @Field({ description: 'When it closes.' })
  closesAt!: Date;
}

@ObjectType('HoursReason', { description: 'One of the things that a day’s opening hours follow from.' })
export class HoursReasonType {
  @Field(() => HoursSourceEnum, { description: 'What it is.' })
  source!: DayReason['source'];

  @Field(() => ID, { nullable: true, description: 'ODS code of the organisation that entered it.' })
  organisation!: string | null;

  @Field(() => DatedKindEnum, { nullable: true, description: 'What an entry says.' })
  kind!: DatedKind | null;

  @Field(() => String, { nullable: true, description: 'From when an entry holds, London time, as in 12:30.' })
  from!: string | null;

  @Field(() => String, { nullable: true, description: 'Until when, up to 24:00.' })
  to!: string | null;

  @Field(() => String, { nullable: true, description: 'Why, or the name of the bank holiday.' })
  reason!: string | null;
}

@ObjectType('PracticeDay', { description: 'When a practice is open on a day, and why.' })
export class PracticeDayType {
  @Field({ description: 'The day in London, as in 2024-07-25.' })
  date!: string;

  @Field(() => [OpeningType], { description: 'When it is open, in order; none: it stays closed.' })
  openings!: OpeningType[];

  @Field(() => [HoursReasonType], { description: 'What that follows from; the last overrules the others.' })
  reasons!: HoursReasonType[];
}

@ObjectType('Closure', { description: 'That practices are closed, or open, for some hours of a day.' })
export class ClosureType {
  @Field(() => ID, {
    description: 'ODS code of the practice, or of the organisation whose practices it holds for.',
  })
  organisation!: string;

  @Field({ description: 'The day in London, as in 2024-07-25.' })
  date!: string;

  @Field(() => DatedKindEnum, { description: 'Closed or open.' })
  kind!: DatedKind;

  @Field({ description: 'From when, London time, as in 12:30.' })
  from!: string;

  @Field({ description: 'Until when, up to 24:00.' })
  to!: string;

  @Field({ description: 'Why.' })
  reason!: string;
}

@ObjectType('ClosureEdge', { description: 'An entry and its cursor.' })
export class ClosureEdgeType {
  @Field({ description: 'Opaque; pass as `after` to go on behind this one.' })
  cursor!: string;

  @Field(() => ClosureType, { description: 'The entry.' })
  node!: ClosureType;
}

@ObjectType('ClosureConnection', { description: 'One page of entries, earliest first.' })
export class ClosureConnectionType {
  @Field(() => [ClosureEdgeType], { description: 'The entries of this page.' })
  edges!: ClosureEdgeType[];

  @Field(() => PageInfoType, { description: 'Whether there is more.' })
  pageInfo!: PageInfoType;
}

@InputType('ClosureInput', { description: 'That practices are closed, or open, for some hours of a day.' })
export class ClosureInput {
  @Field(() => ID, {
    description: 'ODS code of a practice, or of an ICB or region for all its practices; ENGLAND: all.',
  })
  organisation!: string;

  @Field({ description: 'The day in London, as in 2024-07-25.' })
  date!: string;

  @Field(() => DatedKindEnum, { defaultValue: 'CLOSED', description: 'Closed or open.' })
  kind!: DatedKind;

  @Field({ defaultValue: '00:00', description: 'From when, London time, as in 12:30.' })
  from!: string;

  @Field({ defaultValue: '24:00', description: 'Until when.' })
  to!: string;

  @Field({ description: 'Why, up to 200 characters.' })
  reason!: string;
}

@InputType('ClosureWithdrawalInput', { description: 'Entries that are taken back.' })
export class ClosureWithdrawalInput {
  @Field(() => ID, { description: 'ODS code of the organisation that they are of.' })
  organisation!: string;

  @Field({ description: 'The day in London, as in 2024-07-25.' })
  date!: string;

  @Field(() => String, {
    nullable: true,
    description: 'From when those hold that are meant; default: all of the day.',
  })
  from?: string | null;

  @Field(() => String, { nullable: true, description: 'Until when; given together with `from`.' })
  to?: string | null;
}

@InputType('ChangeClosuresInput', {
  description: 'Closures and openings that are entered and taken back: all or none.',
})
export class ChangeClosuresInput {
  @Field(() => [ClosureInput], {
    defaultValue: [],
    description: 'What is entered. What is there already stays.',
  })
  enter!: ClosureInput[];

  @Field(() => [ClosureWithdrawalInput], {
    defaultValue: [],
    description: 'What is taken back, before anything is entered.',
  })
  withdraw!: ClosureWithdrawalInput[];

  @Field({
    description: 'Chosen by the client, 8 to 100 characters: the same request sent again does nothing twice.',
  })
  idempotencyKey!: string;
}

@InputType('OpeningSpanInput', { description: 'A part of a day.' })
export class OpeningSpanInput {
  @Field({ description: 'London time, as in 08:00.' })
  from!: string;

  @Field({ description: 'London time, up to 24:00.' })
  to!: string;
}

@InputType('WeekdayHoursInput', { description: 'Opening hours of a weekday.' })
export class WeekdayHoursInput {
  @Field(() => WeekdayEnum, { description: 'Of which weekday.' })
  weekday!: Weekday;

  @Field(() => [OpeningSpanInput], {
    nullable: true,
    description: 'When it is open; an empty list: closed; null: as everybody’s.',
  })
  spans?: OpeningSpanInput[] | null;
}

@InputType('SetOpeningHoursInput', { description: 'A practice’s own opening hours.' })
export class SetOpeningHoursInput {
  @Field(() => ID, { description: 'ODS code of the practice.' })
  practice!: string;

  @Field(() => [WeekdayHoursInput], { description: 'The weekdays that change; the others stay.' })
  days!: WeekdayHoursInput[];

  @Field({
    description: 'Chosen by the client, 8 to 100 characters: the same request sent again does nothing twice.',
  })
  idempotencyKey!: string;
}

const ERROR_CODES = ['INVALID_VALUE', 'FORBIDDEN_TEXT', 'UNKNOWN_ORGANISATION', 'KEY_REUSED'] as const;
const HoursErrorCodeEnum = enumOf(ERROR_CODES satisfies readonly HoursRefusal['code'][]);
registerEnumType(HoursErrorCodeEnum, {
  name: 'HoursErrorCode',
  description: 'Why nothing was changed.',
  valuesMap: described<HoursRefusal['code']>({
    INVALID_VALUE: 'A value makes no sense; the message says what is expected.',
    FORBIDDEN_TEXT: 'The reason holds something that is never stored.',
    UNKNOWN_ORGANISATION: 'There is no such organisation, or it is out of scope.',
    KEY_REUSED: 'The idempotency key was used for another request.',
  }),
});

@ObjectType('HoursError', { description: 'Why nothing was changed.' })
export class HoursErrorType {
  @Field(() => HoursErrorCodeEnum, { description: 'What kind of reason it is.' })
  code!: HoursRefusal['code'];

  @Field({ description: 'The same in words, with what is expected.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Which entry, as in enter[3]; null: the whole request.',
  })
  at!: string | null;
}

@ObjectType('HoursChangedPayload', { description: 'What a request changed; with errors, nothing.' })
export class HoursChangedPayloadType {
  @Field(() => Int, { description: 'Entries that were not there, or not with these words.' })
  entered!: number;

  @Field(() => Int, { description: 'Entries that are gone.' })
  withdrawn!: number;

  @Field(() => Int, { description: 'Weekdays that have other hours now.' })
  weekdays!: number;

  @Field({ description: 'The same request had been done before; nothing was done now.' })
  repeated!: boolean;

  @Field(() => [HoursErrorType], { description: 'What is wrong; then nothing was changed.' })
  userErrors!: HoursErrorType[];
}
