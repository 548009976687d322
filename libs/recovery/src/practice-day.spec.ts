import * as fc from 'fast-check';
import { at, iso } from '../../../test/support/fleet';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './clock';
import { countedBetween, earliestCounted } from './counted-time';
import { HoursBook, NO_HOURS_ENTERED, type HoursFacts } from './hours-book';
import { MINUTES_OF_DAY, type DaySpan } from './london-time';
import { coreHours, isOpenAt, nextOpening, type OpeningHours } from './opening-hours';
import { type DatedHours, resolveDay, type WeekHours } from './practice-day';

const THURSDAY = at('2024-07-25T00:00Z');
const PRACTICE = 'P82011';
const ICB = 'QOP';
const REGION = 'Y62';

const PARENTS: HoursFacts['parents'] = new Map([
  [PRACTICE, [{ parentCode: ICB, fromMs: -Infinity }]],
  ['P82021', [{ parentCode: ICB, fromMs: -Infinity }]],
  [ICB, [{ parentCode: REGION, fromMs: -Infinity }]],
  [REGION, [{ parentCode: 'ENGLAND', fromMs: -Infinity }]],
]);

const span = (from: string, until: string): DaySpan => {
  const minute = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { fromMinute: minute(from), untilMinute: minute(until) };
};
const closed = (from = '00:00', until = '24:00', reason = 'training'): DatedHours => ({
  ...{ ...span(from, until), kind: 'CLOSED', reason },
});
const open = (from: string, until: string): DatedHours => ({
  ...{ ...span(from, until), kind: 'OPEN', reason: 'open' },
});

type Dated = Readonly<Record<string, readonly DatedHours[]>>;

function bookOf(dated: Dated, more: Partial<HoursFacts> = {}, dayMs = THURSDAY): HoursBook {
  const entries = Object.entries(dated).map(([code, its]) => [code, new Map([[dayMs, its]])] as const);
  return new HoursBook({ ...NO_HOURS_ENTERED, parents: PARENTS, dated: new Map(entries), ...more });
}

/** Openings as London's clock shows them. */
function openings(book: HoursBook, code = PRACTICE, dayMs = THURSDAY): string {
  const text = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return book
    .planOf(code, dayMs)
    .openings.map(({ fromMinute, untilMinute }) => `${text(fromMinute)}–${text(untilMinute)}`)
    .join(' ');
}

describe('a day of a practice: what is nearer overrules what is farther', () => {
  it.each<[string, Dated, string]>([
    ['nothing entered', {}, '08:00–18:30'],
    ['a training afternoon of the ICB', { [ICB]: [closed('12:30', '18:30')] }, '08:00–12:30'],
    [
      'and the practice stays open for it',
      { [ICB]: [closed('12:30', '18:30')], [PRACTICE]: [open('12:30', '18:30')] },
      '08:00–18:30',
    ],
    [
      'and for a part of it',
      { [ICB]: [closed('12:30', '18:30')], [PRACTICE]: [open('16:00', '18:00')] },
      '08:00–12:30 16:00–18:00',
    ],
    [
      'the region closes and the ICB does not',
      { [REGION]: [closed()], [ICB]: [open('09:00', '12:00')] },
      '09:00–12:00',
    ],
    [
      'the practice closes where the ICB opens',
      { [ICB]: [open('06:00', '22:00')], [PRACTICE]: [closed('06:00', '14:00')] },
      '14:00–22:00',
    ],
    ['the nation closes', { ENGLAND: [closed()] }, ''],
    ['of one organisation, open wins', { [PRACTICE]: [open('09:00', '12:00'), closed()] }, '09:00–12:00'],
    ['closed in the middle', { [PRACTICE]: [closed('12:00', '13:00')] }, '08:00–12:00 13:00–18:30'],
    ['an entry of another ICB', { QYG: [closed()] }, '08:00–18:30'],
  ])('%s', (_name, dated, expected) => {
    expect(openings(bookOf(dated))).toBe(expected);
  });

  it('has hours of its own, several times a day, also on Saturday, and closed on Thursday afternoon', () => {
    const morning = [span('08:00', '13:00')];
    const week: WeekHours = [
      null,
      null,
      [span('08:00', '12:30'), span('14:00', '20:00')],
      morning,
      null,
      [span('09:00', '11:30')],
      null,
    ];
    const book = bookOf({}, { weeks: new Map([[PRACTICE, week]]) });
    const days = [0, 1, 2, 3, 4, 5, 6].map((day) =>
      openings(book, PRACTICE, at('2024-07-22T00:00Z') + day * DAY_MS),
    );
    expect(days).toEqual([
      '08:00–18:30',
      '08:00–18:30',
      '08:00–12:30 14:00–20:00',
      '08:00–13:00',
      '08:00–18:30',
      '09:00–11:30',
      '',
    ]);
    expect(openings(book, 'P82021', THURSDAY)).toBe('08:00–18:30');
  });

  it('is closed on a bank holiday told by a file, unless it is entered as open', () => {
    const bankHolidays = new Map([[THURSDAY, 'Proclaimed']]);
    expect(openings(bookOf({}, { bankHolidays }))).toBe('');
    expect(openings(bookOf({ [PRACTICE]: [open('09:00', '12:00')] }, { bankHolidays }))).toBe('09:00–12:00');
    expect(bookOf({}, { bankHolidays }).planOf(PRACTICE, THURSDAY).reasons).toEqual([
      { source: 'DEFAULT_HOURS' },
      { source: 'BANK_HOLIDAY', reason: 'Proclaimed' },
    ]);
  });

  it('takes a year with eight days told for told as a whole, and adds to others', () => {
    const summer = at('2024-08-26T00:00Z');
    const eight = Array.from(
      { length: 8 },
      (_, i) => [at('2024-02-01T00:00Z') + i * DAY_MS, 'Moved'] as const,
    );
    expect(openings(bookOf({}, { bankHolidays: new Map(eight) }), PRACTICE, summer)).toBe('08:00–18:30');
    expect(openings(bookOf({}, { bankHolidays: new Map(eight.slice(1)) }), PRACTICE, summer)).toBe('');
  });

  it('follows the ICB that it is in on that day', () => {
    const parents = new Map([
      ...PARENTS,
      [
        PRACTICE,
        [
          { parentCode: 'QYG', fromMs: -Infinity },
          { parentCode: ICB, fromMs: THURSDAY + DAY_MS },
        ],
      ],
    ]);
    expect(openings(bookOf({ [ICB]: [closed()] }, { parents }))).toBe('08:00–18:30');
    expect(openings(bookOf({ QYG: [closed()] }, { parents }))).toBe('');
  });

  it('says why, in the order in which one overrules the other', () => {
    const book = bookOf({ [ICB]: [closed('12:30', '18:30')], [PRACTICE]: [open('13:00', '14:00')] });
    expect(book.planOf(PRACTICE, THURSDAY).reasons).toEqual([
      { source: 'DEFAULT_HOURS' },
      { source: 'DATED_ENTRY', organisation: ICB, ...closed('12:30', '18:30') },
      { source: 'DATED_ENTRY', organisation: PRACTICE, ...open('13:00', '14:00') },
    ]);
  });

  it('lets practices without anything entered share the default', () => {
    const book = bookOf({ QYG: [closed()] });
    expect(book.hoursOf(PRACTICE)).toBe(book.hoursOf('P82021'));
  });
});

describe('days on which the clocks change', () => {
  const hoursOn = (day: string, ...entries: readonly DatedHours[]) =>
    bookOf({ [PRACTICE]: entries }, {}, at(`${day}T00:00Z`)).hoursOf(PRACTICE);
  const opened = (day: string, ...entries: readonly DatedHours[]) =>
    hoursOn(day, ...entries)
      .openingsOfDay(at(`${day}T00:00Z`))
      .map(({ fromMs, untilMs }) => `${iso(fromMs) ?? ''} ${String((untilMs - fromMs) / HOUR_MS)} h`);

  it('skips an hour in spring and has one twice in autumn', () => {
    expect(opened('2024-03-31', open('00:00', '24:00'))).toEqual(['2024-03-31T00:00:00.000Z 23 h']);
    expect(opened('2024-10-27', open('00:00', '24:00'))).toEqual(['2024-10-26T23:00:00.000Z 25 h']);
    expect(opened('2024-07-20', open('00:00', '24:00'))).toEqual(['2024-07-19T23:00:00.000Z 24 h']);
    expect(opened('2024-03-31', open('01:00', '02:00'))).toEqual([]);
    expect(opened('2024-03-31', open('01:30', '03:00'))).toEqual(['2024-03-31T01:00:00.000Z 1 h']);
    expect(opened('2024-10-27', open('01:00', '02:00'))).toEqual(['2024-10-27T00:00:00.000Z 2 h']);
  });

  it('is open before midnight UTC where London has midnight behind it', () => {
    const night = hoursOn('2024-07-20', open('00:00', '01:00'));
    expect(isOpenAt(night, at('2024-07-19T23:30Z'))).toBe(true);
    expect(isOpenAt(night, at('2024-07-20T00:00Z'))).toBe(false);
    expect(nextOpening(night, at('2024-07-19T18:00Z'))).toBe(at('2024-07-19T23:00Z'));
    expect(
      countedBetween(at('2024-07-19T23:15Z'), at('2024-07-19T23:45Z'), { blindness: [], hours: night }),
    ).toBe(30 * MINUTE_MS);
  });
});

const aSpan = fc
  .uniqueArray(fc.integer({ min: 0, max: MINUTES_OF_DAY }), { minLength: 2, maxLength: 2 })
  .map((minutes) => ({ fromMinute: Math.min(...minutes), untilMinute: Math.max(...minutes) }));
const entries = fc.array(
  fc
    .record({ span: aSpan, kind: fc.constantFrom('CLOSED' as const, 'OPEN' as const) })
    .map(({ span: its, kind }) => ({
      ...{ ...its, kind, reason: 'x' },
    })),
  { maxLength: 4 },
);
const aWeek = fc.array(fc.option(fc.array(aSpan, { maxLength: 3 })), { minLength: 7, maxLength: 7 });
/** Weeks around the days on which the clocks change, and one that is like any other. */
const firstDay = fc.constantFrom(at('2024-03-28T00:00Z'), at('2024-07-18T00:00Z'), at('2024-10-24T00:00Z'));

const hoursOfAnyKind: fc.Arbitrary<{ hours: OpeningHours; firstMs: number }> = fc
  .record({ week: aWeek, own: entries, icb: entries, day: fc.nat({ max: 6 }), firstMs: firstDay })
  .map(({ week, own, icb, day, firstMs }) => ({
    hours: bookOf(
      { [PRACTICE]: own, [ICB]: icb },
      { weeks: new Map([[PRACTICE, week]]) },
      firstMs + day * DAY_MS,
    ).hoursOf(PRACTICE),
    firstMs,
  }));

describe('opening hours of any kind', () => {
  const moment = fc.nat({ max: 8 * 24 * 60 }).map((minute) => minute * MINUTE_MS);

  it('count time that adds up wherever it is split, grows with it, and is open time only', () => {
    fc.assert(
      fc.property(hoursOfAnyKind, moment, moment, moment, ({ hours, firstMs }, ...offsets) => {
        const [a = 0, b = 0, c = 0] = offsets.map((offset) => firstMs + offset).sort((x, y) => x - y);
        const counted = (fromMs: number, untilMs: number) =>
          countedBetween(fromMs, untilMs, { blindness: [], hours });
        expect(counted(a, b) + counted(b, c)).toBe(counted(a, c));
        expect(counted(a, b)).toBeLessThanOrEqual(b - a);
        let open = 0;
        for (let ms = a; ms < Math.min(b, a + DAY_MS); ms += MINUTE_MS)
          if (isOpenAt(hours, ms)) open += MINUTE_MS;
        expect(counted(a, Math.min(b, a + DAY_MS))).toBe(open);
      }),
      { numRuns: 150 },
    );
  });

  it('put a deadline where so much has been counted, in opening time, and never earlier with more to count', () => {
    fc.assert(
      fc.property(
        hoursOfAnyKind,
        moment,
        fc.integer({ min: 1, max: 900 }),
        ({ hours, firstMs }, offset, minutes) => {
          const fromMs = firstMs + offset;
          const counting = { blindness: [], hours };
          const dueMs = earliestCounted(fromMs, minutes * MINUTE_MS, counting);
          if (dueMs >= fromMs + 366 * DAY_MS) return;
          expect(countedBetween(fromMs, dueMs, counting)).toBe(minutes * MINUTE_MS);
          expect(isOpenAt(hours, dueMs - 1)).toBe(true);
          expect(earliestCounted(fromMs, (minutes + 1) * MINUTE_MS, counting)).toBeGreaterThan(dueMs);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('do not depend on the order in which entries were made', () => {
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.nat()), (some, numbers) => {
        const shuffled = some
          .map((entry) => ({ entry, at: numbers.next().value as number }))
          .sort((x, y) => x.at - y.at)
          .map(({ entry }) => entry);
        const plan = (its: readonly DatedHours[]) =>
          resolveDay(THURSDAY, {
            week: null,
            bankHoliday: null,
            dated: [{ organisation: PRACTICE, entries: its }],
          }).openings;
        expect(plan(shuffled)).toEqual(plan(some));
      }),
    );
  });

  it('are core hours where nothing is entered', () => {
    const book = new HoursBook(NO_HOURS_ENTERED);
    for (let day = at('2024-01-01T00:00Z'); day < at('2026-01-01T00:00Z'); day += DAY_MS)
      expect(book.hoursOf(PRACTICE).openingsOfDay(day)).toEqual(coreHours().openingsOfDay(day));
  });
});
