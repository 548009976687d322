import { englishBankHolidays } from './bank-holidays';
import { openingsOn, rememberedHours, type OpeningHours } from './opening-hours';
import {
  resolveDay,
  type DatedBy,
  type DatedHours,
  type DayFacts,
  type DayPlan,
  type WeekHours,
} from './practice-day';

/** Opening hours of any practice. */
export type HoursOf = (practiceId: string) => OpeningHours;

/** From when on an organisation belongs to another, in epoch milliseconds; -Infinity: since ever. */
export type HoursParent = { readonly parentCode: string; readonly fromMs: number };

/** All that is entered of opening hours and closures. */
export type HoursFacts = {
  /** Weeks of practices that have their own, by code. */
  readonly weeks: ReadonlyMap<string, WeekHours>;
  /** Dated entries by organisation and day (UTC midnight of the date). */
  readonly dated: ReadonlyMap<string, ReadonlyMap<number, readonly DatedHours[]>>;
  /** Titles of bank holidays told by a file, by day. */
  readonly bankHolidays: ReadonlyMap<number, string>;
  /** Where organisations hang, oldest first, by code; only needed for those below an organisation with entries. */
  readonly parents: ReadonlyMap<string, readonly HoursParent[]>;
};

/** Nothing entered: every practice keeps core hours. */
export const NO_HOURS_ENTERED: HoursFacts = {
  ...{ weeks: new Map(), dated: new Map(), bankHolidays: new Map(), parents: new Map() },
};

/** Levels above a practice, and one to notice a circle by. */
const LEVELS_MAX = 5;

/**
 * Opening hours of every practice, from what was entered. Most practices have the default and share it, so that asking for
 * theirs is two look-ups; of the others each day is worked out once.
 */
export class HoursBook {
  private readonly holidayOn: (dayMs: number) => string | null;
  private readonly defaultHours: OpeningHours;
  private readonly own = new Map<string, OpeningHours>();

  constructor(private readonly facts: HoursFacts) {
    this.holidayOn = englishBankHolidays(facts.bankHolidays);
    this.defaultHours = rememberedHours((dayMs) =>
      openingsOn(dayMs, { week: null, bankHoliday: this.holidayOn(dayMs), dated: [] }),
    );
  }

  /** The opening hours of a practice. */
  hoursOf(practiceId: string): OpeningHours {
    if (this.facts.weeks.size === 0 && this.facts.dated.size === 0) return this.defaultHours;
    const known = this.own.get(practiceId);
    if (known !== undefined) return known;
    const hours = this.hasOwn(practiceId)
      ? rememberedHours((dayMs) => openingsOn(dayMs, this.dayOf(practiceId, dayMs)))
      : this.defaultHours;
    this.own.set(practiceId, hours);
    return hours;
  }

  /** When a practice is open on a day, and why. */
  planOf(practiceId: string, dayMs: number): DayPlan {
    return resolveDay(dayMs, this.dayOf(practiceId, dayMs));
  }

  private dayOf(practiceId: string, dayMs: number): DayFacts {
    const dated: DatedBy[] = [];
    let code: string | null = practiceId;
    for (let level = 0; code !== null && level < LEVELS_MAX; level += 1) {
      const entries = this.facts.dated.get(code)?.get(dayMs);
      if (entries !== undefined) dated.unshift({ organisation: code, entries });
      code = this.parentOn(code, dayMs);
    }
    return { week: this.facts.weeks.get(practiceId) ?? null, bankHoliday: this.holidayOn(dayMs), dated };
  }

  /** Whether anything was ever entered for the practice or above it. */
  private hasOwn(practiceId: string): boolean {
    if (this.facts.weeks.has(practiceId)) return true;
    let codes = [practiceId];
    for (let level = 0; codes.length > 0 && level < LEVELS_MAX; level += 1) {
      if (codes.some((code) => this.facts.dated.has(code))) return true;
      codes = codes.flatMap((code) =>
        (this.facts.parents.get(code) ?? []).map(({ parentCode }) => parentCode),
      );
    }
    return false;
  }

  private parentOn(code: string, dayMs: number): string | null {
    const parents = this.facts.parents.get(code) ?? [];
    return parents.filter(({ fromMs }) => fromMs <= dayMs).at(-1)?.parentCode ?? null;
  }
}
