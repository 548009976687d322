import type { Exposure, RecoveryState, TransitionReason } from '@app/recovery';
import { exposureOf, reasonOf, stateOf, type MachineKey, type Scope, type ScopedReads } from '@app/storage';
import type { OrganisationReader } from './organisation.reader';

/** One change of a machine, as people see it. */
export type TransitionView = {
  readonly ordinal: number;
  readonly atMs: number;
  readonly recordedAtMs: number;
  readonly fromState: RecoveryState;
  readonly toState: RecoveryState;
  readonly fromExposure: Exposure;
  readonly toExposure: Exposure;
  readonly reason: TransitionReason;
  readonly ruleVersion: string;
  readonly evidence: Readonly<Record<string, unknown>>;
};

/** One page of a machine's history. */
export type TransitionPage = {
  readonly transitions: readonly TransitionView[];
  readonly hasNextPage: boolean;
};

/** Reads the history of a machine. */
export class TransitionReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
  ) {}

  /** Transitions in the order in which they were recorded, after the given ordinal; none when the machine is out of scope. */
  async list(
    scope: Scope,
    key: MachineKey,
    first: number,
    afterOrdinal: number,
    nowMs: number,
  ): Promise<TransitionPage> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const practiceId = covers(key.practiceId) ? key.practiceId : null;
    const rows = await this.reads.query<TransitionRow>(
      scope,
      nowMs,
      `SELECT ordinal, event_at, recorded_at, from_state, to_state, from_exposure, to_exposure, reason, rule_version, evidence
       FROM transition
       WHERE practice_id = $1 AND machine_id = $2 AND ordinal > $3
       ORDER BY ordinal
       LIMIT $4`,
      [practiceId, key.machineId, afterOrdinal, first + 1],
    );
    return { transitions: rows.slice(0, first).map(toView), hasNextPage: rows.length > first };
  }
}

type TransitionRow = {
  ordinal: number;
  event_at: Date;
  recorded_at: Date;
  from_state: number;
  to_state: number;
  from_exposure: number;
  to_exposure: number;
  reason: number;
  rule_version: string;
  evidence: Record<string, unknown>;
};

function toView(row: TransitionRow): TransitionView {
  return {
    ordinal: row.ordinal,
    atMs: row.event_at.getTime(),
    recordedAtMs: row.recorded_at.getTime(),
    fromState: stateOf(row.from_state),
    toState: stateOf(row.to_state),
    fromExposure: exposureOf(row.from_exposure),
    toExposure: exposureOf(row.to_exposure),
    reason: reasonOf(row.reason),
    ruleVersion: row.rule_version,
    evidence: row.evidence,
  };
}
