import { isDeepStrictEqual } from 'node:util';
import { dayOf, startOfDay } from './calendar-date';
import { deriveOrganisation, type DerivedOrganisation } from './derive-organisation';
import { IcbPlaces, namedIcbs } from './icb-places';
import type { Confirmation, ImportPlan, LinksWrite, OrganisationWrite, PracticeWrite } from './import-plan';
import type { KnownLink, KnownOrganisation, KnownTree, PracticeFacts } from './known-tree';
import type { PracticeFile, PracticeRow } from './practice-file';
import { NATIONAL_ORGANISATION, REGIONS } from './reference-data';
import { SkipTally } from './skipped-rows';
import { type Dating, stateIcbs, stateRows, usable } from './state-rows';
import type { Statement } from './statement';

/**
 * Adds what a file says to what all files said before, works the tree out of all of it, and compares that with the
 * tree recorded. Pure: the same file and tree give the same plan, a tree that this file already shaped gives an
 * empty one, and files with a day end in the same tree in whatever order they come.
 */
export function planImport(known: KnownTree, file: PracticeFile, dating: Dating): ImportPlan {
  const icbs = namedIcbs(known, file);
  const statements = new Map(stateIcbs(known, icbs, file, dating));
  const places = new IcbPlaces(known, statements);
  const skips = new SkipTally(file.skipped);
  const rows = new Map<string, PracticeRow>();
  for (const { row, refusal, statements: after } of stateRows(known, places, file, dating)) {
    if (after.length > 0) statements.set(row.code, after);
    if (refusal === null) rows.set(row.code, row);
    else skips.add({ line: row.line, code: row.code, ...refusal });
  }
  const writes = new TreeWrites(known);
  const counts = { added: 0, changed: 0, unchanged: 0, closed: 0, newlyClosed: 0 };
  const also = { moved: 0, older: 0, placedLater: 0 };
  const icbCodes = new Set<string>();
  for (const [code, told] of statements) {
    if (told[0]?.level !== 'PRACTICE') continue;
    const counting = usable(told, places);
    for (const { parentCode } of counting) icbCodes.add(parentCode);
    const derived = deriveOrganisation(counting);
    if (derived === null) continue;
    const before = known.organisations.get(code);
    const change = writes.practice(code, derived, before, file);
    const row = rows.get(code);
    if (row === undefined) {
      if (change !== 'unchanged') also.placedLater += 1;
      continue;
    }
    counts[change] += 1;
    if (typeof row.closedOn === 'string') counts.closed += 1;
    if (saysOtherwise(row, derived)) also.older += 1;
    if (before !== undefined && currentParent(before.links) !== currentParent(derived.links)) also.moved += 1;
    if (before?.practice?.closedOn === null && derived.facts.closedOn !== null) counts.newlyClosed += 1;
  }
  const icbsAdded = writes.upperLevels(icbCodes, places);
  const effectiveAtMs = effectiveInstant(dating);
  return {
    ...writes.result(newStatements(known, statements)),
    ...{ ...counts, ...also, icbsAdded },
    missing: countMissing(known, file, dayOf(effectiveAtMs)),
    skipped: skips.result(),
  };
}

/** When the moves of a file take effect: as given, else on the day that it describes, else now. */
export function effectiveInstant({ vintage, effectiveAtMs, importedAtMs }: Dating): number {
  return effectiveAtMs ?? (vintage === null ? importedAtMs : startOfDay(vintage).getTime());
}

/** Collects what has to be written so that the database has the tree that was worked out. */
class TreeWrites {
  private readonly organisations: OrganisationWrite[] = [];
  private readonly practices: PracticeWrite[] = [];
  private readonly links: LinksWrite[] = [];
  private readonly confirmations: Confirmation[] = [];

  constructor(private readonly known: KnownTree) {}

  practice(
    code: string,
    derived: DerivedOrganisation,
    before: KnownOrganisation | undefined,
    file: PracticeFile,
  ): 'added' | 'changed' | 'unchanged' {
    const source = derived.told === 'RECORDED' ? (before?.practice?.source ?? file.format) : derived.told;
    const { source: sourceBefore = null, ...factsBefore } = before?.practice ?? {};
    const sameFacts = isDeepStrictEqual(derived.facts, factsBefore);
    if (!sameFacts || sourceBefore !== source) this.practices.push({ code, ...derived.facts, source });
    const changed = this.organisation(code, 'PRACTICE', derived, !sameFacts, source === 'SYNTHETIC');
    if (before === undefined) return 'added';
    return changed ? 'changed' : 'unchanged';
  }

  /** The nation and its regions, always all of them, and the ICBs that practices are in. Returns how many ICBs are new. */
  upperLevels(icbCodes: ReadonlySet<string>, places: IcbPlaces): number {
    const nation = NATIONAL_ORGANISATION;
    if (!this.known.organisations.has(nation.code))
      this.organisations.push({ ...nation, level: 'NATIONAL', synthetic: false, vintage: null });
    for (const { code, name } of REGIONS) {
      if (this.known.organisations.has(code)) continue;
      this.organisations.push({ code, level: 'REGION', name, synthetic: false, vintage: null });
      this.links.push({ childCode: code, links: [{ parentCode: nation.code, startsAtMs: null }] });
    }
    let added = 0;
    for (const code of icbCodes) {
      const derived = deriveOrganisation(places.statementsOf(code));
      if (derived === null) continue;
      if (!this.known.organisations.has(code)) added += 1;
      this.organisation(code, 'ICB', derived, false, false);
    }
    return added;
  }

  result(
    statements: readonly Statement[],
  ): Pick<ImportPlan, 'organisations' | 'practices' | 'links' | 'confirmations' | 'statements'> {
    const byCode = (a: { readonly code: string }, b: { readonly code: string }) =>
      compareCodes(a.code, b.code);
    return {
      organisations: this.organisations.sort(byCode),
      practices: this.practices.sort(byCode),
      links: this.links.sort((a, b) => compareCodes(a.childCode, b.childCode)),
      confirmations: this.confirmations.sort(byCode),
      statements: [...statements].sort(byCode),
    };
  }

  /** Whether it is new, or something of it changes but the day of the newest file. */
  private organisation(
    code: string,
    level: 'ICB' | 'PRACTICE',
    { name, vintage, links }: DerivedOrganisation,
    otherFacts: boolean,
    synthetic: boolean,
  ): boolean {
    const before = this.known.organisations.get(code);
    const otherLinks = !isDeepStrictEqual(links, before?.links);
    if (otherLinks) this.links.push({ childCode: code, links });
    if (before?.name !== name || otherLinks || otherFacts) {
      this.organisations.push({ code, level, name, synthetic, vintage });
      return true;
    }
    if (vintage !== null && before.vintage !== vintage) this.confirmations.push({ code, vintage });
    return false;
  }
}

/** Statements that are not stored yet, or not so. */
function newStatements(
  known: KnownTree,
  after: ReadonlyMap<string, readonly Statement[]>,
): readonly Statement[] {
  return [...after].flatMap(([code, told]) => {
    const stored = known.statements.get(code);
    // What is recorded of an organisation is stored with the first thing that a file adds to it.
    if (stored === told || told.every((statement) => statement.told === 'RECORDED')) return [];
    return told.filter((statement) => stored?.includes(statement) !== true);
  });
}

/** Whether newer things are known of a practice than the row tells. */
function saysOtherwise(row: PracticeRow, { name, links, facts }: DerivedOrganisation): boolean {
  const told: Partial<Omit<PracticeFacts, 'source'>> = {
    ...(row.postcode === null ? {} : { postcode: row.postcode }),
    ...(row.address == null ? {} : { address: row.address }),
    ...(row.telephone == null ? {} : { telephone: row.telephone }),
    ...(typeof row.openedOn === 'string' ? { openedOn: row.openedOn } : {}),
    ...(row.closedOn === undefined ? {} : { closedOn: row.closedOn }),
    ...(row.supplier === undefined ? {} : { supplier: row.supplier }),
  };
  return (
    row.name !== name ||
    row.icbCode !== currentParent(links) ||
    !isDeepStrictEqual({ ...facts, ...told }, facts)
  );
}

function currentParent(links: readonly KnownLink[]): string | undefined {
  return links.at(-1)?.parentCode;
}

function countMissing(known: KnownTree, file: PracticeFile, day: string): number {
  let missing = 0;
  for (const { code, practice } of known.organisations.values()) {
    if (practice === null || file.mentionedCodes.has(code)) continue;
    if (practice.closedOn === null || practice.closedOn > day) missing += 1;
  }
  return missing;
}

/** Byte order, as the columns' collation "C" has it. */
function compareCodes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
