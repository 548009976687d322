import type { Queryable } from '@app/storage';

/** Where a practice stands, and whether it is still open. */
type Place = { readonly icbCode: string; readonly regionCode: string; readonly closed: boolean };

/** What is to be said about a practice for somebody bound to an organisation. */
export type ScopeVerdict = 'WITHIN' | 'OUTSIDE' | 'UNKNOWN_PRACTICE' | 'CLOSED';

/** Practices move and open rarely; a change is seen within this time. */
const PLACES_VALID_MS = 60_000;

const NATIONAL_CODE = 'ENGLAND';

/** The code of none: always missing. */
const NO_PRACTICE = '';

/** Branch surgeries have the code of their practice and three more digits (digital.nhs.uk, Organisation Data Service). */
const BRANCH = /^([A-Z]\d{5})\d{3}$/;

/** Answers whether a practice lies within an organisation now, from a copy of the tree that is renewed every minute. */
export class OrganisationScope {
  private places: ReadonlyMap<string, Place> = new Map();
  private readAtMs = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly db: Queryable,
    private readonly monotonicMs: () => number,
  ) {}

  /** Renews the copy when it is old, or when a practice is asked for that it does not hold. Call before `verdict`. */
  async prepare(practiceIds: Iterable<string>, nowMs: number): Promise<void> {
    const stale = this.monotonicMs() - this.readAtMs > PLACES_VALID_MS;
    if (!stale && !this.missesAny(practiceIds)) return;
    this.reading ??= this.read(nowMs).finally(() => {
      this.reading = null;
    });
    await this.reading;
  }

  /** Renews the copy unless that was done within the last second. Call before `practiceOf` where codes are yet to be found. */
  async renew(nowMs: number): Promise<void> {
    await this.prepare([NO_PRACTICE], nowMs);
  }

  /** The practice that a code in capitals stands for: its own, or the one that a branch surgery belongs to; null: none is known. */
  practiceOf(code: string): string | null {
    if (this.places.has(code)) return code;
    const parent = BRANCH.exec(code)?.[1];
    return parent !== undefined && this.places.has(parent) ? parent : null;
  }

  verdict(organisationCode: string, practiceId: string): ScopeVerdict {
    const place = this.places.get(practiceId);
    if (place === undefined) return 'UNKNOWN_PRACTICE';
    const within =
      organisationCode === NATIONAL_CODE ||
      organisationCode === practiceId ||
      organisationCode === place.icbCode ||
      organisationCode === place.regionCode;
    if (!within) return 'OUTSIDE';
    return place.closed ? 'CLOSED' : 'WITHIN';
  }

  /** An unknown practice is looked for again at most this often, so that wrong codes cannot make every request read the tree. */
  private missesAny(practiceIds: Iterable<string>): boolean {
    if (this.monotonicMs() - this.readAtMs < PLACES_VALID_MS / 60) return false;
    for (const practiceId of practiceIds) if (!this.places.has(practiceId)) return true;
    return false;
  }

  private async read(nowMs: number): Promise<void> {
    const { rows } = await this.db.query<{
      practice_id: string;
      icb_code: string;
      region_code: string;
      closed: boolean;
    }>(
      `SELECT place.practice_id, place.icb_code, place.region_code,
              practice.closed_on IS NOT NULL AND practice.closed_on <= (to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC')::date
                AS closed
       FROM placement_at(to_timestamp($1::float8 / 1000)) AS place
       JOIN practice ON practice.code = place.practice_id`,
      [nowMs],
    );
    this.places = new Map(
      rows.map((row) => [
        row.practice_id,
        { icbCode: row.icb_code, regionCode: row.region_code, closed: row.closed },
      ]),
    );
    this.readAtMs = this.monotonicMs();
  }
}
