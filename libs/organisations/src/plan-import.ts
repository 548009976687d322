import { type CalendarDate, dayOf } from './calendar-date';
import { IcbPlaces } from './icb-places';
import type { ImportPlan, LinkWrite, OrganisationWrite, PracticeWrite } from './import-plan';
import type { KnownOrganisation, KnownTree, PracticeFacts } from './known-tree';
import { fillGaps, isNewer } from './older-file';
import { planLink, staleMove } from './plan-link';
import type { PracticeFile, PracticeRow } from './practice-file';
import { NATIONAL_ORGANISATION, REGIONS } from './reference-data';
import type { Refusal } from './row-refusals';
import { SkipTally } from './skipped-rows';

type RowOutcome = {
  readonly name: string;
  readonly vintage: CalendarDate | null;
  /** Newer things are known than the file tells, and it tells otherwise. */
  readonly older: boolean;
  readonly facts: PracticeFacts;
  readonly link: LinkWrite | null;
  readonly kind: 'ADDED' | 'CHANGED' | 'UNCHANGED';
};

/**
 * Compares a file with the tree and decides what to write. Pure: the same file and tree give the same plan,
 * and a tree that this file already shaped gives an empty one.
 *
 * @param effectiveAtMs when moves in the file take effect, epoch milliseconds
 * @param vintage the day that the file describes; what is known of a later day stays. Null: nobody says, and the file counts
 *   as the newest
 */
export function planImport(
  known: KnownTree,
  file: PracticeFile,
  effectiveAtMs: number,
  vintage: CalendarDate | null = null,
): ImportPlan {
  const places = new IcbPlaces(known, file, effectiveAtMs, vintage);
  const skips = new SkipTally(file.skipped);
  const organisations: OrganisationWrite[] = [];
  const practices: PracticeWrite[] = [];
  const links: LinkWrite[] = [];
  const confirmedCodes: string[] = [];
  const counts = { ADDED: 0, CHANGED: 0, UNCHANGED: 0, closed: 0, newlyClosed: 0, moved: 0, older: 0 };
  for (const { row, before, outcome } of decideRows(known, places, file, { effectiveAtMs, vintage })) {
    if ('reason' in outcome) {
      skips.add({ line: row.line, code: row.code, ...outcome });
      continue;
    }
    // A row that is older than what is known puts nobody anywhere.
    if (outcome.vintage === vintage) places.use(row.icbCode);
    counts[outcome.kind] += 1;
    if (typeof row.closedOn === 'string') counts.closed += 1;
    if (outcome.older) counts.older += 1;
    if (outcome.kind === 'UNCHANGED') {
      if (isNewer(outcome.vintage, before?.vintage ?? null)) confirmedCodes.push(row.code);
      continue;
    }
    if (before !== undefined && outcome.link !== null) counts.moved += 1;
    if (before?.practice?.closedOn === null && outcome.facts.closedOn !== null) counts.newlyClosed += 1;
    organisations.push({
      code: row.code,
      level: 'PRACTICE',
      name: outcome.name,
      synthetic: file.format === 'SYNTHETIC',
      vintage: outcome.vintage,
    });
    practices.push({ code: row.code, ...outcome.facts });
    if (outcome.link !== null) links.push(outcome.link);
  }
  const upper = planUpperLevels(known, places);
  return {
    organisations: [...upper.organisations, ...organisations].sort((a, b) => compareCodes(a.code, b.code)),
    practices: practices.sort((a, b) => compareCodes(a.code, b.code)),
    links: [...upper.links, ...links].sort((a, b) => compareCodes(a.childCode, b.childCode)),
    confirmedCodes: [...upper.confirmedCodes, ...confirmedCodes].sort(compareCodes),
    added: counts.ADDED,
    changed: counts.CHANGED,
    unchanged: counts.UNCHANGED,
    closed: counts.closed,
    newlyClosed: counts.newlyClosed,
    moved: counts.moved,
    icbsAdded: upper.icbsAdded,
    older: counts.older,
    missing: countMissing(known, file, effectiveAtMs),
    skipped: skips.result(),
  };
}

/** When the file's moves took effect, and which day it describes. */
type Dating = { readonly effectiveAtMs: number; readonly vintage: CalendarDate | null };

type DecidedRow = {
  readonly row: PracticeRow;
  readonly before: KnownOrganisation | undefined;
  readonly outcome: RowOutcome | Refusal;
};

/**
 * Decides every row, and then looks at the moves as a whole: when more of them are stale than not, the file
 * is older than its effective instant, and the few moves that look possible one by one are as old as the
 * rest.
 */
function decideRows(
  known: KnownTree,
  places: IcbPlaces,
  file: PracticeFile,
  dating: Dating,
): readonly DecidedRow[] {
  const decided = file.practices.map((row) => {
    const before = known.get(row.code);
    return { row, before, outcome: places.refuse(row) ?? planRow(row, before, file, dating) };
  });
  const staleMoves = decided.filter(
    ({ outcome }) => 'reason' in outcome && outcome.reason === 'STALE_FILE',
  ).length;
  const moves = decided.filter(isMove).length;
  if (staleMoves <= moves) return decided;
  const detail = `${staleMoves} of ${staleMoves + moves} moves in this file are older than what is known`;
  return decided.map((one) => (isMove(one) ? { ...one, outcome: { reason: 'STALE_FILE', detail } } : one));
}

function isMove({ before, outcome }: DecidedRow): boolean {
  return before !== undefined && 'facts' in outcome && outcome.link !== null;
}

function planRow(
  row: PracticeRow,
  before: KnownOrganisation | undefined,
  file: PracticeFile,
  { effectiveAtMs, vintage }: Dating,
): RowOutcome | Refusal {
  const told = { name: row.name, vintage, older: false };
  if (before === undefined) {
    const first: LinkWrite = { childCode: row.code, parentCode: row.icbCode, kind: 'FIRST' };
    return { ...told, facts: mergeFacts(row, null, file), link: first, kind: 'ADDED' };
  }
  if (before.level !== 'PRACTICE') {
    return { reason: 'CODE_IN_USE', detail: `${row.code} is known at level ${before.level}` };
  }
  if (vintage !== null && isNewer(before.vintage, vintage)) return planOlderRow(row, before, file);
  const link = planLink(row.code, before.link, row.icbCode, effectiveAtMs);
  if (link === 'STALE') return staleMove(`practice ${row.code}`, before.link, row.icbCode, effectiveAtMs);
  const facts = mergeFacts(row, before.practice, file);
  const changed = link !== null || before.name !== row.name || !sameFacts(facts, before.practice);
  return { ...told, facts, link, kind: changed ? 'CHANGED' : 'UNCHANGED' };
}

/** A practice that is known from a newer file: what that left open is taken from the older one, and nothing else. */
function planOlderRow(row: PracticeRow, before: KnownOrganisation, file: PracticeFile): RowOutcome {
  const facts = fillGaps(before.practice, row, file.format);
  const changed = !sameFacts(facts, before.practice);
  const otherwise =
    before.name !== row.name ||
    before.link?.parentCode !== row.icbCode ||
    !sameFacts(facts, mergeFacts(row, facts, file));
  return {
    ...{ name: before.name, vintage: before.vintage, older: otherwise, facts, link: null },
    kind: changed ? 'CHANGED' : 'UNCHANGED',
  };
}

/** What the file tells replaces what is known; what it does not tell stays. */
function mergeFacts(row: PracticeRow, before: PracticeFacts | null, file: PracticeFile): PracticeFacts {
  const merged = {
    postcode: row.postcode,
    openedOn: row.openedOn === undefined ? (before?.openedOn ?? null) : row.openedOn,
    closedOn: row.closedOn === undefined ? (before?.closedOn ?? null) : row.closedOn,
    supplier: row.supplier ?? before?.supplier ?? null,
  };
  return { ...merged, source: file.format };
}

/** Whether two say the same of a practice. Not compared: the source, which only tells who said it last. */
function sameFacts(a: PracticeFacts, b: PracticeFacts | null): boolean {
  if (b === null) return false;
  const placeAndDates = a.postcode === b.postcode && a.openedOn === b.openedOn && a.closedOn === b.closedOn;
  return placeAndDates && a.supplier === b.supplier;
}

type UpperLevels = {
  readonly organisations: readonly OrganisationWrite[];
  readonly links: readonly LinkWrite[];
  readonly confirmedCodes: readonly string[];
  readonly icbsAdded: number;
};

/**
 * The nation and its regions, always all of them, and those ICBs that a practice taken from the file is in.
 */
function planUpperLevels(known: KnownTree, places: IcbPlaces): UpperLevels {
  const organisations: OrganisationWrite[] = [];
  const links: LinkWrite[] = [];
  if (!known.has(NATIONAL_ORGANISATION.code)) {
    organisations.push({ ...NATIONAL_ORGANISATION, level: 'NATIONAL', synthetic: false, vintage: null });
  }
  for (const { code, name } of REGIONS) {
    if (known.has(code)) continue;
    organisations.push({ code, level: 'REGION', name, synthetic: false, vintage: null });
    links.push({ childCode: code, parentCode: NATIONAL_ORGANISATION.code, kind: 'FIRST' });
  }
  const icbs = places.writes();
  const icbsAdded = icbs.organisations.filter((icb) => !known.has(icb.code)).length;
  return {
    organisations: [...organisations, ...icbs.organisations],
    links: [...links, ...icbs.links],
    confirmedCodes: icbs.confirmedCodes,
    icbsAdded,
  };
}

function countMissing(known: KnownTree, file: PracticeFile, effectiveAtMs: number): number {
  const day = dayOf(effectiveAtMs);
  let missing = 0;
  for (const { code, practice } of known.values()) {
    if (practice === null || file.mentionedCodes.has(code)) continue;
    if (practice.closedOn === null || practice.closedOn > day) missing += 1;
  }
  return missing;
}

/** Byte order, as the columns' collation "C" has it. */
function compareCodes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
