import { randomUUID } from 'node:crypto';
import type { Queryable } from '@app/storage';
import type { EnrolmentTokenRefusal, UsableEnrolmentToken } from './enrolment-tokens';

/** An installation that asks for a credential. */
export type Applicant = {
  readonly installationId: string;
  readonly practiceId: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
  /** The generation of credential it would get; more than 1 after a revocation. */
  readonly generation: number;
  /** It has no machine yet: letting it in takes a use of the token. */
  readonly isNew: boolean;
};

/** What the gate says to an applicant. */
export type Admission = 'ADMITTED' | 'TOKEN_EXHAUSTED' | 'AWAITING_APPROVAL' | 'APPROVAL_DENIED';

/** An installation that was let in, for the record. */
export type EnrolmentUse = {
  readonly installationId: string;
  readonly practiceId: string;
  readonly machineId: string;
  readonly outcome: 'ENROLLED' | 'KNOWN';
};

/** The token may not be used any more: somebody revoked it, or its time passed, since it was looked up. */
export class EnrolmentTokenRefused extends Error {
  constructor(readonly code: EnrolmentTokenRefusal) {
    super(code);
  }
}

type TokenRow = {
  readonly max_uses: number | null;
  readonly uses: number;
  readonly revoked: boolean;
  readonly expired: boolean;
  readonly requires_approval: boolean;
};
type RequestRow = {
  readonly practice_id: string;
  readonly installation_id: string;
  readonly generation: number;
  readonly verdict: 'APPROVED' | 'DENIED' | null;
};

/**
 * Lets the installations of one request in by one token, inside the transaction that creates their machines. The token's row stays
 * locked until it ends: two requests cannot take the same use, and a revocation falls before or after, never between.
 *
 * Where the token requires approval, whoever is not approved yet waits in a queue. Waiting takes the use that letting in would take,
 * so that the queue is bounded as the token is. A token that has expired brings in nothing new; an installation that is known and whose
 * credential ran out meanwhile may still ask by it, and waits for a person's word: else it could never come back. Each generation of credential is approved by itself: after a revocation a person
 * decides again.
 */
export class EnrolmentGate {
  constructor(
    private readonly token: UsableEnrolmentToken,
    private readonly address: string,
    private readonly nowMs: number,
  ) {}

  /** @throws EnrolmentTokenRefused @returns what is said to each, by installation */
  async admit(db: Queryable, applicants: readonly Applicant[]): Promise<ReadonlyMap<string, Admission>> {
    const token = await this.lockToken(
      db,
      applicants.some(({ isNew }) => isNew),
    );
    const decided = token.requires_approval
      ? await this.decisions(db, applicants)
      : new Map<string, Admission>();
    let usesLeft = token.max_uses === null ? Number.POSITIVE_INFINITY : token.max_uses - token.uses;
    let taken = 0;
    const waiting: Applicant[] = [];
    const admissions = new Map<string, Admission>();
    for (const applicant of applicants) {
      const known = decided.get(applicant.installationId);
      if (known !== undefined) {
        admissions.set(applicant.installationId, known);
        continue;
      }
      if (applicant.isNew && usesLeft < 1) {
        admissions.set(applicant.installationId, 'TOKEN_EXHAUSTED');
        continue;
      }
      if (applicant.isNew) [usesLeft, taken] = [usesLeft - 1, taken + 1];
      if (token.requires_approval) waiting.push(applicant);
      admissions.set(applicant.installationId, token.requires_approval ? 'AWAITING_APPROVAL' : 'ADMITTED');
    }
    if (taken > 0)
      await db.query('UPDATE enrolment_token SET uses = uses + $2 WHERE id = $1', [this.token.id, taken]);
    if (waiting.length > 0) await this.queue(db, waiting);
    return admissions;
  }

  /** Writes down who was let in. */
  async record(db: Queryable, uses: readonly EnrolmentUse[]): Promise<void> {
    if (uses.length === 0) return;
    await db.query(RECORD_USES, [
      this.token.id,
      this.nowMs,
      this.address,
      uses.map(() => randomUUID()),
      uses.map((use) => use.practiceId),
      uses.map((use) => use.installationId),
      uses.map((use) => use.machineId),
      uses.map((use) => use.outcome),
    ]);
  }

  /** Those who are known take no use: they need not wait for each other. */
  private async lockToken(db: Queryable, takesUses: boolean): Promise<TokenRow> {
    const { rows } = await db.query<TokenRow>(
      `SELECT max_uses, uses, requires_approval, revoked_at IS NOT NULL AS revoked,
              expires_at IS NOT NULL AND expires_at <= to_timestamp($2::float8 / 1000) AS expired
       FROM enrolment_token WHERE id = $1 ${takesUses ? 'FOR UPDATE' : 'FOR SHARE'}`,
      [this.token.id, this.nowMs],
    );
    const [row] = rows;
    if (row === undefined) throw new EnrolmentTokenRefused('TOKEN_UNKNOWN');
    if (row.revoked) throw new EnrolmentTokenRefused('TOKEN_REVOKED');
    if (!row.expired) return row;
    if (takesUses) throw new EnrolmentTokenRefused('TOKEN_EXPIRED');
    return { ...row, requires_approval: true };
  }

  /** What was decided, or is still open, about applicants who asked before for the same generation. */
  private async decisions(db: Queryable, applicants: readonly Applicant[]): Promise<Map<string, Admission>> {
    const { rows } = await db.query<RequestRow>(
      `SELECT request.practice_id, request.installation_id, request.generation, request.verdict
       FROM unnest($2::text[], $3::text[]) AS wanted (practice_id, installation_id)
       JOIN enrolment_request AS request
         ON request.practice_id = wanted.practice_id AND request.installation_id = wanted.installation_id
        AND request.token_id = $1`,
      [this.token.id, applicants.map((one) => one.practiceId), applicants.map((one) => one.installationId)],
    );
    const decided = new Map<string, Admission>();
    for (const one of applicants) {
      const row = rows.find(
        (request) =>
          request.installation_id === one.installationId &&
          request.practice_id === one.practiceId &&
          request.generation === one.generation,
      );
      if (row !== undefined) decided.set(one.installationId, ADMISSION_BY_VERDICT[row.verdict ?? 'OPEN']);
    }
    return decided;
  }

  private async queue(db: Queryable, applicants: readonly Applicant[]): Promise<void> {
    await db.query(QUEUE_REQUESTS, [
      this.token.id,
      this.nowMs,
      this.address,
      applicants.map(() => randomUUID()),
      applicants.map((one) => one.practiceId),
      applicants.map((one) => one.installationId),
      applicants.map((one) => one.generation),
      applicants.map((one) => one.hostname),
      applicants.map((one) => one.serialNumber),
    ]);
  }
}

const ADMISSION_BY_VERDICT = {
  APPROVED: 'ADMITTED',
  DENIED: 'APPROVAL_DENIED',
  OPEN: 'AWAITING_APPROVAL',
} as const satisfies Record<'APPROVED' | 'DENIED' | 'OPEN', Admission>;

const RECORD_USES = `
  INSERT INTO enrolment_use (practice_id, use_id, token_id, installation_id, machine_id, outcome, address, used_at)
  SELECT use.practice_id, use.use_id, $1, use.installation_id, use.machine_id, use.outcome, $3, to_timestamp($2::float8 / 1000)
  FROM unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[])
    AS use (use_id, practice_id, installation_id, machine_id, outcome)`;

const QUEUE_REQUESTS = `
  INSERT INTO enrolment_request (practice_id, request_id, token_id, installation_id, generation, hostname, serial_number,
                                 address, requested_at)
  SELECT asked.practice_id, asked.request_id, $1, asked.installation_id, asked.generation, asked.hostname, asked.serial_number,
         $3, to_timestamp($2::float8 / 1000)
  FROM unnest($4::uuid[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[])
    AS asked (request_id, practice_id, installation_id, generation, hostname, serial_number)`;
