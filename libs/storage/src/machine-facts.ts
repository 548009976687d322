import type { Evidence, Heartbeat, Memory } from '@app/recovery';

/** What a machine last said about itself, in the columns of its row. An absent fact was not collected: its last value stays. */
export type MachineFacts = {
  readonly facts_ms: number;
  readonly hostname: string | undefined;
  readonly os_build: string | undefined;
  readonly sensor_version: string | null | undefined;
  readonly sensor_running: boolean | null;
  readonly bitlocker: string | null;
  readonly safe_boot_flag: boolean | null;
  readonly boot_mode: string;
  readonly file_written_ms: number | null | undefined;
  readonly file_verdict: string;
  readonly clock_skew_seconds: number | null;
  readonly identity_conflict_ms: number | null;
};

/** Skew is stored in steps of a minute: it wanders with every packet and only matters in minutes. */
const SKEW_STEP_MS = 60_000;

/** Two thousand years either way: machines whose clock was never set say 1601 or 9999, and the column is a 32-bit number. */
const SKEW_MS_MAX = 2_000_000_000 * 1_000;

/** Later facts over earlier ones of the same report; what the later heartbeat did not collect stays. */
export function mergeFacts(earlier: MachineFacts | null, later: MachineFacts): MachineFacts {
  if (earlier === null) return later;
  const collected = Object.entries(later).filter(([, value]) => value !== undefined);
  return { ...earlier, ...Object.fromEntries(collected) };
}

/** The facts of the newest heartbeat. */
export function factsOf(heartbeat: Heartbeat, evidence: Evidence, memory: Memory): MachineFacts {
  const skewMs = evidence.skewMs === null ? null : roundSkew(evidence.skewMs);
  return {
    facts_ms: evidence.observedAtMs,
    hostname: heartbeat.hostname,
    os_build: heartbeat.osBuild,
    sensor_version: heartbeat.sensorVersion,
    sensor_running: memory.sensorRunning?.value ?? null,
    bitlocker: memory.bitlocker?.value ?? null,
    safe_boot_flag: memory.safeBootFlag?.value ?? null,
    boot_mode: evidence.bootMode,
    file_written_ms: heartbeat.channelFileWrittenAtMs,
    file_verdict: memory.file?.value ?? 'NOT_COLLECTED',
    clock_skew_seconds: skewMs === null ? null : skewMs / 1_000,
    identity_conflict_ms: memory.conflictSinceMs,
  };
}

function roundSkew(skewMs: number): number {
  const rounded = Math.round(skewMs / SKEW_STEP_MS) * SKEW_STEP_MS;
  return Math.min(SKEW_MS_MAX, Math.max(-SKEW_MS_MAX, rounded));
}

/** A 32-bit FNV-1a hash of the facts without their time: an ordinary heartbeat is recognised without reading the stored facts. */
export function hashFacts(facts: MachineFacts): number {
  const text =
    `${facts.hostname}|${facts.os_build}|${facts.sensor_version}|${facts.sensor_running}|${facts.bitlocker}|` +
    `${facts.safe_boot_flag}|${facts.boot_mode}|${facts.file_written_ms}|${facts.file_verdict}|` +
    `${facts.clock_skew_seconds}|${facts.identity_conflict_ms}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
