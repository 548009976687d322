import type { Clock } from '@app/recovery';
import { parseInstant } from './instant';

/** How `RECOVERY_CLOCK` replaces the clock: it runs fast from a moment, or stands still until it is set. */
export type ClockSetting =
  | { readonly kind: 'REAL' }
  | { readonly kind: 'FAST'; readonly startMs: number; readonly factor: number }
  | { readonly kind: 'MANUAL'; readonly startMs: number };

/** Ten thousand times: a day in nine seconds. Faster, sweeps could not keep up. */
const FACTOR_MAX = 10_000;

/** Reads `2024-07-19T00:00:00Z x600` or `manual 2024-07-19T00:00:00Z`; null when it is neither. */
export function parseClockSetting(text: string): ClockSetting | null {
  const manual = /^manual\s+(\S+)$/.exec(text);
  if (manual !== null) {
    const start = parseInstant(manual[1] as string);
    return typeof start === 'number' ? { kind: 'MANUAL', startMs: start } : null;
  }
  const fast = /^(\S+)\s+x(\d+(?:\.\d+)?)$/.exec(text);
  if (fast === null) return null;
  const start = parseInstant(fast[1] as string);
  const factor = Number(fast[2]);
  return typeof start === 'number' && factor > 0 && factor <= FACTOR_MAX
    ? { kind: 'FAST', startMs: start, factor }
    : null;
}

/** The service's clock. Only the manual one can be set, and never backwards. */
export class RecoveryClock implements Clock {
  private manualMs: number;
  private readonly startMs: number;
  /** The moment from which it continues, in epoch milliseconds, because its setting names an earlier one; else null. */
  readonly continuesFromMs: number | null;
  private readonly startedRealMs = Date.now();

  /**
   * @param notBeforeMs the newest moment that the database knows: a replaced clock begins there where its setting names an earlier
   *   one, as after a restart. Reports would be older than what is known of their machines, and all of them stale
   */
  constructor(
    readonly setting: ClockSetting,
    notBeforeMs = Number.NEGATIVE_INFINITY,
  ) {
    this.startMs = setting.kind === 'REAL' ? 0 : Math.max(setting.startMs, notBeforeMs);
    this.continuesFromMs = setting.kind !== 'REAL' && setting.startMs < notBeforeMs ? notBeforeMs : null;
    this.manualMs = this.startMs;
  }

  now(): number {
    switch (this.setting.kind) {
      case 'REAL':
        return Date.now();
      case 'FAST':
        return Math.floor(this.startMs + (Date.now() - this.startedRealMs) * this.setting.factor);
      case 'MANUAL':
        return this.manualMs;
    }
  }

  /** @returns false when the clock cannot be set: it is not a manual one, or the moment has passed */
  set(nowMs: number): boolean {
    if (this.setting.kind !== 'MANUAL' || nowMs < this.manualMs) return false;
    this.manualMs = nowMs;
    return true;
  }
}
