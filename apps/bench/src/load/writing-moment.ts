import type { UptimeStyle } from '../bench-options';
import { UPTIME_WIDTH } from './heartbeat-slots';

/** The moment of writing, spelled out once for all heartbeats of a request. */
export type WritingMoment = {
  readonly sentAt: Buffer;
  readonly uptime: Buffer;
  /** One second less than `uptime`. */
  readonly shorterUptime: Buffer;
  /**
   * Machines that booted later within their second than this tell the shorter uptime: their last second is
   * not full yet.
   */
  readonly shorterAbove: number;
};

const SECOND_MS = 1_000;

/**
 * @param nowMs when the request is written
 * @param bootedAtMs the whole second in which every machine of the fleet booted
 * @param style whether uptimes are told to the millisecond, of machines that booted with the second, or cut
 *   to whole seconds, of machines that booted at any time within it
 */
export function writingMoment(nowMs: number, bootedAtMs: number, style: UptimeStyle): WritingMoment {
  const uptimeMs = nowMs - bootedAtMs;
  const wholeSeconds = Math.floor(uptimeMs / SECOND_MS);
  const told = style === 'exact' ? (uptimeMs / SECOND_MS).toFixed(3) : String(wholeSeconds);
  return {
    sentAt: Buffer.from(new Date(nowMs).toISOString(), 'latin1'),
    uptime: Buffer.from(told.padStart(UPTIME_WIDTH), 'latin1'),
    shorterUptime: Buffer.from(String(wholeSeconds - 1).padStart(UPTIME_WIDTH), 'latin1'),
    shorterAbove: style === 'exact' ? 1 : (uptimeMs % SECOND_MS) / SECOND_MS,
  };
}
