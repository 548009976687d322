import {
  judgeReplacement,
  rulesAt,
  type RecoveryState,
  type ReplacementClaim,
  type ReplacementNeed,
  type ReplacementStatus,
  type Rules,
  type TrackedMachine,
} from '@app/recovery';
import {
  CLAIM_COLUMNS,
  decodeMemory,
  exposureOf,
  reasonOf,
  stateOf,
  toClaim,
  type ClaimRow,
  type MachineKey,
  type Scope,
  type ScopedReads,
} from '@app/storage';
import { BatchedReads } from './batched-reads';
import type { OrganisationReader } from './organisation.reader';

/** One of the two machines of a claim. */
export type ClaimParty = {
  readonly key: MachineKey;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly state: RecoveryState;
};

/** A claim as people see it at a moment. */
export type ReplacementView = {
  /** Practice and identity of the claim. */
  readonly key: MachineKey;
  readonly predecessor: ClaimParty;
  readonly successor: ClaimParty;
  readonly status: ReplacementStatus;
  readonly waitsFor: readonly ReplacementNeed[];
  readonly claim: ReplacementClaim;
};

/** A place in the list: the moment of the claim, its practice and identity. */
export type ReplacementPlace = { readonly claimedAtMs: number; readonly key: MachineKey };

/** Which claims, and where the page goes on. */
export type ReplacementQuestion = {
  readonly statuses: readonly ReplacementStatus[];
  readonly within: string;
  readonly first: number;
  readonly after: ReplacementPlace | null;
};

/** One page. `next`: where the list goes on; null: these were the last. */
export type ReplacementPage = {
  readonly claims: readonly ReplacementView[];
  readonly next: ReplacementPlace | null;
};

/** Claims judged for one page; where those asked for are rarer, the page ends early and the next one goes on there. */
const JUDGED_MAX = 2_000;
const JUDGED_AT_ONCE = 500;

type Question = { readonly scope: Scope; readonly key: MachineKey; readonly nowMs: number };

/** Answers which machine is to take which one's place, and what that waits for. Reads only. */
export class ReplacementReader {
  private readonly questions: BatchedReads<Question, ReplacementView | null>;

  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly rules: () => Rules,
  ) {
    this.questions = new BatchedReads((questions) => this.readAll(questions));
  }

  /** The claim on a machine's place that matters most: the one that holds, else an open one, else the newest; null: there is none. */
  async find(scope: Scope, key: MachineKey, nowMs: number): Promise<ReplacementView | null> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    return covers(key.practiceId) ? this.questions.ask({ scope, key, nowMs }) : null;
  }

  /** One page of claims, the oldest first. */
  async list(scope: Scope, question: ReplacementQuestion, nowMs: number): Promise<ReplacementPage> {
    const { coveredPractices } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const { statuses, within, first } = question;
    const wanted = new Set(statuses);
    const claims: ReplacementView[] = [];
    let place = question.after;
    for (let judged = 0; judged < JUDGED_MAX; judged += JUDGED_AT_ONCE) {
      const rows = await this.reads.query<Row>(scope, nowMs, LIST, [
        nowMs,
        within,
        coveredPractices,
        place?.claimedAtMs ?? null,
        place?.key.practiceId ?? null,
        place?.key.machineId ?? null,
        JUDGED_AT_ONCE,
      ]);
      for (const row of rows) {
        const view = toView(row, nowMs, this.rules());
        if (wanted.has(view.status)) {
          if (claims.length === first) return { claims, next: place };
          claims.push(view);
        }
        place = placeOf(view);
      }
      if (rows.length < JUDGED_AT_ONCE) return { claims, next: null };
    }
    return { claims, next: place };
  }

  private async readAll(questions: readonly Question[]): Promise<(ReplacementView | null)[]> {
    const answers = new Map<Question, ReplacementView | null>();
    for (const scopeKey of new Set(questions.map(({ scope }) => scope.key))) {
      const together = questions.filter(({ scope }) => scope.key === scopeKey);
      const [{ scope, nowMs }] = together as [Question];
      const rows = await this.reads.query<Row>(scope, nowMs, OF_MACHINES, [
        together.map(({ key }) => key.practiceId),
        together.map(({ key }) => key.machineId),
      ]);
      const views = rows.map((row) => toView(row, nowMs, this.rules()));
      for (const question of together) {
        const { practiceId, machineId } = question.key;
        const own = views.filter(
          ({ predecessor: { key } }) => key.practiceId === practiceId && key.machineId === machineId,
        );
        answers.set(question, mostImportant(own));
      }
    }
    return questions.map((question) => answers.get(question) ?? null);
  }
}

function placeOf({ claim, key }: ReplacementView): ReplacementPlace {
  return { claimedAtMs: claim.claimedAtMs, key };
}

const IMPORTANCE: Record<ReplacementStatus, number> = {
  CONFLICT: 0,
  CONFIRMED: 1,
  WAITING_FOR_APPROVAL: 2,
  TENTATIVE: 3,
  REFUSED: 4,
};

function mostImportant(views: readonly ReplacementView[]): ReplacementView | null {
  const sorted = [...views].sort(
    (a, b) => IMPORTANCE[a.status] - IMPORTANCE[b.status] || b.claim.claimedAtMs - a.claim.claimedAtMs,
  );
  return sorted[0] ?? null;
}

/** What is judged and shown of one of the two machines, as JSON; moments in milliseconds. */
function party(status: string, machine: string): string {
  return `json_build_object(
    'state', ${status}.state, 'exposure', ${status}.exposure, 'reason', ${status}.reason,
    'sinceMs', ${ms(`${status}.since`)}, 'heardAtMs', ${ms(`${status}.heard_at`)},
    'heardStartedAtMs', ${ms(`${status}.heard_started_at`)}, 'heardSeq', ${status}.heard_seq, 'memory', ${machine}.memory,
    'hostname', ${machine}.hostname, 'serialNumber', ${machine}.serial_number)`;
}

function ms(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`;
}

const CLAIMS = `
  SELECT ${CLAIM_COLUMNS}, ${party('old_status', 'old_machine')} AS old, ${party('new_status', 'new_machine')} AS new
  FROM replacement AS one
  JOIN machine_status AS old_status
    ON old_status.practice_id = one.practice_id AND old_status.machine_id = one.machine_id
  JOIN machine AS old_machine ON old_machine.practice_id = one.practice_id AND old_machine.machine_id = one.machine_id
  JOIN machine_status AS new_status
    ON new_status.practice_id = one.practice_id AND new_status.machine_id = one.successor_id
  JOIN machine AS new_machine ON new_machine.practice_id = one.practice_id AND new_machine.machine_id = one.successor_id`;

/** $1 practices, $2 machines. */
const OF_MACHINES = `${CLAIMS}
  JOIN unnest($1::text[], $2::uuid[]) AS wanted (practice_id, machine_id)
    ON wanted.practice_id = one.practice_id AND wanted.machine_id = one.machine_id`;

/** $1 now, $2 the organisation to look within, $3 the practices within the scope or null, $4 to $6 the place to go on after, $7 rows. */
const LIST = `${CLAIMS}
  JOIN placement_at(to_timestamp($1::float8 / 1000)) AS place ON place.practice_id = one.practice_id
  WHERE $2 IN ('ENGLAND', place.practice_id, place.icb_code, place.region_code)
    AND ($3::text[] IS NULL OR one.practice_id = ANY ($3::text[]))
    AND ($4::float8 IS NULL OR (one.claimed_at, one.practice_id, one.claim_id) >
         (to_timestamp($4::float8 / 1000), $5::text COLLATE "C", $6::uuid))
  ORDER BY one.claimed_at, one.practice_id, one.claim_id
  LIMIT $7`;

type Party = {
  readonly state: number;
  readonly exposure: number;
  readonly reason: number;
  readonly sinceMs: number;
  readonly heardAtMs: number | null;
  readonly heardStartedAtMs: number | null;
  readonly heardSeq: number | null;
  readonly memory: string;
  readonly hostname: string;
  readonly serialNumber: string | null;
};
type Row = ClaimRow & { readonly old: Party; readonly new: Party };

function toView(row: Row, nowMs: number, rules: Rules): ReplacementView {
  const { claimId, predecessor, successor, claim } = toClaim(row);
  const here = rulesAt(rules, predecessor.practiceId);
  const { status, waitsFor } = judgeReplacement(claim, toMachine(row.old), toMachine(row.new), nowMs, here);
  return {
    key: { practiceId: predecessor.practiceId, machineId: claimId },
    predecessor: toParty(predecessor, row.old),
    successor: toParty(successor, row.new),
    status,
    waitsFor,
    claim,
  };
}

function toParty(key: MachineKey, { hostname, serialNumber, state }: Party): ClaimParty {
  return { key, hostname, serialNumber, state: stateOf(state) };
}

function toMachine({ exposure, state, reason, sinceMs, memory: text, ...heard }: Party): TrackedMachine {
  const { heardAtMs, heardStartedAtMs, heardSeq } = heard;
  return {
    exposure: exposureOf(exposure),
    state: stateOf(state),
    reason: reasonOf(reason),
    sinceMs,
    dueAtMs: null,
    memory: decodeMemory({ heardAtMs, heardStartedAtMs, heardSeq, text }),
  };
}
