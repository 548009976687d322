import { SECOND_MS } from './clock';
import { fingerprintOf } from './fingerprint';
import type { BitlockerStatus, BootMode, Crash, Heartbeat } from './heartbeat';
import { counts, type ToldCrash } from './crash-history';
import { isInScope, isStopCodeOf, type Incident } from './incident';
import { clockSkew, crashMoment, writeMoment, type MachineClock } from './machine-clock';
import type { Policy } from './policy';

/**
 * What the newest last-write time of the incident's files says. PRE_INCIDENT is harmless: the sensor has not updated since.
 * NOT_COLLECTED and AMBIGUOUS prove nothing; a time from before such files existed is AMBIGUOUS.
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
  /** The same with the stamps they were told by, and those whose stamp says nothing yet. */
  readonly crashes: readonly ToldCrash[];
  /** The newest other crash since the window's start. */
  readonly lastSoftCrashMs: number | null;
  /** Stands for everything else that the heartbeat told (`fingerprintOf`). */
  readonly fingerprint: number;
  readonly inScope: boolean;
  readonly sensorRunning: boolean | undefined;
  readonly bitlocker: BitlockerStatus | undefined;
  readonly safeBootFlag: boolean | undefined;
  /** The machine's clock minus ours, when it told; positive: its clock is ahead. */
  readonly skewMs: number | null;
};

/** Dates and judges one heartbeat. Pure: the moment of receipt is an argument, and the machine's own clock orders nothing. */
export function proveHeartbeat(
  heartbeat: Heartbeat,
  receivedAtMs: number,
  incident: Incident,
  policy: Policy,
): Evidence {
  const observedAtMs = receivedAtMs - heartbeat.ageMs;
  const clock: MachineClock = {
    observedAtMs,
    receivedAtMs,
    sessionStartedAtMs: startOfSession(observedAtMs, heartbeat.uptimeMs),
    skewMs: clockSkew(heartbeat.sentAtMs, receivedAtMs, observedAtMs),
  };
  const { hitsMs, crashes, lastSoftCrashMs } = judgeCrashes(heartbeat.crashes, clock, incident, policy);
  // Fields by name: two spreads make an object that the engine keeps as a dictionary, at ten times the price of the whole function.
  return {
    observedAtMs,
    receivedAtMs,
    sessionStartedAtMs: clock.sessionStartedAtMs,
    bootId: heartbeat.bootId,
    seq: heartbeat.seq,
    bootMode: heartbeat.bootMode,
    live: heartbeat.ageMs <= policy.liveAgeMaxMs,
    file: judgeFile(heartbeat.channelFileWrittenAtMs, clock, incident, policy),
    hitsMs,
    crashes,
    lastSoftCrashMs,
    fingerprint: fingerprintOf(heartbeat),
    inScope: isInScope(heartbeat.sensorVersion, incident),
    sensorRunning: heartbeat.sensorVersion === null ? false : heartbeat.sensorRunning,
    bitlocker: heartbeat.bitlocker === 'UNKNOWN' ? undefined : heartbeat.bitlocker,
    safeBootFlag: heartbeat.safeBootFlag,
    skewMs: clock.skewMs,
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

function judgeFile(
  stampMs: number | null | undefined,
  clock: MachineClock,
  incident: Incident,
  policy: Policy,
): FileVerdict {
  if (stampMs === undefined) return 'NOT_COLLECTED';
  if (stampMs === null) return 'ABSENT';
  const { window, goodFromMs, filesSinceMs } = incident;
  // 1601, 1970, 1980 and the like are what an empty time reads as.
  if (stampMs < filesSinceMs) return 'AMBIGUOUS';
  const writtenAtMs = writeMoment(stampMs, [window.fromMs, goodFromMs], clock, policy);
  if (writtenAtMs === null) return 'AMBIGUOUS';
  if (writtenAtMs < window.fromMs) return 'PRE_INCIDENT';
  return writtenAtMs < goodFromMs ? 'BAD' : 'GOOD';
}

type JudgedCrashes = Pick<Evidence, 'hitsMs' | 'crashes' | 'lastSoftCrashMs'>;

/** A crash from before the window, or an ordinary one after the end of harm, proves nothing; one whose stamp says nothing is remembered by it, lest it looks like a new one later. */
function judgeCrashes(
  told: readonly Crash[],
  clock: MachineClock,
  incident: Incident,
  policy: Policy,
): JudgedCrashes {
  if (told.length === 0) return NO_CRASHES;
  const crashes: ToldCrash[] = [];
  let lastSoftCrashMs: number | null = null;
  for (const { atMs: stampMs, stopCode } of told) {
    const momentMs = crashMoment(stampMs, clock, policy);
    const atMs = momentMs ?? stampMs;
    if (atMs < incident.window.fromMs) continue;
    if (isStopCodeOf(stopCode, incident)) crashes.push({ stampMs, atMs, ahead: momentMs === null });
    else if (momentMs !== null && momentMs < incident.harmUntilMs)
      lastSoftCrashMs = Math.max(lastSoftCrashMs ?? momentMs, momentMs);
  }
  const hitsMs = [...new Set(crashes.filter(counts).map(({ atMs }) => atMs))].sort((a, b) => a - b);
  return { hitsMs, crashes, lastSoftCrashMs };
}

const NO_CRASHES: JudgedCrashes = { hitsMs: [], crashes: [], lastSoftCrashMs: null };
