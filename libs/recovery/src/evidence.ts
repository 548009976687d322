import { SECOND_MS } from './clock';
import type { BitlockerStatus, BootMode, Crash, Heartbeat } from './heartbeat';
import { isInScope, type Incident } from './incident';
import type { Policy } from './policy';

/**
 * What the newest last-write time of the incident's files says. PRE_INCIDENT is harmless: the sensor has not updated since.
 * NOT_COLLECTED and AMBIGUOUS prove nothing.
 */
export const FILE_VERDICTS = ['NOT_COLLECTED', 'ABSENT', 'PRE_INCIDENT', 'BAD', 'GOOD', 'AMBIGUOUS'] as const;
export type FileVerdict = (typeof FILE_VERDICTS)[number];

/** What one heartbeat proves, dated by the server. */
export type Evidence = {
  readonly observedAtMs: number;
  readonly receivedAtMs: number;
  readonly sessionStartedAtMs: number;
  readonly bootId: string;
  readonly seq: number;
  readonly bootMode: BootMode;
  /** The report waited so briefly that it says where the machine is now. */
  readonly live: boolean;
  readonly file: FileVerdict;
  /** Crashes with the incident's stop codes since the window's start, oldest first, each moment once. */
  readonly hitsMs: readonly number[];
  /** The newest other crash since the window's start. */
  readonly lastSoftCrashMs: number | null;
  readonly inScope: boolean;
  readonly sensorRunning: boolean | undefined;
  readonly bitlocker: BitlockerStatus | undefined;
  readonly safeBootFlag: boolean | undefined;
  /** The machine's clock minus ours, when it told; positive: its clock is ahead. */
  readonly skewMs: number | null;
};

/** Dates and judges one heartbeat. Pure: the moment of receipt is an argument, and the machine's own clock decides nothing. */
export function proveHeartbeat(
  heartbeat: Heartbeat,
  receivedAtMs: number,
  incident: Incident,
  policy: Policy,
): Evidence {
  const observedAtMs = receivedAtMs - heartbeat.ageMs;
  const skewMs = clockSkew(heartbeat, receivedAtMs, observedAtMs);
  const crashes = judgeCrashes(heartbeat.crashes, receivedAtMs, skewMs, incident, policy);
  return {
    observedAtMs,
    receivedAtMs,
    sessionStartedAtMs: startOfSession(observedAtMs, heartbeat.uptimeMs),
    bootId: heartbeat.bootId,
    seq: heartbeat.seq,
    bootMode: heartbeat.bootMode,
    live: heartbeat.ageMs <= policy.liveAgeMaxMs,
    file: judgeFile(heartbeat.channelFileWrittenAtMs, receivedAtMs, skewMs, incident, policy),
    hitsMs: crashes.hitsMs,
    lastSoftCrashMs: crashes.lastSoftCrashMs,
    inScope: isInScope(heartbeat.sensorVersion, incident),
    sensorRunning: heartbeat.sensorVersion === null ? false : heartbeat.sensorRunning,
    bitlocker: heartbeat.bitlocker === 'UNKNOWN' ? undefined : heartbeat.bitlocker,
    safeBootFlag: heartbeat.safeBootFlag,
    skewMs,
  };
}

/** When a boot session started, in whole seconds: uptime is told so, and an exact start would wander from report to report. */
export function startOfSession(observedAtMs: number, uptimeMs: number): number {
  return Math.floor((observedAtMs - uptimeMs) / SECOND_MS) * SECOND_MS;
}

/** Whether a verdict says anything about the file at all. */
export function provesFile(verdict: FileVerdict): boolean {
  return verdict !== 'NOT_COLLECTED' && verdict !== 'AMBIGUOUS';
}

/**
 * Agents differ in what `sentAt` of a spooled report means: when it was written or when it was sent. The reading that makes
 * the clock look better is taken, so that a spool never invents a skew.
 */
function clockSkew(heartbeat: Heartbeat, receivedAtMs: number, observedAtMs: number): number | null {
  if (heartbeat.sentAtMs === undefined) return null;
  const atSending = heartbeat.sentAtMs - receivedAtMs;
  const atWriting = heartbeat.sentAtMs - observedAtMs;
  return Math.abs(atWriting) < Math.abs(atSending) ? atWriting : atSending;
}

function judgeFile(
  writtenAtMs: number | null | undefined,
  receivedAtMs: number,
  skewMs: number | null,
  incident: Incident,
  policy: Policy,
): FileVerdict {
  if (writtenAtMs === undefined) return 'NOT_COLLECTED';
  if (writtenAtMs === null) return 'ABSENT';
  if (writtenAtMs > receivedAtMs + policy.futureToleranceMs) return 'AMBIGUOUS';
  if (isNearEdge(writtenAtMs, [incident.window.fromMs, incident.goodFromMs], skewMs, policy))
    return 'AMBIGUOUS';
  if (writtenAtMs < incident.window.fromMs) return 'PRE_INCIDENT';
  return writtenAtMs < incident.goodFromMs ? 'BAD' : 'GOOD';
}

/** Windows stamps files and events by the machine's clock: with a skewed one, a time within the skew of an edge may lie on either side. */
function isNearEdge(
  atMs: number,
  edgesMs: readonly number[],
  skewMs: number | null,
  policy: Policy,
): boolean {
  const skew = Math.abs(skewMs ?? 0);
  return skew > policy.skewToleranceMs && edgesMs.some((edgeMs) => Math.abs(atMs - edgeMs) <= skew);
}

function judgeCrashes(
  crashes: readonly Crash[],
  receivedAtMs: number,
  skewMs: number | null,
  incident: Incident,
  policy: Policy,
): { hitsMs: readonly number[]; lastSoftCrashMs: number | null } {
  if (crashes.length === 0) return NO_CRASHES;
  const hits = new Set<number>();
  let lastSoftCrashMs: number | null = null;
  for (const crash of crashes) {
    if (crash.atMs < incident.window.fromMs || crash.atMs > receivedAtMs + policy.futureToleranceMs) continue;
    if (isNearEdge(crash.atMs, [incident.window.fromMs], skewMs, policy)) continue;
    if (incident.stopCodes.includes(crash.stopCode)) hits.add(crash.atMs);
    else if (lastSoftCrashMs === null || crash.atMs > lastSoftCrashMs) lastSoftCrashMs = crash.atMs;
  }
  return { hitsMs: [...hits].sort((a, b) => a - b), lastSoftCrashMs };
}

const NO_CRASHES = { hitsMs: [], lastSoftCrashMs: null } as const;
