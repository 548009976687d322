import {
  attestationStatus,
  failingTests,
  freshnessAt,
  GROUP_OF_STATE,
  hoursAt,
  isOpenAt,
  nextStep,
  priorityOf,
  type BitlockerStatus,
  type BootMode,
  type Exposure,
  type FileVerdict,
  type Freshness,
  type MachineRole,
  type Memory,
  type NextStep,
  type Rules,
  type Priority,
  type RecoveryState,
  type RecoveryTest,
  type StateGroup,
  type TransitionReason,
  type WorkPolicy,
} from '@app/recovery';
import { decodeMemory, exposureOf, reasonOf, stateOf, type MachineKey } from '@app/storage';
import type { PracticeStanding } from './practice-standings';

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
  /** What it is for; null: nobody has said. */
  readonly role: MachineRole | null;
  readonly priority: Priority;
  readonly nextStep: NextStep;
  /** What the cursor of this row is made of. */
  readonly sortValue: string;
};

/** What the machine last said about itself; null: never collected, or not there. */
export type MachineFactsView = {
  readonly reportedAtMs: number | null;
  readonly bootMode: BootMode | null;
  readonly fileVerdict: FileVerdict | null;
  readonly channelFileWrittenAtMs: number | null;
  readonly sensorVersion: string | null;
  readonly sensorRunning: boolean | null;
  readonly bitlocker: BitlockerStatus | null;
  readonly safeBootFlag: boolean | null;
  readonly osBuild: string | null;
  readonly clockSkewSeconds: number | null;
};

/** A row of `MACHINE_COLUMNS`. */
export type MachineViewRow = {
  readonly practice_id: string;
  readonly machine_id: string;
  readonly exposure: number;
  readonly state: number;
  readonly reason: number;
  readonly since: Date;
  readonly heard_at: Date | null;
  readonly heard_started_at: Date | null;
  readonly heard_seq: number | null;
  readonly memory: string;
  readonly hostname: string;
  readonly serial_number: string | null;
  readonly successor_id: string | null;
  readonly facts_at: Date | null;
  readonly boot_mode: BootMode | null;
  readonly file_verdict: FileVerdict | null;
  readonly file_written_at: Date | null;
  readonly sensor_version: string | null;
  readonly sensor_running: boolean | null;
  readonly bitlocker: BitlockerStatus | null;
  readonly safe_boot_flag: boolean | null;
  readonly os_build: string | null;
  readonly clock_skew_seconds: number | null;
  readonly role: MachineRole | null;
  readonly bitlocker_key_escrowed: boolean | null;
  readonly attested_at: Date | null;
  readonly key_may_have_been_read: boolean;
  readonly reboot_failed: boolean;
  readonly site_silent: boolean;
};

/** What a row is looked at by. */
export type MachineReading = {
  readonly nowMs: number;
  readonly rules: Rules;
  readonly workPolicy: WorkPolicy;
  readonly isPracticeOpen: (practiceId: string) => boolean;
  readonly hasNoWorkingMachine: (practiceId: string) => boolean;
};

/** What rows are looked at by at a moment, while these practices have no working machine. */
export function machineReadingAt(
  nowMs: number,
  standing: PracticeStanding,
  rules: Rules,
  workPolicy: WorkPolicy,
): MachineReading {
  const hopeless = new Set(standing.withoutWorkingMachine);
  return {
    nowMs,
    rules,
    workPolicy,
    isPracticeOpen: (practiceId) => isOpenAt(hoursAt(rules, practiceId), nowMs),
    hasNoWorkingMachine: (practiceId) => hopeless.has(practiceId),
  };
}

/** A row as people see it at a moment: what the rules conclude from it is worked out here and nowhere stored. */
export function toMachineView(row: MachineViewRow, reading: MachineReading, sortValue: string): MachineView {
  const { nowMs, rules } = reading;
  const state = stateOf(row.state);
  const group = GROUP_OF_STATE[state];
  const lastHeardAtMs = toMs(row.heard_at);
  const sinceMs = row.since.getTime();
  const memory = memoryOf(row);
  const isUndecided = group === 'UNKNOWN' || group === 'UNRECOVERED';
  const priorityFacts = {
    ...{ state, sinceMs, role: row.role, practiceIsOpen: reading.isPracticeOpen(row.practice_id) },
    practiceHasNoWorkingMachine: reading.hasNoWorkingMachine(row.practice_id),
  };
  return {
    key: { practiceId: row.practice_id, machineId: row.machine_id },
    hostname: row.hostname,
    serialNumber: row.serial_number,
    exposure: exposureOf(row.exposure),
    state,
    group,
    reason: reasonOf(row.reason),
    failingTests: isUndecided ? failingTests(memory, rules) : [],
    identityConflict: memory.conflictSinceMs !== null,
    lastHeardAtMs,
    freshness: freshnessAt(lastHeardAtMs, nowMs, rules.policy),
    sinceMs,
    successorId: state === 'REPLACED' ? row.successor_id : null,
    facts: factsOf(row),
    role: row.role,
    priority: priorityOf(priorityFacts, nowMs),
    nextStep: nextStepOf(row, state, memory, reading),
    sortValue,
  };
}

function memoryOf(row: MachineViewRow): Memory {
  return decodeMemory({
    heardAtMs: toMs(row.heard_at),
    heardStartedAtMs: toMs(row.heard_started_at),
    heardSeq: row.heard_seq,
    text: row.memory,
  });
}

function nextStepOf(
  row: MachineViewRow,
  state: RecoveryState,
  memory: Memory,
  { nowMs, workPolicy }: MachineReading,
): NextStep {
  const situation = {
    state,
    exposure: exposureOf(row.exposure),
    sinceMs: row.since.getTime(),
    identityConflict: memory.conflictSinceMs !== null,
    siteSilent: row.site_silent,
    fileVerdict: row.file_verdict,
    bootMode: row.boot_mode,
    safeBootFlag: row.safe_boot_flag,
    sensorRunning: row.sensor_running,
    bitlocker: row.bitlocker,
    keyEscrowed: row.bitlocker_key_escrowed,
    keyMayHaveBeenRead: row.key_may_have_been_read,
    attested: isAttested(row, state),
    rebootFailed: row.reboot_failed,
  };
  return nextStep(situation, nowMs, workPolicy);
}

function isAttested({ attested_at: attestedAt, since }: MachineViewRow, state: RecoveryState): boolean {
  if (attestedAt === null) return false;
  return attestationStatus({ state, sinceMs: since.getTime() }, attestedAt.getTime()) === 'UNCONFIRMED';
}

function factsOf(row: MachineViewRow): MachineFactsView {
  return {
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
  };
}

function toMs(date: Date | null): number | null {
  return date === null ? null : date.getTime();
}
