import { createHash } from 'node:crypto';
import { isDaySpan, type DaySpan } from '@app/recovery';
import {
  beginHoursChange,
  changeHours,
  markHoursChanged,
  readLevels,
  replaceBankHolidays,
  type Database,
  type HoursChange,
  type HoursChanged,
  type Queryable,
} from '@app/storage';
import type { Actor } from './actor';
import { forbiddenContent } from './forbidden-content';

/** Entries of one request by hand. A file may have more. */
const HOURS_ENTRIES_MAX = 1_000;
/** Spans of one weekday. */
const SPANS_MAX = 8;
const REASON_CHARACTERS_MAX = 200;
/** Nobody enters closures outside of these years, but slips of the pen lie there. */
const YEARS = { first: 2000, last: 2099 } as const;

/** Why nothing was changed. `at` names the entry, as in `enter[3].date`, or the line of a file. */
export type HoursRefusal = {
  readonly code: 'INVALID_VALUE' | 'FORBIDDEN_TEXT' | 'UNKNOWN_ORGANISATION' | 'KEY_REUSED';
  readonly message: string;
  readonly at: string | null;
};

/** What a request for a change of opening hours asks. */
export type HoursRequest = {
  readonly actor: Actor;
  /** Whether everything of an organisation is within the asker's scope: others do not exist for them. */
  readonly covers: (code: string) => boolean;
  readonly change: HoursChange;
  /** Where an entry stands, for refusals: of which list, and its number from 0. */
  readonly placeOf: (list: keyof HoursChange, index: number) => string;
  /** Chosen by the client: the same key does nothing twice. Null: a file, whose entries say the same each time. */
  readonly idempotencyKey: string | null;
};

/** What became of it. `repeated`: the same request was done before, and nothing was done now. */
export type HoursResult =
  | ({ readonly refused: null; readonly repeated: boolean } & HoursChanged)
  | { readonly refused: readonly HoursRefusal[] };

/** Refusals that are told of one request. */
const REFUSALS_MAX = 100;

/** Undoes the transaction of a key that was used for something else. */
class KeyReused extends Error {}

/**
 * Changes opening hours, closures and bank holidays: a request as a whole or not at all. Machines' deadlines of the practices
 * concerned are marked to be worked out again in the same transaction.
 */
export class ChangeHours {
  /** @param changed told after every change, so that this process knows it at once */
  constructor(
    private readonly database: Database,
    private readonly changed: () => Promise<void>,
  ) {}

  /** Enters, takes back and sets hours. Whatever is wrong is told, and then nothing is changed. */
  async change(request: HoursRequest, nowMs: number): Promise<HoursResult> {
    const refused = [
      ...keyProblem(request),
      ...valueProblems(request),
      ...(await this.placeProblems(request)),
    ];
    if (refused.length > 0) return { refused: refused.slice(0, REFUSALS_MAX) };
    const { change, actor, idempotencyKey } = request;
    try {
      const result = await this.database.transaction(async (db) => {
        if (idempotencyKey !== null) {
          const hash = createHash('sha256').update(JSON.stringify(change)).digest('hex');
          const before = await beginHoursChange(db, { actorId: actor.id, idempotencyKey, hash }, nowMs);
          if (before !== null && before !== hash) throw new KeyReused();
          if (before !== null)
            return { refused: null, repeated: true, entered: 0, withdrawn: 0, weekdays: 0 };
        }
        const done = await changeHours(db, inOrder(change), nowMs);
        const isChange = done.entered + done.withdrawn + done.weekdays > 0;
        if (isChange) await markHoursChanged(db, codesOf(change));
        return { refused: null, repeated: false, ...done };
      });
      await this.changed();
      return result;
    } catch (error) {
      if (!(error instanceof KeyReused)) throw error;
      const message = 'this key was used for another request';
      return { refused: [{ code: 'KEY_REUSED', message, at: 'idempotencyKey' }] };
    }
  }

  /** Puts the bank holidays of the years in a list in place of those known. @returns how many days changed */
  async setBankHolidays(days: readonly { readonly day: string; readonly title: string }[]): Promise<number> {
    const changes = await this.database.transaction(async (db: Queryable) => {
      const done = await replaceBankHolidays(db, days);
      if (done > 0) await markHoursChanged(db, null);
      return done;
    });
    await this.changed();
    return changes;
  }

  private async placeProblems({ change, covers, placeOf }: HoursRequest): Promise<HoursRefusal[]> {
    const levels = await readLevels(this.database.pool, codesOf(change));
    const problems: HoursRefusal[] = [];
    for (const list of LISTS) {
      change[list].forEach(({ organisation }, i) => {
        const level = covers(organisation) ? levels.get(organisation) : undefined;
        const at = placeOf(list, i);
        if (level === undefined) {
          const message = `there is no organisation ${quoted(organisation)}: give the ODS code of a practice, ICB or region, or ENGLAND`;
          problems.push({ code: 'UNKNOWN_ORGANISATION', message, at });
        } else if (list === 'weekdays' && level !== 'PRACTICE') {
          const message = `${organisation} is no practice: weekly hours are a practice's own; enter dated closures for others`;
          problems.push({ code: 'INVALID_VALUE', message, at });
        }
      });
    }
    return problems;
  }
}

const LISTS = ['entered', 'withdrawn', 'weekdays'] as const;

function codesOf(change: HoursChange): readonly string[] {
  return [...new Set(LISTS.flatMap((list) => change[list].map(({ organisation }) => organisation)))].sort();
}

/** Rows are taken in one order, so that two changes wait for each other and never in a circle. */
function inOrder(change: HoursChange): HoursChange {
  const byKey = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return {
    entered: withoutRepetition(change.entered).sort(byKey),
    withdrawn: [...change.withdrawn].sort(byKey),
    weekdays: [...change.weekdays].sort(byKey),
  };
}

/** The last of several entries for the same span of the same kind counts: they differ in their reasons. */
function withoutRepetition(entries: HoursChange['entered']): HoursChange['entered'][number][] {
  const byKey = new Map(
    entries.map((one) => [
      [one.organisation, one.day, one.kind, one.fromMinute, one.untilMinute].join(' '),
      one,
    ]),
  );
  return [...byKey.values()];
}

function keyProblem({ idempotencyKey }: HoursRequest): readonly HoursRefusal[] {
  if (idempotencyKey === null || /^[\x21-\x7e]{8,100}$/.test(idempotencyKey)) return [];
  return [invalid('an idempotency key has 8 to 100 printable characters', 'idempotencyKey')];
}

function valueProblems({ change, placeOf, idempotencyKey }: HoursRequest): readonly HoursRefusal[] {
  const sum = change.entered.length + change.withdrawn.length + change.weekdays.length;
  if (sum === 0) return [invalid('there is nothing to change', null)];
  if (idempotencyKey !== null && sum > HOURS_ENTRIES_MAX)
    return [invalid(`at most ${HOURS_ENTRIES_MAX} entries at once; import a file of more`, null)];
  return [
    ...change.entered.flatMap((entry, i) => [
      ...dayProblem(entry.day, placeOf('entered', i)),
      ...spanProblem(entry, placeOf('entered', i)),
      ...reasonProblem(entry.reason, placeOf('entered', i)),
    ]),
    ...change.withdrawn.flatMap(({ day, span }, i) => [
      ...dayProblem(day, placeOf('withdrawn', i)),
      ...(span === null ? [] : spanProblem(span, placeOf('withdrawn', i))),
    ]),
    ...change.weekdays.flatMap(({ spans }, i) => weekdayProblem(spans ?? [], placeOf('weekdays', i))),
  ];
}

function weekdayProblem(spans: readonly DaySpan[], at: string): readonly HoursRefusal[] {
  if (spans.length > SPANS_MAX) return [invalid(`a weekday has at most ${SPANS_MAX} spans`, at)];
  return spans.flatMap((span) => spanProblem(span, at));
}

function dayProblem(day: string, at: string): readonly HoursRefusal[] {
  const year = Number(day.slice(0, 4));
  const exists = /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day));
  const isDay = exists && new Date(day).toISOString().startsWith(day);
  if (isDay && year >= YEARS.first && year <= YEARS.last) return [];
  const message = `expected a day such as 2024-07-25, of the years ${YEARS.first} to ${YEARS.last}, saw ${quoted(day)}`;
  return [invalid(message, at)];
}

function spanProblem(span: DaySpan, at: string): readonly HoursRefusal[] {
  if (isDaySpan(span)) return [];
  return [
    invalid('expected times from 00:00 to 24:00, the end after the beginning; enter a night as two days', at),
  ];
}

function reasonProblem(reason: string, at: string): readonly HoursRefusal[] {
  if (reason.trim() === '' || reason.length > REASON_CHARACTERS_MAX || /\p{Cc}/u.test(reason))
    return [invalid(`a reason has 1 to ${REASON_CHARACTERS_MAX} characters, and no line breaks`, at)];
  const content = forbiddenContent(reason);
  if (content === null) return [];
  return [{ code: 'FORBIDDEN_TEXT', message: `the reason holds ${content}: it is not stored`, at }];
}

function invalid(message: string, at: string | null): HoursRefusal {
  return { code: 'INVALID_VALUE', message, at };
}

/** A bounded piece of what was given, safe to show. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40)).replace(/[^\x20-\x7e]/g, '?');
}
