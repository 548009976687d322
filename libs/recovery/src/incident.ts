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
  /** Sensors older than this could not load the content. */
  readonly minimumSensorVersion: string;
  /** Stop codes of the crashes that the content caused, in decimal. */
  readonly stopCodes: readonly number[];
};

/**
 * The CrowdStrike content update of 19 July 2024: served from 04:09 to 05:27 UTC, Windows sensors 7.11 and later, stop codes
 * 0x50 and 0x7E. Source: the vendor's technical details of 20 July 2024 and Microsoft's KB5042421.
 */
export const CHANNEL_FILE_291: Incident = {
  id: 'channel-file-291',
  name: 'CrowdStrike channel file 291, 19 July 2024',
  window: { fromMs: Date.UTC(2024, 6, 19, 4, 9), untilMs: Date.UTC(2024, 6, 19, 5, 27) },
  filePattern: 'C-00000291*.sys',
  goodFromMs: Date.UTC(2024, 6, 19, 5, 27),
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
