import type { Policy } from './policy';

/** How fresh the last report is. Computed when read, never stored: it changes by the mere passing of time. */
export const FRESHNESSES = ['FRESH', 'LATE', 'SILENT', 'NEVER'] as const;
export type Freshness = (typeof FRESHNESSES)[number];

/** FRESH up to two intervals, LATE up to three, SILENT beyond; NEVER before the first report. */
export function freshnessAt(lastHeardMs: number | null, nowMs: number, policy: Policy): Freshness {
  if (lastHeardMs === null) return 'NEVER';
  const ageMs = nowMs - lastHeardMs;
  if (ageMs <= policy.freshForIntervals * policy.intervalMs) return 'FRESH';
  return ageMs <= policy.silentAfterIntervals * policy.intervalMs ? 'LATE' : 'SILENT';
}
