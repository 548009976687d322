import {
  failingTests,
  freshnessAt,
  GROUP_OF_STATE,
  type Exposure,
  type Freshness,
  type Policy,
  type RecoveryState,
  type RecoveryTest,
  type StateGroup,
  type TransitionReason,
} from '@app/recovery';
import {
  decodeMemory,
  exposureOf,
  reasonOf,
  stateOf,
  type MachineKey,
  type Scope,
  type ScopedReads,
} from '@app/storage';
import type { FilterReading } from './machine-conditions';
import type { MachineFilter } from './machine-filter';
import {
  MACHINE_COLUMNS,
  machineCountQuery,
  machineKeysQuery,
  machineListQuery,
  type MachineOrder,
  type PageRequest,
  type Statement,
} from './machine-list-query';
import type { OrganisationReader } from './organisation.reader';
import { practicesWithin } from './organisation-tree';

/** A machine as people see it. */
export type MachineView = {
  readonly key: MachineKey;
  readonly hostname: string;
  readonly serialNumber: string | null;
  readonly exposure: Exposure;
  readonly state: RecoveryState;
  readonly group: StateGroup;
  readonly reason: TransitionReason;
  readonly failingTests: readonly RecoveryTest[];
  readonly identityConflict: boolean;
  readonly lastHeardAtMs: number | null;
  readonly freshness: Freshness;
  readonly sinceMs: number;
  readonly successorId: string | null;
  readonly facts: MachineFactsView;
  /** What the cursor of this row is made of. */
  readonly sortValue: string;
};

/** What the machine last said about itself; null: never collected, or not there. */
export type MachineFactsView = {
  readonly reportedAtMs: number | null;
  readonly bootMode: string | null;
  readonly fileVerdict: string | null;
  readonly channelFileWrittenAtMs: number | null;
  readonly sensorVersion: string | null;
  readonly sensorRunning: boolean | null;
  readonly bitlocker: string | null;
  readonly safeBootFlag: boolean | null;
  readonly osBuild: string | null;
  readonly clockSkewSeconds: number | null;
};

/** One page of machines, in the order asked for. */
export type MachinePage = { readonly machines: readonly MachineView[]; readonly hasNextPage: boolean };

/** Answers questions about single machines and lists of them, to whoever asks, within their scope. Reads only. */
export class MachineReader {
  constructor(
    private readonly reads: ScopedReads,
    private readonly organisations: OrganisationReader,
    private readonly policy: Policy,
  ) {}

  /** One page in keyset order: it neither skips nor repeats a machine whose place in the order does not change meanwhile. */
  async list(
    scope: Scope,
    filter: MachineFilter,
    order: MachineOrder,
    page: PageRequest,
    nowMs: number,
  ): Promise<MachinePage> {
    const statement = machineListQuery(filter, order, page, await this.reading(scope, nowMs));
    const rows = await this.rows<MachineRow>(scope, nowMs, statement);
    const machines = rows.slice(0, page.first).map((row) => this.toView(row, nowMs));
    return { machines, hasNextPage: rows.length > page.first };
  }

  /** How many machines meet a filter at this moment. */
  async count(scope: Scope, filter: MachineFilter, nowMs: number): Promise<number> {
    const statement = machineCountQuery(filter, await this.reading(scope, nowMs));
    const [row] = await this.rows<{ machines: number }>(scope, nowMs, statement);
    return row?.machines ?? 0;
  }

  /** The machines that meet a filter at this moment, sorted as `compareMachineKeys` does, and no more than `limit` of them. */
  async keys(
    scope: Scope,
    filter: MachineFilter,
    limit: number,
    nowMs: number,
  ): Promise<readonly MachineKey[]> {
    const statement = machineKeysQuery(filter, limit, await this.reading(scope, nowMs));
    const rows = await this.rows<{ practice_id: string; machine_id: string }>(scope, nowMs, statement);
    return rows.map((row) => ({ practiceId: row.practice_id, machineId: row.machine_id }));
  }

  /**
   * One machine; null when there is none, or it is out of scope. Whether its practice is within the scope is decided before it is
   * looked for, and it is looked for in either case: the answer takes as long for a machine out of scope as for one that does not exist.
   */
  async find(scope: Scope, key: MachineKey, nowMs: number): Promise<MachineView | null> {
    const { covers } = await this.organisations.viewFor(scope, nowMs, nowMs);
    const text = `
      SELECT ${MACHINE_COLUMNS}, '' AS sort_value
      FROM machine_status AS status
      JOIN machine ON machine.practice_id = status.practice_id AND machine.machine_id = status.machine_id
      WHERE status.practice_id = $1 AND status.machine_id = $2`;
    const values = [covers(key.practiceId) ? key.practiceId : null, key.machineId];
    const [row] = await this.rows<MachineRow>(scope, nowMs, { text, values });
    return row === undefined ? null : this.toView(row, nowMs);
  }

  private async rows<Row extends object>(
    scope: Scope,
    nowMs: number,
    { text, values }: Statement,
  ): Promise<readonly Row[]> {
    return this.reads.query<Row>(scope, nowMs, text, values);
  }

  /** Practices out of scope are left out of the filter, too: reading their rows to drop them would tell how many there are. */
  private async reading(scope: Scope, nowMs: number): Promise<FilterReading> {
    const tree = await this.organisations.treeAt(nowMs);
    const { covers, coveredPractices } = await this.organisations.viewFor(scope, nowMs, nowMs);
    return {
      nowMs,
      policy: this.policy,
      practicesInScope: coveredPractices,
      practicesWithin: (codes) => practicesWithin(tree, codes).filter(covers),
    };
  }

  private toView(row: MachineRow, nowMs: number): MachineView {
    const state = stateOf(row.state);
    const group = GROUP_OF_STATE[state];
    const heardAtMs = toMs(row.heard_at);
    const memory = decodeMemory({
      heardAtMs,
      heardStartedAtMs: toMs(row.heard_started_at),
      heardSeq: row.heard_seq,
      text: row.memory,
    });
    const undecided = group === 'UNKNOWN' || group === 'UNRECOVERED';
    return {
      key: { practiceId: row.practice_id, machineId: row.machine_id },
      hostname: row.hostname,
      serialNumber: row.serial_number,
      exposure: exposureOf(row.exposure),
      state,
      group,
      reason: reasonOf(row.reason),
      failingTests: undecided ? failingTests(memory, this.policy) : [],
      identityConflict: memory.conflictSinceMs !== null,
      lastHeardAtMs: heardAtMs,
      freshness: freshnessAt(heardAtMs, nowMs, this.policy),
      sinceMs: row.since.getTime(),
      successorId: row.successor_id,
      facts: {
        reportedAtMs: toMs(row.facts_at),
        bootMode: row.boot_mode,
        fileVerdict: row.file_verdict,
        channelFileWrittenAtMs: toMs(row.file_written_at),
        sensorVersion: row.sensor_version,
        sensorRunning: row.sensor_running,
        bitlocker: row.bitlocker,
        safeBootFlag: row.safe_boot_flag,
        osBuild: row.os_build,
        clockSkewSeconds: row.clock_skew_seconds,
      },
      sortValue: row.sort_value,
    };
  }
}

type MachineRow = {
  practice_id: string;
  machine_id: string;
  exposure: number;
  state: number;
  reason: number;
  since: Date;
  heard_at: Date | null;
  heard_started_at: Date | null;
  heard_seq: number | null;
  memory: string;
  hostname: string;
  serial_number: string | null;
  successor_id: string | null;
  facts_at: Date | null;
  boot_mode: string | null;
  file_verdict: string | null;
  file_written_at: Date | null;
  sensor_version: string | null;
  sensor_running: boolean | null;
  bitlocker: string | null;
  safe_boot_flag: boolean | null;
  os_build: string | null;
  clock_skew_seconds: number | null;
  sort_value: string;
};

function toMs(date: Date | null): number | null {
  return date === null ? null : date.getTime();
}
