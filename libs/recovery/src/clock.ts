/** Where the time comes from. Nothing below the edge of the system asks for the time itself; it is handed a clock or a moment. */
export type Clock = {
  /** The present moment, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
};

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A stretch of time, half open: `fromMs` belongs to it, `untilMs` does not. */
export type Interval = { readonly fromMs: number; readonly untilMs: number };

/** The earlier of two moments; null when there is none. */
export function earliest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

/** The later of two moments; null when there is none. */
export function latest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
