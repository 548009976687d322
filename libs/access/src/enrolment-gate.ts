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
  /** It has no machine yet. */
  readonly isNew: boolean;
  /** It showed the credential that it had: it is who it says, and takes no use. */
  readonly isProven: boolean;
  /** A person moved its machine here, and it has said nothing since: that was a word, too. */
  readonly justMoved: boolean;
  /** When its machine was last heard; null: never. */
  readonly heardAtMs: number | null;
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
  readonly decided_ms: number | null;
};
type LastUse = { readonly token_id: string; readonly used_ms: number };

/** What is known of applicants beside what they say. */
type Records = {
  readonly requests: readonly RequestRow[];
  /** By installation: the last use of any token. */
  readonly lastUses: ReadonlyMap<string, LastUse>;
};

/** What is said to an applicant, whether it takes a use of the token, and whether a person is asked who was not asked before. */
type Ruling = { readonly admission: Admission; readonly takesUse: boolean; readonly asks: boolean };

/**
 * Lets the installations of one request in by one token, inside the transaction that creates their machines. The token's row stays
 * locked until it ends: two requests cannot take the same use, and a revocation falls before or after, never between.
 *
 * An installation's id is no secret: it stands in lists and records. So whoever asks again for a machine that has reported shows the
 * credential that it had, also one whose time has passed, or takes a use of the token and waits for a person's word. So does whoever
 * asks again after a revocation, and everybody where the token requires approval. Only an answer that was lost is given again: to the
 * same token, while the machine has not reported since.
 *
 * A person's word is about an installation at a practice, whatever the token that it came with: a denial holds, a question that is
 * open stays open, and an approval is used up by the first report after it. Each generation of credential is approved by itself.
 *
 * A token that has expired brings in nothing new, and lets nobody in: an installation that is known may still ask by it, and waits for a
 * person's word, or it could never come back.
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
      applicants.some(({ isProven }) => !isProven),
    );
    if (token.expired && applicants.some(({ isNew }) => isNew))
      throw new EnrolmentTokenRefused('TOKEN_EXPIRED');
    const records = await this.records(db, applicants);
    let usesLeft = token.max_uses === null ? Number.POSITIVE_INFINITY : token.max_uses - token.uses;
    let taken = 0;
    const waiting: Applicant[] = [];
    const admissions = new Map<string, Admission>();
    for (const applicant of applicants) {
      const ruling = this.rule(applicant, records, token);
      const admission = ruling.takesUse && usesLeft < 1 ? 'TOKEN_EXHAUSTED' : ruling.admission;
      admissions.set(applicant.installationId, admission);
      if (ruling.asks && admission === 'AWAITING_APPROVAL') waiting.push(applicant);
      if (ruling.takesUse && admission !== 'TOKEN_EXHAUSTED') [usesLeft, taken] = [usesLeft - 1, taken + 1];
    }
    if (taken > 0)
      await db.query('UPDATE enrolment_token SET uses = uses + $2 WHERE id = $1', [this.token.id, taken]);
    if (waiting.length > 0) await this.queue(db, waiting);
    return admissions;
  }

  /** Waiting takes the use that letting in would take, so that the queue is bounded as the token is. */
  private rule(applicant: Applicant, records: Records, token: TokenRow): Ruling {
    const { isNew, isProven, justMoved, generation, installationId } = applicant;
    const about = records.requests.filter((one) => one.installation_id === installationId);
    const word = wordOn(applicant, about);
    if (word === 'DENIED') return { admission: 'APPROVAL_DENIED', takesUse: false, asks: false };
    if (isProven && !token.expired) return ADMITTED;
    if (word === 'APPROVED') return ADMITTED;
    if (word === 'OPEN') return { admission: 'AWAITING_APPROVAL', takesUse: false, asks: false };
    if (token.expired) return { admission: 'AWAITING_APPROVAL', takesUse: false, asks: true };
    const lastUse = records.lastUses.get(installationId);
    const isRevoked = generation > FIRST_GENERATION;
    if (!isNew && !isRevoked && this.isAnswerLost(applicant, lastUse)) return ADMITTED;
    const isDoubted = about.some(({ verdict }) => verdict !== 'APPROVED');
    const mayEnter = (isNew || justMoved) && !isRevoked && !isDoubted && !token.requires_approval;
    return { admission: mayEnter ? 'ADMITTED' : 'AWAITING_APPROVAL', takesUse: true, asks: !mayEnter };
  }

  /** The same token let it in last, and it has not reported since: it may never have learned its credential. */
  private isAnswerLost({ heardAtMs }: Applicant, lastUse: LastUse | undefined): boolean {
    return lastUse?.token_id === this.token.id && (heardAtMs === null || heardAtMs <= lastUse.used_ms);
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

  /** Those who are proven take no use: they need not wait for each other. */
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
    return row;
  }

  /** What was asked and decided about these installations by any token, and who let them in last. */
  private async records(db: Queryable, applicants: readonly Applicant[]): Promise<Records> {
    const ids = applicants.map((one) => one.installationId);
    const { rows: requests } = await db.query<RequestRow>(
      `SELECT practice_id, installation_id, generation, verdict, round(date_part('epoch', decided_at) * 1000) AS decided_ms
       FROM enrolment_request WHERE installation_id = ANY ($1::text[])`,
      [ids],
    );
    const unproven = applicants.filter(({ isNew, isProven }) => !isNew && !isProven);
    if (unproven.length === 0) return { requests, lastUses: new Map() };
    const { rows: uses } = await db.query<LastUse & { readonly installation_id: string }>(
      `SELECT wanted.installation_id, use.token_id, round(date_part('epoch', use.used_at) * 1000) AS used_ms
       FROM unnest($1::text[]) AS wanted (installation_id)
       CROSS JOIN LATERAL (
         SELECT token_id, used_at FROM enrolment_use
         WHERE installation_id = wanted.installation_id ORDER BY used_at DESC LIMIT 1
       ) AS use`,
      [unproven.map((one) => one.installationId)],
    );
    return { requests, lastUses: new Map(uses.map((use) => [use.installation_id, use])) };
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

const ADMITTED: Ruling = { admission: 'ADMITTED', takesUse: false, asks: false };

/** As machines are enrolled; more after a revocation. */
const FIRST_GENERATION = 1;

/**
 * The word that holds for an applicant at its practice: the last one that was said, else OPEN where the question was asked; null: it was
 * not, or the approval is used up.
 */
function wordOn(
  { practiceId, generation, isNew, heardAtMs }: Applicant,
  about: readonly RequestRow[],
): 'APPROVED' | 'DENIED' | 'OPEN' | null {
  const here = about.filter((one) => one.practice_id === practiceId && one.generation === generation);
  const decided = here.filter(({ decided_ms: ms }) => ms !== null);
  const last = decided.sort((a, b) => (b.decided_ms ?? 0) - (a.decided_ms ?? 0))[0];
  if (last?.verdict === 'DENIED') return 'DENIED';
  if (here.some(({ verdict }) => verdict === null)) return 'OPEN';
  if (last === undefined) return null;
  return isNew || heardAtMs === null || heardAtMs <= (last.decided_ms ?? 0) ? 'APPROVED' : null;
}

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
    AS asked (request_id, practice_id, installation_id, generation, hostname, serial_number)
  ON CONFLICT (practice_id, installation_id, token_id, generation) DO UPDATE
    SET verdict = NULL, decided_at = NULL, requested_at = excluded.requested_at, address = excluded.address,
        hostname = excluded.hostname, serial_number = excluded.serial_number`;
