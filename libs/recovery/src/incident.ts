import type { Interval } from './clock';

/** A faulty update, as data: a second incident needs another value of this type and no change of code. */
export type Incident = {
  readonly id: string;
  readonly name: string;
  /** When the faulty content was served; half open. */
  readonly window: Interval;
  /** Which files carry the content, as the vendor writes the pattern. */
  readonly filePattern: string;
  /** A file written at or after this moment is the repaired one. */
  readonly goodFromMs: number;
  /** No file of the pattern existed before this moment: an earlier last-write time is none. */
  readonly filesSinceMs: number;
  /** From this moment on an ordinary crash is no sign of the incident, except soon after harm that is known. */
  readonly harmUntilMs: number;
  /** Sensors older than this could not load the content. */
  readonly minimumSensorVersion: string;
  /** Stop codes of the crashes that the content caused, in decimal; their families count (`isStopCodeOf`). */
  readonly stopCodes: readonly number[];
};

/**
 * The CrowdStrike content update of 19 July 2024: served from 04:09 to 05:27 UTC, Windows sensors 7.11 and later, stop codes
 * 0x50 and 0x7E. Source: the vendor's technical details of 20 July 2024 and Microsoft's KB5042421. Sensor 7.11, the first that reads
 * channel file 291, was released on 28 February 2024 (the vendor's root cause analysis of 6 August 2024). The end of harm is
 * four weeks after the update: 99 % of sensors were back by 29 July (the vendor), and a machine that was switched off for a
 * summer holiday has been started again. One that stays off for longer is known by its silence or by its file.
 */
export const CHANNEL_FILE_291: Incident = {
  id: 'channel-file-291',
  name: 'CrowdStrike channel file 291, 19 July 2024',
  window: { fromMs: Date.UTC(2024, 6, 19, 4, 9), untilMs: Date.UTC(2024, 6, 19, 5, 27) },
  filePattern: 'C-00000291*.sys',
  goodFromMs: Date.UTC(2024, 6, 19, 5, 27),
  filesSinceMs: Date.UTC(2024, 1, 28),
  harmUntilMs: Date.UTC(2024, 7, 16, 5, 27),
  minimumSensorVersion: '7.11',
  stopCodes: [0x50, 0x7e],
};

/** Lists what is contradictory about an incident; empty when it can be used. */
export function incidentProblems(incident: Incident): string[] {
  const problems: string[] = [];
  if (incident.window.fromMs >= incident.window.untilMs)
    problems.push('the window must start before it ends');
  if (incident.goodFromMs < incident.window.untilMs)
    problems.push('good files cannot be older than the end of the window');
  if (incident.filesSinceMs > incident.window.fromMs)
    problems.push('the files cannot be newer than the start of the window');
  if (incident.harmUntilMs < incident.window.untilMs)
    problems.push('the harm cannot end before the window does');
  if (parseVersion(incident.minimumSensorVersion) === null)
    problems.push('the minimum sensor version must be dotted numbers');
  if (incident.stopCodes.length === 0) problems.push('at least one stop code is needed');
  return problems;
}

/**
 * Whether a machine with this sensor could load the faulty content. Not collected, and a version that cannot be read, count
 * as in scope: leaving a machine out needs proof.
 */
export function isInScope(sensorVersion: string | null | undefined, incident: Incident): boolean {
  if (sensorVersion === null) return false;
  if (sensorVersion === undefined) return true;
  const version = parseVersion(sensorVersion);
  const minimum = parseVersion(incident.minimumSensorVersion);
  if (version === null || minimum === null) return true;
  return compareVersions(version, minimum) >= 0;
}

/**
 * Whether a crash has one of the incident's stop codes. Windows sets bit 28 of a stop code that a driver raised again (0x7E and
 * 0x1000007E are one crash), and some tools write codes as signed 32-bit numbers. Source: Microsoft's bug check code reference,
 * 0x1000007E "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M" and 0x10000050.
 */
export function isStopCodeOf(stopCode: number, incident: Incident): boolean {
  return incident.stopCodes.some((one) => familyOf(one) === familyOf(stopCode));
}

function familyOf(stopCode: number): number {
  return (stopCode & ~RAISED_AGAIN) >>> 0;
}

const RAISED_AGAIN = 0x1000_0000;

function parseVersion(text: string): readonly number[] | null {
  return /^\d{1,9}(\.\d{1,9}){0,7}$/.test(text) ? text.split('.').map(Number) : null;
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
