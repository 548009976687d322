import { attestationStatus, type AttestationStatus, type MachineRole } from '@app/recovery';
import { stateOf, type MachineKey, type Scope, type ScopedReads } from '@app/storage';
import { BatchedReads } from './batched-reads';
import type { OrganisationReader } from './organisation.reader';

/** What people know of a machine and do for it, as people see it. */
export type MachineCareView = {
  /** Raised by everything that is done for it; shown back, it guards against acting on what has changed meanwhile. */
  readonly version: number;
  /** null: the register expects it, and it was never enrolled. */
  readonly enrolledAtMs: number | null;
  readonly role: MachineRole | null;
  readonly assetTag: string | null;
  readonly location: string | null;
  readonly bitlockerKeyId: string | null;
  readonly bitlockerKeyEscrowed: boolean | null;
  readonly tags: readonly string[];
  /** Who takes care of it now. */
  readonly claim: { readonly assignee: string; readonly untilMs: number } | null;
  /** `2024-10-01` */
  readonly reviewOn: string | null;
  readonly attestation: { readonly atMs: number; readonly status: AttestationStatus } | null;
  /** Its identity at the practice that it moved to, as text. */
  readonly movedTo: string | null;
  /** The machines that it took the place of. */
  readonly predecessors: readonly MachineKey[];
  readonly lastAttempt: CareEventView | null;
};

/** One thing that was done for a machine, as people see it. */
export type CareEventView = {
  readonly ordinal: number;
  readonly kind: string;
  readonly actor: string;
  readonly atMs: number;
  readonly details: Readonly<Record<string, unknown>>;
};

type Question = { readonly scope: Scope; readonly key: MachineKey; readonly nowMs: number };

/** Reads what people know of machines and do for them. Reads only. */
export class CareReader {
  private readonly questions: BatchedReads<Question, MachineCareView | null>;

  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
  ) {
    this.questions = new BatchedReads((questions) => this.readAll(questions));
  }

  /** The care of one machine; null when there is no such machine, or it is out of scope. */
  async find(scope: Scope, key: MachineKey, nowMs: number): Promise<MachineCareView | null> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    return covers(key.practiceId) ? this.questions.ask({ scope, key, nowMs }) : null;
  }

  /** Those of one scope are read together; a turn of the event loop seldom has more than one. */
  private async readAll(questions: readonly Question[]): Promise<(MachineCareView | null)[]> {
    const answers = new Map<Question, MachineCareView | null>();
    for (const key of new Set(questions.map(({ scope }) => scope.key))) {
      const together = questions.filter(({ scope }) => scope.key === key);
      for (const [question, view] of await this.readTogether(together)) answers.set(question, view);
    }
    return questions.map((question) => answers.get(question) ?? null);
  }

  private async readTogether(
    questions: readonly Question[],
  ): Promise<readonly [Question, MachineCareView | null][]> {
    const [{ scope, nowMs: readAtMs }] = questions as readonly [Question];
    const practices = questions.map(({ key }) => key.practiceId);
    const machines = questions.map(({ key }) => key.machineId);
    const values = [practices, machines];
    const rows = await this.reads.query<CareRow>(scope, readAtMs, CARE_OF_MACHINES, values);
    const found = new Map(rows.map((row) => [row.ord, row]));
    return questions.map((question, i) => {
      const row = found.get(i + 1);
      return [question, row === undefined ? null : toView(row, question.nowMs)];
    });
  }
}

/** $1 practices, $2 machines. The last attempt and the predecessors are few, and found by keys. */
const CARE_OF_MACHINES = `
  SELECT wanted.ord::int AS ord, machine.practice_id, machine.care_version, machine.enrolled_at, machine.role, machine.asset_tag,
         machine.location, machine.bitlocker_key_id, machine.bitlocker_key_escrowed, machine.assignee, machine.assigned_until,
         machine.review_on::text AS review_on, machine.attested_at, machine.moved_to, status.state, status.since,
         ARRAY(SELECT tag.tag FROM machine_tag AS tag
               WHERE tag.practice_id = machine.practice_id AND tag.machine_id = machine.machine_id ORDER BY 1) AS tags,
         ARRAY(SELECT old.machine_id FROM machine AS old
               WHERE old.practice_id = machine.practice_id AND old.successor_id = machine.machine_id
               ORDER BY 1) AS predecessors,
         attempt.*
  FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS wanted (practice_id, machine_id, ord)
  JOIN machine ON machine.practice_id = wanted.practice_id AND machine.machine_id = wanted.machine_id
  JOIN machine_status AS status
    ON status.practice_id = wanted.practice_id AND status.machine_id = wanted.machine_id
  LEFT JOIN LATERAL (
    SELECT event.ordinal AS attempt_ordinal, event.actor_name AS attempt_actor, event.at AS attempt_at,
           event.details AS attempt_details
    FROM care_event AS event
    WHERE event.practice_id = wanted.practice_id AND event.machine_id = wanted.machine_id AND event.kind = 'ATTEMPT'
    ORDER BY event.ordinal DESC
    LIMIT 1
  ) AS attempt ON true`;

type CareRow = {
  ord: number;
  practice_id: string;
  care_version: number;
  enrolled_at: Date | null;
  role: MachineRole | null;
  asset_tag: string | null;
  location: string | null;
  bitlocker_key_id: string | null;
  bitlocker_key_escrowed: boolean | null;
  assignee: string | null;
  assigned_until: Date | null;
  review_on: string | null;
  attested_at: Date | null;
  moved_to: string | null;
  state: number;
  since: Date;
  tags: string[];
  predecessors: string[];
  attempt_ordinal: number | null;
  attempt_actor: string | null;
  attempt_at: Date | null;
  attempt_details: Record<string, unknown> | null;
};

function toView(row: CareRow, nowMs: number): MachineCareView {
  const { assignee, assigned_until: until, attested_at: attestedAt } = row;
  const standing = { state: stateOf(row.state), sinceMs: row.since.getTime() };
  return {
    version: row.care_version,
    enrolledAtMs: row.enrolled_at?.getTime() ?? null,
    role: row.role,
    assetTag: row.asset_tag,
    location: row.location,
    bitlockerKeyId: row.bitlocker_key_id,
    bitlockerKeyEscrowed: row.bitlocker_key_escrowed,
    tags: row.tags,
    claim:
      assignee === null || until === null || until.getTime() <= nowMs
        ? null
        : { assignee, untilMs: until.getTime() },
    reviewOn: row.review_on,
    attestation:
      attestedAt === null
        ? null
        : { atMs: attestedAt.getTime(), status: attestationStatus(standing, attestedAt.getTime()) },
    movedTo: row.moved_to,
    predecessors: row.predecessors.map((machineId) => ({ practiceId: row.practice_id, machineId })),
    lastAttempt: toAttempt(row),
  };
}

function toAttempt(row: CareRow): CareEventView | null {
  if (row.attempt_ordinal === null || row.attempt_at === null) return null;
  return {
    ordinal: row.attempt_ordinal,
    kind: 'ATTEMPT',
    actor: row.attempt_actor ?? '',
    atMs: row.attempt_at.getTime(),
    details: row.attempt_details ?? {},
  };
}
