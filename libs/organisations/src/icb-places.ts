import type { CalendarDate } from './calendar-date';
import type { LinkWrite, OrganisationWrite } from './import-plan';
import type { KnownTree } from './known-tree';
import { isNewer } from './older-file';
import { planLink, staleMove } from './plan-link';
import type { IcbRow, PracticeFile, PracticeRow } from './practice-file';
import { ICBS_BY_CODE, NATIONAL_ORGANISATION, REGIONS_BY_CODE } from './reference-data';
import type { Refusal } from './row-refusals';

/**
 * Says which ICBs practices of a file may be put under, and collects those that are. An ICB is known from the
 * database, from the file itself (practice map) or from the reference data, in this order: the database has
 * the region of an ICB since the last file that told it, the reference data never change.
 */
export class IcbPlaces {
  private readonly named: ReadonlyMap<string, IcbRow>;
  private readonly refusals = new Map<string, Refusal | null>();
  private readonly usedCodes = new Set<string>();

  constructor(
    private readonly known: KnownTree,
    file: PracticeFile,
    private readonly effectiveAtMs: number,
    /** The day that the file describes; an ICB that is known from a later one stays as it is known. */
    private readonly vintage: CalendarDate | null,
  ) {
    this.named = new Map(file.icbs.map((icb) => [icb.code, icb]));
  }

  /** Null when the practice of this row may be put under its ICB. */
  refuse(row: PracticeRow): Refusal | null {
    if (this.belongsToUpperLevel(row.code)) {
      return { reason: 'CODE_IN_USE', detail: `${row.code} is the code of a region or an ICB` };
    }
    const refusal = this.placeRefusal(row.icbCode, row.regionCode);
    if (refusal?.reason !== 'UNKNOWN_ICB' || typeof row.closedOn !== 'string') return refusal;
    // Legacy epraccur leaves closed practices under what there was before ICBs: nothing to look into.
    return { ...refusal, detail: `${refusal.detail}; the practice closed on ${row.closedOn}` };
  }

  /** Notes that a practice is put under this ICB, so that it has to exist. */
  use(icbCode: string): void {
    this.usedCodes.add(icbCode);
  }

  /** What has to be written so that every ICB in use exists, under its region and with its name. */
  writes(): IcbWrites {
    const organisations: OrganisationWrite[] = [];
    const links: LinkWrite[] = [];
    const confirmedCodes: string[] = [];
    for (const code of this.usedCodes) {
      const before = this.known.get(code);
      const told = this.named.get(code) ?? (before === undefined ? ICBS_BY_CODE.get(code) : undefined);
      if (told === undefined || this.isKnownNewer(code)) continue;
      const vintage = this.named.has(code) ? this.vintage : null;
      const link = planLink(code, before?.link ?? null, told.regionCode, this.effectiveAtMs);
      if (link !== null && link !== 'STALE') links.push(link);
      if (link === null && before?.name === told.name) {
        if (isNewer(vintage, before.vintage)) confirmedCodes.push(code);
        continue;
      }
      organisations.push({ code, level: 'ICB', name: told.name, synthetic: false, vintage });
    }
    return { organisations, links, confirmedCodes };
  }

  private isKnownNewer(code: string): boolean {
    const before = this.known.get(code);
    return before !== undefined && this.vintage !== null && isNewer(before.vintage, this.vintage);
  }

  private belongsToUpperLevel(code: string): boolean {
    return isFixedCode(code) || ICBS_BY_CODE.has(code) || this.named.has(code);
  }

  private placeRefusal(icbCode: string, regionCode: string): Refusal | null {
    const key = `${icbCode} ${regionCode}`;
    const decided = this.refusals.get(key);
    if (decided !== undefined) return decided;
    const refusal = this.refuseIcb(icbCode, regionCode);
    this.refusals.set(key, refusal);
    return refusal;
  }

  private refuseIcb(code: string, regionCode: string): Refusal | null {
    const before = this.known.get(code);
    if (isFixedCode(code) || (before !== undefined && before.level !== 'ICB')) {
      return { reason: 'CODE_IN_USE', detail: `${code} is not the code of an ICB` };
    }
    // Which region it is in has been told by a newer file; that an older one says otherwise is no fault of the row.
    if (this.isKnownNewer(code)) return null;
    const named = this.named.get(code);
    if (named !== undefined) {
      const link = planLink(code, before?.link ?? null, named.regionCode, this.effectiveAtMs);
      if (link !== 'STALE') return null;
      return staleMove(`ICB ${code}`, before?.link ?? null, named.regionCode, this.effectiveAtMs);
    }
    const region = before === undefined ? ICBS_BY_CODE.get(code)?.regionCode : before.link?.parentCode;
    if (region === undefined) return { reason: 'UNKNOWN_ICB', detail: `ICB ${code}` };
    if (region === regionCode) return null;
    return { reason: 'ICB_NOT_IN_REGION', detail: `ICB ${code} is in ${region}, the row says ${regionCode}` };
  }
}

type IcbWrites = {
  readonly organisations: readonly OrganisationWrite[];
  readonly links: readonly LinkWrite[];
  /** Of which nothing changes but that a newer file says so. */
  readonly confirmedCodes: readonly string[];
};

/** Codes of the two levels that are fixed: the nation and its regions. */
function isFixedCode(code: string): boolean {
  return code === NATIONAL_ORGANISATION.code || REGIONS_BY_CODE.has(code);
}
