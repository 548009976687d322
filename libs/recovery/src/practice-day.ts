import { MINUTES_OF_DAY, type DaySpan } from './london-time';

/** What a dated entry says of its span. */
export const DATED_KINDS = ['CLOSED', 'OPEN'] as const;
export type DatedKind = (typeof DATED_KINDS)[number];

/** That a practice, or all practices of an organisation, are closed or open for a span of one day. */
export type DatedHours = DaySpan & {
  readonly kind: DatedKind;
  /** Why, in words that people read. */
  readonly reason: string;
};

/** Opening hours by weekday, Monday first; null: the default of that day. An empty list: closed. */
export type WeekHours = readonly (readonly DaySpan[] | null)[];

/** All that is known of one day of a practice. */
export type DayFacts = {
  /** Its own week; null: it has none. */
  readonly week: WeekHours | null;
  /** The bank holiday's title, where it is one. */
  readonly bankHoliday: string | null;
  /** What organisations entered for this day, farthest from the practice first and its own last. */
  readonly dated: readonly DatedBy[];
};

/** The entries of one organisation for one day. */
export type DatedBy = { readonly organisation: string; readonly entries: readonly DatedHours[] };

/** What a day's openings follow from. */
export type DayReason =
  | { readonly source: 'DEFAULT_HOURS' | 'OWN_HOURS' }
  | { readonly source: 'BANK_HOLIDAY'; readonly reason: string }
  | ({ readonly source: 'DATED_ENTRY'; readonly organisation: string } & DatedHours);

/** When a practice is open on a day, and why: the reasons in the order in which they overrule each other. */
export type DayPlan = { readonly openings: readonly DaySpan[]; readonly reasons: readonly DayReason[] };

/** Core hours of general practice, Monday to Friday. */
const CORE: DaySpan = { fromMinute: 8 * 60, untilMinute: 18 * 60 + 30 };

/**
 * When a practice is open on a day. What stands closer to the practice and the day overrules what stands further away:
 *
 * 1. the dated entries of the practice itself;
 * 2. those of the organisations above it, the nearer before the farther;
 * 3. a bank holiday: closed;
 * 4. the practice's own hours of that weekday;
 * 5. core hours, Monday to Friday 08:00 to 18:30.
 *
 * An entry says something of its own span only. Where entries of one organisation for one day overlap, open wins: a day is
 * closed but for the hours that are told.
 *
 * @param dayMs UTC midnight of the date
 */
export function resolveDay(dayMs: number, { week, bankHoliday, dated }: DayFacts): DayPlan {
  const weekday = (new Date(dayMs).getUTCDay() + 6) % 7;
  const own = week?.[weekday] ?? null;
  const reasons: DayReason[] = [{ source: own === null ? 'DEFAULT_HOURS' : 'OWN_HOURS' }];
  let openings: readonly DaySpan[] = own ?? (weekday < 5 ? [CORE] : []);
  if (bankHoliday !== null) {
    reasons.push({ source: 'BANK_HOLIDAY', reason: bankHoliday });
    openings = [];
  }
  for (const { organisation, entries } of dated) {
    for (const kind of DATED_KINDS) {
      for (const entry of entries.filter((one) => one.kind === kind)) {
        reasons.push({ source: 'DATED_ENTRY', organisation, ...entry });
        openings = kind === 'OPEN' ? [...openings, entry] : openings.flatMap((span) => without(span, entry));
      }
    }
  }
  return { openings: joined(openings), reasons };
}

/** Whether a span lies within one day and has a length. */
export function isDaySpan({ fromMinute, untilMinute }: DaySpan): boolean {
  const isMinute = (minute: number) => Number.isInteger(minute) && minute >= 0 && minute <= MINUTES_OF_DAY;
  return isMinute(fromMinute) && isMinute(untilMinute) && fromMinute < untilMinute;
}

function without(span: DaySpan, hole: DaySpan): readonly DaySpan[] {
  return [
    { fromMinute: span.fromMinute, untilMinute: Math.min(span.untilMinute, hole.fromMinute) },
    { fromMinute: Math.max(span.fromMinute, hole.untilMinute), untilMinute: span.untilMinute },
  ].filter(({ fromMinute, untilMinute }) => fromMinute < untilMinute);
}

/** In order, and one where they touch or overlap. */
function joined(spans: readonly DaySpan[]): readonly DaySpan[] {
  const result: DaySpan[] = [];
  for (const { fromMinute, untilMinute } of [...spans].sort((a, b) => a.fromMinute - b.fromMinute)) {
    const last = result.at(-1);
    if (last === undefined || last.untilMinute < fromMinute) result.push({ fromMinute, untilMinute });
    else result[result.length - 1] = { ...last, untilMinute: Math.max(last.untilMinute, untilMinute) };
  }
  return result;
}
