import { summarise, type Cell } from '@app/recovery';
import { exposureOf, NATION, stateOf, type ScopedReads } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';
import { NATIONAL_CODE, type Organisation } from './organisation-tree';
import { publishCells, sumPublished, type PublicFigures } from './public-progress';

export const PUBLIC_LEVELS = ['REGION', 'ICB'] as const;
/** The levels that anybody may see progress by. */
export type PublicLevel = (typeof PUBLIC_LEVELS)[number];

/** What anybody may know of one organisation. */
export type PublicRow = { readonly organisation: Organisation; readonly figures: PublicFigures };

/** What anybody may know. The total is the sum of what is published of the rows. */
export type PublicAnswer = {
  /** The full hour that the figures hold for. */
  readonly asOfMs: number;
  readonly rows: readonly PublicRow[];
  readonly total: PublicRow;
};

/** Published once in so long, at full hours, changed or not: whoever watched every change would see single machines move. */
const PUBLISHED_EVERY_MS = 60 * 60_000;
/** What was recorded before the hour has been committed this long after it, so that every process publishes the same. */
const SETTLED_AFTER_MS = 5 * 60_000;

type PublishedIcb = { readonly code: string; readonly regionCode: string; readonly figures: PublicFigures };
type Snapshot = { readonly asOfMs: number; readonly icbs: readonly PublishedIcb[] };

type CellRow = {
  readonly icb_code: string;
  readonly region_code: string;
  readonly exposure: number | null;
  readonly state: number | null;
  readonly machines: number;
};

/**
 * Answers what anybody may know: by region and ICB, as of the last full hour, in bands (`publishCells`). True counts of single ICBs leave
 * this reader as bands only, so asking by region tells nothing more than asking by ICB.
 *
 * Practices are counted where they stood when the incident began: when one moves, what two ICBs lose and gain is its own count.
 */
export class PublicProgressReader {
  private latest: { readonly asOfMs: number; readonly read: Promise<Snapshot> } | null = null;

  /** @param placedAtMs the moment that practices are placed by */
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly placedAtMs: number,
  ) {}

  async read(by: PublicLevel, nowMs: number): Promise<PublicAnswer> {
    const { asOfMs, icbs } = await this.snapshotAt(nowMs);
    const tree = await this.organisations.treeAt(this.placedAtMs);
    const rowOf = (code: string, figures: readonly PublicFigures[]): PublicRow => {
      const organisation = tree.get(code);
      if (organisation === undefined) throw new Error(`${code} has gone from the hierarchy`);
      return { organisation, figures: sumPublished(figures) };
    };
    const groups = new Map<string, PublicFigures[]>();
    for (const { code, regionCode, figures } of icbs) {
      const group = by === 'ICB' ? code : regionCode;
      groups.set(group, [...(groups.get(group) ?? []), figures]);
    }
    const rows = [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, figures]) => rowOf(code, figures));
    return {
      asOfMs,
      rows,
      total: rowOf(
        NATIONAL_CODE,
        icbs.map(({ figures }) => figures),
      ),
    };
  }

  /** One read an hour, however many ask. */
  private async snapshotAt(nowMs: number): Promise<Snapshot> {
    const asOfMs = Math.floor((nowMs - SETTLED_AFTER_MS) / PUBLISHED_EVERY_MS) * PUBLISHED_EVERY_MS;
    if (this.latest?.asOfMs === asOfMs) return this.latest.read;
    const taken = { asOfMs, read: this.take(asOfMs) };
    this.latest = taken;
    taken.read.catch(() => {
      if (this.latest === taken) this.latest = null;
    });
    return taken.read;
  }

  private async take(asOfMs: number): Promise<Snapshot> {
    const rows = await this.reads.query<CellRow>(NATION, asOfMs, CELLS_OF_ICBS, [this.placedAtMs, asOfMs]);
    const icbs = new Map<string, { regionCode: string; cells: Cell[] }>();
    for (const { icb_code: code, region_code: regionCode, exposure, state, machines } of rows) {
      const icb = icbs.get(code) ?? { regionCode, cells: [] };
      icbs.set(code, icb);
      if (exposure !== null && state !== null)
        icb.cells.push({ exposure: exposureOf(exposure), state: stateOf(state), machines });
    }
    return {
      asOfMs,
      icbs: [...icbs].map(([code, { regionCode, cells }]) => ({
        code,
        regionCode,
        figures: figuresOf(cells),
      })),
    };
  }
}

/**
 * $1 the moment that practices are placed by, $2 the hour: what had become true and was known before it. ICBs without a machine are there,
 * too: to be missing would say something.
 */
const CELLS_OF_ICBS = `
  SELECT place.icb_code, place.region_code, entry.exposure, entry.state, COALESCE(sum(entry.delta), 0)::int AS machines
  FROM placement_at(to_timestamp($1::float8 / 1000)) AS place
  LEFT JOIN progress_ledger AS entry ON entry.practice_id = place.practice_id
    AND entry.event_bucket < to_timestamp($2::float8 / 1000) AND entry.record_bucket < to_timestamp($2::float8 / 1000)
  GROUP BY 1, 2, 3, 4`;

function figuresOf(cells: readonly Cell[]): PublicFigures {
  const { everAffected, recovered, low } = summarise(cells);
  // What `low` counts beyond the affected are the machines of which nothing is known.
  const unknown = low.denominator - everAffected;
  return publishCells({ recovered, notRecovered: everAffected - recovered, unknown });
}
