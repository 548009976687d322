import type { CalendarDate } from './calendar-date';
import type { KnownLink, PracticeFacts } from './known-tree';
import {
  comparePlaces,
  compareStatements,
  placeDay,
  placedSince,
  type Statement,
  tellsClosing,
} from './statement';

/** What all statements together say of one organisation. */
export type DerivedOrganisation = {
  readonly name: string;
  readonly vintage: CalendarDate | null;
  readonly links: readonly KnownLink[];
  readonly facts: Omit<PracticeFacts, 'source'>;
  /** The kind of the newest file that told of it. */
  readonly told: Statement['told'];
};

/**
 * Works out an organisation from the statements about it. The newest names it; each fact is that of the newest
 * statement which has it, so that older files fill gaps and overwrite nothing; an address only with the postcode that
 * counts. Null without statements.
 */
export function deriveOrganisation(statements: readonly Statement[]): DerivedOrganisation | null {
  const newestFirst = [...statements].sort((a, b) => compareStatements(b, a));
  const [newest] = newestFirst;
  if (newest === undefined) return null;
  const { name, day, told } = newest;
  const first = <T>(fact: (statement: Statement) => T | null): T | null => {
    for (const statement of newestFirst) {
      const value = fact(statement);
      if (value !== null) return value;
    }
    return null;
  };
  const postcode = first((statement) => statement.postcode);
  const facts = {
    postcode,
    // Not one of before a move: with the new postcode it would lead to neither.
    address: first((statement) => (statement.postcode === postcode ? statement.address : null)),
    telephone: first(({ telephone }) => telephone),
    openedOn: first(({ openedOn }) => openedOn),
    closedOn: deriveClosing(newestFirst),
    supplier: first(({ supplier }) => supplier),
  };
  return { name, vintage: day, told, facts, links: deriveLinks(statements) };
}

/**
 * The close date of the newest file that tells of closings. None, when a newer file still lists the practice on that
 * day or later: that it has no column for closing does not matter then.
 */
function deriveClosing(newestFirst: readonly Statement[]): CalendarDate | null {
  let seenOpenOn: CalendarDate | null = null;
  for (const statement of newestFirst) {
    if (tellsClosing(statement)) {
      const { closedOn } = statement;
      return closedOn !== null && seenOpenOn !== null && seenOpenOn >= closedOn ? null : closedOn;
    }
    if (statement.correction === 0) seenOpenOn ??= statement.day;
  }
  return null;
}

/**
 * Where it hung and hangs: from the day of each statement on, the place that it names; since ever, that of the
 * oldest. Of several files of one day the last in the order of statements counts. A statement that is given an
 * earlier beginning overrules older ones from there on.
 */
function deriveLinks(statements: readonly Statement[]): readonly KnownLink[] {
  const links: KnownLink[] = [];
  const oldestFirst = [...statements].sort(comparePlaces);
  oldestFirst.forEach((statement, i) => {
    const { parentCode } = statement;
    if (isOverruled(statement, oldestFirst[i + 1]) || links.at(-1)?.parentCode === parentCode) return;
    const startsAtMs = links.length === 0 ? null : placedSince(statement);
    while (links.length > 0 && (links.at(-1)?.startsAtMs ?? -Infinity) >= (startsAtMs ?? -Infinity))
      links.pop();
    const isThere = links.at(-1)?.parentCode === parentCode;
    if (!isThere) links.push({ parentCode, startsAtMs: links.length === 0 ? null : startsAtMs });
  });
  return links;
}

/** Whether the next one is of the same day, too; a correction stands after what it corrects. */
function isOverruled(statement: Statement, next: Statement | undefined): boolean {
  return next?.correction === statement.correction && placeDay(next) === placeDay(statement);
}
