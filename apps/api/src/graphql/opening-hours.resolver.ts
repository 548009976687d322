import { Args, Context, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ChangeHours, readMinute, type HoursRequest } from '@app/care';
import { ClosureReader, ReaderError } from '@app/progress';
import { DAY_MS, momentsOf, type DayReason, type DaySpan } from '@app/recovery';
import { KnownHours } from '@app/tracking';
import { Metrics } from '../metrics';
import { RecoveryClock } from '../recovery-clock';
import type { Standing } from '../request-access';
import { checkFirst, closureCursor, questionMark, readClosureCursor } from './cursor';
import {
  ChangeClosuresInput,
  ClosureConnectionType,
  ClosureType,
  HoursChangedPayloadType,
  PracticeDayType,
  SetOpeningHoursInput,
  WEEKDAYS,
  type HoursReasonType,
} from './opening-hours.type';
import type { RequestContext } from './request-context';
import { SenderStanding } from './sender-standing';

/** Most days of one answer. */
const DAYS_MAX = 62;
const DAYS_DEFAULT = 7;

/** Opening hours of practices, and closures. */
@Resolver(() => ClosureType)
export class OpeningHoursResolver {
  constructor(
    private readonly hours: KnownHours,
    private readonly changes: ChangeHours,
    private readonly closureReader: ClosureReader,
    private readonly clock: RecoveryClock,
    private readonly metrics: Metrics,
  ) {}

  @Query(() => [PracticeDayType], {
    description:
      'When a practice is open on some days, and why. Every rule that counts opening time goes by it.',
  })
  openingHours(
    @Args('practice', { type: () => ID, description: 'ODS code of the practice.' }) practice: string,
    @Args('from', {
      type: () => String,
      nullable: true,
      description: 'The first day, as in 2024-07-25; default: today.',
    })
    from: string | null | undefined,
    @Args('days', {
      type: () => Int,
      defaultValue: DAYS_DEFAULT,
      description: `How many days, 1 to ${DAYS_MAX}.`,
    })
    days: number,
    @SenderStanding() { now }: Standing,
    @Context() context: RequestContext,
  ): PracticeDayType[] {
    context.answer.changesByItself = true;
    const known = now.find(practice);
    if (known?.level !== 'PRACTICE' || !now.covers(practice))
      throw new ReaderError('NOT_FOUND', `there is no practice ${practice}`);
    if (days < 1 || days > DAYS_MAX)
      throw new ReaderError('BAD_USER_INPUT', `days must be from 1 to ${DAYS_MAX}`);
    const firstMs = Date.parse(checkDay(from ?? this.today(), 'from'));
    return Array.from({ length: days }, (_, day) => this.dayOf(practice, firstMs + day * DAY_MS));
  }

  @Query(() => ClosureConnectionType, {
    description:
      'Closures and openings that were entered for days, earliest first. Bank holidays are not among them.',
  })
  async closures(
    @Args('within', {
      type: () => ID,
      nullable: true,
      description: 'ODS code of the organisation to look within; default: everywhere.',
    })
    within: string | null | undefined,
    @Args('from', {
      type: () => String,
      nullable: true,
      description: 'The first day, as in 2024-07-25; default: today.',
    })
    from: string | null | undefined,
    @Args('until', {
      type: () => String,
      nullable: true,
      description: 'The first day after the last; default: a year after the first.',
    })
    until: string | null | undefined,
    @Args('first', { type: () => Int, description: 'Size of the page, 1 to 100.' }) first: number,
    @Args('after', {
      type: () => String,
      nullable: true,
      description: 'Cursor to go on behind, of the same question.',
    })
    after: string | null | undefined,
    @SenderStanding() { scope, now }: Standing,
    @Context() context: RequestContext,
  ): Promise<ClosureConnectionType> {
    context.answer.changesByItself = true;
    const code = within ?? null;
    if (code !== null && now.find(code) === null)
      throw new ReaderError('NOT_FOUND', `there is no organisation ${code}`);
    const fromDay = checkDay(from ?? this.today(), 'from');
    const untilDay = checkDay(until ?? dayText(Date.parse(fromDay) + 366 * DAY_MS), 'until');
    const mark = questionMark(['closures', code, fromDay, untilDay]);
    const place = { first: checkFirst(first), after: after == null ? null : readClosureCursor(after, mark) };
    const page = await this.closureReader.list(
      scope,
      { within: code, fromDay, untilDay },
      place,
      this.clock.now(),
    );
    const edges = page.entries.map((entry) => ({
      cursor: closureCursor(mark, entry),
      node: {
        ...{ organisation: entry.organisation, date: entry.day, kind: entry.kind, reason: entry.reason },
        ...timesOf(entry),
      },
    }));
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } };
  }

  @Mutation(() => HoursChangedPayloadType, {
    description:
      'Enters closures and openings of practices, ICBs and regions, and takes some back. What was concluded from silence before stays; what is still to be concluded goes by the new hours.',
  })
  async changeClosures(
    @Args('input', { type: () => ChangeClosuresInput, description: 'What is entered and taken back.' })
    input: ChangeClosuresInput,
    @SenderStanding() standing: Standing,
    @Context() { access }: RequestContext,
  ): Promise<HoursChangedPayloadType> {
    const lists = { entered: 'enter', withdrawn: 'withdraw', weekdays: 'days' } as const;
    return this.change({
      actor: access.principal,
      covers: standing.now.covers,
      idempotencyKey: input.idempotencyKey,
      placeOf: (list, index) => `${lists[list]}[${index}]`,
      change: {
        entered: input.enter.map(({ organisation, date, kind, from, to, reason }) => ({
          ...{ organisation, day: date, kind, reason },
          ...spanOf(from, to),
        })),
        withdrawn: input.withdraw.map(({ organisation, date, from, to }) => ({
          ...{ organisation, day: date },
          span: from == null && to == null ? null : spanOf(from ?? '', to ?? ''),
        })),
        weekdays: [],
      },
    });
  }

  @Mutation(() => HoursChangedPayloadType, {
    description: 'Sets a practice’s own opening hours of some weekdays.',
  })
  async setOpeningHours(
    @Args('input', { type: () => SetOpeningHoursInput, description: 'The practice and its hours.' })
    input: SetOpeningHoursInput,
    @SenderStanding() standing: Standing,
    @Context() { access }: RequestContext,
  ): Promise<HoursChangedPayloadType> {
    return this.change({
      actor: access.principal,
      covers: standing.now.covers,
      idempotencyKey: input.idempotencyKey,
      placeOf: (_list, index) => `days[${index}]`,
      change: {
        ...{ entered: [], withdrawn: [] },
        weekdays: input.days.map(({ weekday, spans }) => ({
          organisation: input.practice,
          weekday: WEEKDAYS.indexOf(weekday) + 1,
          spans: spans?.map(({ from, to }) => spanOf(from, to)) ?? null,
        })),
      },
    });
  }

  private async change(request: HoursRequest): Promise<HoursChangedPayloadType> {
    const result = await this.changes.change(request, this.clock.now());
    if (result.refused !== null) {
      const nothing = { entered: 0, withdrawn: 0, weekdays: 0, repeated: false };
      return { ...nothing, userErrors: result.refused.map((one) => ({ ...one })) };
    }
    const { entered, withdrawn, weekdays, repeated } = result;
    if (entered + withdrawn + weekdays > 0) this.metrics.progressChanged();
    return { entered, withdrawn, weekdays, repeated, userErrors: [] };
  }

  private dayOf(practice: string, dayMs: number): PracticeDayType {
    const { openings, reasons } = this.hours.planOf(practice, dayMs);
    const moments = openings.map((span) => momentsOf(dayMs, span)).filter((one) => one.fromMs < one.untilMs);
    return {
      date: dayText(dayMs),
      openings: moments.map(({ fromMs, untilMs }) => ({
        opensAt: new Date(fromMs),
        closesAt: new Date(untilMs),
      })),
      reasons: reasons.map(toReason),
    };
  }

  private today(): string {
    return dayText(this.clock.now());
  }
}

function toReason(reason: DayReason): HoursReasonType {
  const entry = reason.source === 'DATED_ENTRY' ? reason : null;
  return {
    source: reason.source,
    organisation: entry?.organisation ?? null,
    kind: entry?.kind ?? null,
    ...(entry === null ? { from: null, to: null } : timesOf(entry)),
    reason: 'reason' in reason ? reason.reason : null,
  };
}

/** What is no time becomes a span that none can have, and is refused as such. */
function spanOf(from: string, to: string): DaySpan {
  return { fromMinute: readMinute(from) ?? -1, untilMinute: readMinute(to) ?? -1 };
}

function timesOf({ fromMinute, untilMinute }: DaySpan): { readonly from: string; readonly to: string } {
  const text = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return { from: text(fromMinute), to: text(untilMinute) };
}

function dayText(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10);
}

/** @throws ReaderError for what is no day of the calendar */
function checkDay(text: string, name: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at) || dayText(at) !== text)
    throw new ReaderError('BAD_USER_INPUT', `${name}: expected a day such as 2024-07-25`);
  return text;
}
