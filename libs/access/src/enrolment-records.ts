import type { MachineKey, Queryable, Scope, ScopedReads } from '@app/storage';
import type { EnrolmentUse } from './enrolment-gate';

/** Where a page goes on: behind the entry of this moment and identity. */
export type RecordPlace = { readonly atMs: number; readonly id: string };

/** A page is asked for with one entry more than it has, so that whoever reads it knows whether there is more. */
export type RecordPage = { readonly first: number; readonly after: RecordPlace | null };

/** Codes of the organisations that somebody sees; null: all of them. */
type Seen = readonly string[] | null;

/** Whose rows of practices somebody sees, as of when. */
export type Sight = {
  readonly scope: Scope;
  /** Codes of the practices within it; null: all of them. */
  readonly practices: readonly string[] | null;
  readonly nowMs: number;
};

/** An enrolment token as it stands; nothing of it is secret. */
export type EnrolmentTokenRecord = {
  readonly id: string;
  readonly organisationCode: string;
  readonly maxUses: number | null;
  readonly uses: number;
  readonly requiresApproval: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
};

/** A relay's credential as it stands. */
export type RelayRecord = {
  readonly id: string;
  readonly organisationCode: string;
  readonly certificateSha256: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
};

/** One use of a token, and where it came from. */
export type EnrolmentUseRecord = EnrolmentUse & {
  readonly id: string;
  readonly address: string;
  readonly usedAtMs: number;
};

/** An installation that waits, or waited, for a person's word. */
export type EnrolmentRequestRecord = {
  /** Practice and identity, as of a machine. */
  readonly key: MachineKey;
  readonly tokenId: string;
  readonly installationId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly address: string;
  readonly requestedAtMs: number;
  readonly verdict: EnrolmentVerdict | null;
  readonly decidedAtMs: number | null;
};

/** What a person says about a request. */
export type EnrolmentVerdict = 'APPROVED' | 'DENIED';

/** What became of enrolment tokens and relays, for people; and their word about who waits. */
export class EnrolmentRecords {
  constructor(
    private readonly db: Queryable,
    private readonly reads: Pick<ScopedReads, 'query'>,
  ) {}

  /** Tokens in the order in which they were made. */
  async listTokens(seen: Seen, page: RecordPage): Promise<EnrolmentTokenRecord[]> {
    const { rows } = await this.db.query<EnrolmentTokenRecord>(
      `SELECT id, organisation_code AS "organisationCode", max_uses AS "maxUses", uses,
              requires_approval AS "requiresApproval", ${ms('created_at')} AS "createdAtMs",
              ${ms('expires_at')} AS "expiresAtMs", ${ms('revoked_at')} AS "revokedAtMs"
       FROM enrolment_token
       WHERE ($1::text[] IS NULL OR organisation_code = ANY ($1)) AND ${behind('created_at', 'id')}
       ORDER BY created_at, id LIMIT $4`,
      [seen, ...placeOf(page)],
    );
    return rows;
  }

  /** Relays in the order in which they were made. */
  async listRelays(seen: Seen, page: RecordPage): Promise<RelayRecord[]> {
    const { rows } = await this.db.query<RelayRecord>(
      `SELECT id, organisation_code AS "organisationCode", certificate_sha256 AS "certificateSha256",
              ${ms('created_at')} AS "createdAtMs", ${ms('expires_at')} AS "expiresAtMs", ${ms('revoked_at')} AS "revokedAtMs"
       FROM relay_credential
       WHERE ($1::text[] IS NULL OR organisation_code = ANY ($1)) AND ${behind('created_at', 'id')}
       ORDER BY created_at, id LIMIT $4`,
      [seen, ...placeOf(page)],
    );
    return rows;
  }

  /** The uses of one token in the order in which they were made. */
  async listUses(
    tokenId: string,
    { scope, practices, nowMs }: Sight,
    page: RecordPage,
  ): Promise<EnrolmentUseRecord[]> {
    return this.reads.query<EnrolmentUseRecord>(
      scope,
      nowMs,
      `SELECT use_id AS id, practice_id AS "practiceId", installation_id AS "installationId", machine_id AS "machineId",
              outcome, address, ${ms('used_at')} AS "usedAtMs"
       FROM enrolment_use
       WHERE token_id = $5 AND ($1::text[] IS NULL OR practice_id = ANY ($1)) AND ${behind('used_at', 'use_id')}
       ORDER BY used_at, use_id LIMIT $4`,
      [practices, ...placeOf(page), tokenId],
    );
  }

  /** Requests of one verdict, or those that nobody has decided, longest waiting first. */
  async listRequests(
    verdict: EnrolmentVerdict | null,
    { scope, practices, nowMs }: Sight,
    page: RecordPage,
  ): Promise<EnrolmentRequestRecord[]> {
    type Row = Omit<EnrolmentRequestRecord, 'key'> & { readonly practiceId: string; readonly id: string };
    const rows = await this.reads.query<Row>(
      scope,
      nowMs,
      `SELECT practice_id AS "practiceId", request_id AS id, token_id AS "tokenId", installation_id AS "installationId",
              hostname, serial_number AS "serialNumber", address, ${ms('requested_at')} AS "requestedAtMs", verdict,
              ${ms('decided_at')} AS "decidedAtMs"
       FROM enrolment_request
       WHERE ${verdict === null ? 'verdict IS NULL' : 'verdict = $5'}
         AND ($1::text[] IS NULL OR practice_id = ANY ($1)) AND ${behind('requested_at', 'request_id')}
       ORDER BY requested_at, request_id LIMIT $4`,
      [practices, ...placeOf(page), ...(verdict === null ? [] : [verdict])],
    );
    return rows.map(({ practiceId, id, ...rest }) => ({ key: { practiceId, machineId: id }, ...rest }));
  }

  /**
   * Decides requests; the installations learn of it when they ask again. A word can be taken back: an approval that was used is not
   * undone by it, since the machine's credential is revoked, and not its request.
   *
   * @returns how many were decided; those that had been decided so before, and those that are unknown, are not counted
   */
  async decide(keys: readonly MachineKey[], verdict: EnrolmentVerdict, nowMs: number): Promise<number> {
    const { rowCount } = await this.db.query(
      `UPDATE enrolment_request AS request
       SET verdict = $3, decided_at = to_timestamp($4::float8 / 1000)
       FROM unnest($1::text[], $2::uuid[]) AS decided (practice_id, request_id)
       WHERE request.practice_id = decided.practice_id AND request.request_id = decided.request_id
         AND request.verdict IS DISTINCT FROM $3`,
      [keys.map((key) => key.practiceId), keys.map((key) => key.machineId), verdict, nowMs],
    );
    return rowCount ?? 0;
  }
}

/** Moments travel as whole milliseconds; the application writes no finer ones. */
function ms(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`;
}

/** $2 and $3 are the place to go on behind; null: from the beginning. */
function behind(at: string, id: string): string {
  return `($2::float8 IS NULL OR (${at}, ${id}) > (to_timestamp($2::float8 / 1000), $3::uuid))`;
}

function placeOf({ first, after }: RecordPage): [number | null, string | null, number] {
  return [after?.atMs ?? null, after?.id ?? null, first + 1];
}
