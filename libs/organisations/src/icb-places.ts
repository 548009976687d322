import type { KnownTree } from './known-tree';
import type { PracticeFile, PracticeRow } from './practice-file';
import { ICBS_BY_CODE, NATIONAL_ORGANISATION, REGIONS_BY_CODE } from './reference-data';
import { recordedStatements } from './recorded-statements';
import type { Refusal } from './row-refusals';
import type { Statement } from './statement';

/** What a practice's row or statement says of its place. */
export type Place = Pick<Statement, 'code' | 'parentCode' | 'regionCode'>;

/**
 * Says which ICBs practices may be put under: those that a practice map has named, that are recorded, or that are in the
 * reference data. A row must give a region in which one of these ever had the ICB. Both follow from all files together.
 */
export class IcbPlaces {
  private readonly regionsByIcb = new Map<string, Set<string>>();
  private readonly statementsByIcb: ReadonlyMap<string, readonly Statement[]>;

  /** @param statements all that are known, with those of the file at hand */
  constructor(
    private readonly known: KnownTree,
    statements: ReadonlyMap<string, readonly Statement[]>,
  ) {
    const byIcb = new Map<string, readonly Statement[]>();
    for (const [code, told] of statements) if (told[0]?.level === 'ICB') byIcb.set(code, told);
    for (const organisation of known.organisations.values()) {
      const { code, level } = organisation;
      if (level === 'ICB' && !byIcb.has(code)) byIcb.set(code, recordedStatements(organisation));
    }
    for (const { code, regionCode } of ICBS_BY_CODE.values()) this.allow(code, regionCode);
    for (const [code, told] of byIcb) for (const { parentCode } of told) this.allow(code, parentCode);
    this.statementsByIcb = byIcb;
  }

  /** Null when a practice may be put there. */
  refuse({ code, parentCode, regionCode }: Place): Refusal | null {
    if (isFixedCode(code) || this.regionsByIcb.has(code))
      return { reason: 'CODE_IN_USE', detail: `${code} is the code of a region or an ICB` };
    const level = this.known.organisations.get(parentCode)?.level;
    if (isFixedCode(parentCode) || (level !== undefined && level !== 'ICB'))
      return { reason: 'CODE_IN_USE', detail: `${parentCode} is not the code of an ICB` };
    const regions = this.regionsByIcb.get(parentCode);
    if (regions === undefined) return { reason: 'UNKNOWN_ICB', detail: `ICB ${parentCode}` };
    if (regionCode === null || regions.has(regionCode)) return null;
    const detail = `ICB ${parentCode} is in ${[...regions].sort().join(', ')}, the row says ${regionCode}`;
    return { reason: 'ICB_NOT_IN_REGION', detail };
  }

  /** The same for a row, with when the practice closed: of those nobody has to look into an ICB of old. */
  refuseRow(row: PracticeRow): Refusal | null {
    const refusal = this.refuse({ code: row.code, parentCode: row.icbCode, regionCode: row.regionCode });
    if (refusal?.reason !== 'UNKNOWN_ICB' || typeof row.closedOn !== 'string') return refusal;
    return { ...refusal, detail: `${refusal.detail}; the practice closed on ${row.closedOn}` };
  }

  /** What is said of an ICB: of one in the reference data, that it was there before any file. */
  statementsOf(code: string): readonly Statement[] {
    const told = this.statementsByIcb.get(code) ?? [];
    const reference = ICBS_BY_CODE.get(code);
    if (reference === undefined) return told;
    const { name, regionCode: parentCode } = reference;
    const first: Statement = {
      ...{
        code,
        level: 'ICB',
        day: null,
        correction: -1,
        told: 'RECORDED',
        name,
        parentCode,
        regionCode: null,
      },
      ...{ variant: 0, placedSinceMs: null, postcode: null, address: null, telephone: null },
      ...{ openedOn: null, closedOn: null, supplier: null },
    };
    return [first, ...told];
  }

  private allow(icbCode: string, regionCode: string): void {
    const regions = this.regionsByIcb.get(icbCode);
    if (regions === undefined) this.regionsByIcb.set(icbCode, new Set([regionCode]));
    else regions.add(regionCode);
  }
}

/** The ICBs that a file names, without those whose code belongs to an organisation of another level. */
export function namedIcbs(known: KnownTree, file: PracticeFile): PracticeFile['icbs'] {
  return file.icbs.filter(({ code }) => {
    const level = known.organisations.get(code)?.level;
    return !isFixedCode(code) && (level === undefined || level === 'ICB');
  });
}

/** Codes of the two levels that are fixed: the nation and its regions. */
function isFixedCode(code: string): boolean {
  return code === NATIONAL_ORGANISATION.code || REGIONS_BY_CODE.has(code);
}
