import type { Policy } from './policy';

/**
 * A machine's own clock beside ours, as one heartbeat shows it. Windows stamps files and crashes by the machine's clock; the
 * observation and the start of the boot session are dated by ours.
 */
export type MachineClock = {
  readonly observedAtMs: number;
  readonly receivedAtMs: number;
  readonly sessionStartedAtMs: number;
  /** The machine's clock minus ours, when it told; positive: its clock is ahead. */
  readonly skewMs: number | null;
};

/**
 * Agents differ in what `sentAt` of a spooled report means: when it was written or when it was sent. The reading that makes
 * the clock look better is taken, so that a spool never invents a skew.
 */
export function clockSkew(
  sentAtMs: number | undefined,
  receivedAtMs: number,
  observedAtMs: number,
): number | null {
  if (sentAtMs === undefined || sentAtMs < CLOCKS_SHOW_SINCE_MS) return null;
  const atSending = sentAtMs - receivedAtMs;
  const atWriting = sentAtMs - observedAtMs;
  return Math.abs(atWriting) < Math.abs(atSending) ? atWriting : atSending;
}

/** No clock of a running Windows shows an earlier time; 1601 and 1970 are what an empty time reads as. */
const CLOCKS_SHOW_SINCE_MS = Date.UTC(2000, 0, 1);

/** Whether a machine says itself that its clock is wrong. */
function isClockWrong(clock: MachineClock, policy: Policy): boolean {
  return Math.abs(clock.skewMs ?? 0) > policy.skewToleranceMs;
}

/** When a stamped moment really was, if the clock was as wrong then as it is now. */
function rightedMs(stampMs: number, clock: MachineClock): number {
  return stampMs - (clock.skewMs ?? 0);
}

/**
 * When a crash happened that a heartbeat tells of, or null when its stamp says nothing about that.
 *
 * A crash ends the session before the one that tells of it, which bounds it by our own clock: a reading that lies later than the
 * start of this session is not the right one. A clock that is right now is believed. Of a wrong one the reading that its skew
 * puts right is taken, and if that is impossible the stamp itself: the clock was right then and has gone wrong since.
 */
export function crashMoment(stampMs: number, clock: MachineClock, policy: Policy): number | null {
  if (!isClockWrong(clock, policy))
    return stampMs > clock.receivedAtMs + policy.futureToleranceMs ? null : stampMs;
  const latestMs = clock.sessionStartedAtMs + policy.sessionStartToleranceMs;
  const righted = rightedMs(stampMs, clock);
  if (righted <= latestMs) return righted;
  return stampMs <= latestMs ? stampMs : null;
}

/**
 * When a file was last written, or null when its stamp says nothing about on which side of an edge that was: a stamp from the
 * future, or with a wrong clock one within the skew of an edge. It is not put right as a crash is, because nothing bounds when it
 * was written: a clock that is wrong now may have been right then.
 */
export function writeMoment(
  stampMs: number,
  edgesMs: readonly number[],
  clock: MachineClock,
  policy: Policy,
): number | null {
  if (stampMs > clock.receivedAtMs + policy.futureToleranceMs) return null;
  const skewMs = Math.abs(clock.skewMs ?? 0);
  return isClockWrong(clock, policy) && isWithin(skewMs, stampMs, edgesMs) ? null : stampMs;
}

function isWithin(distanceMs: number, atMs: number, edgesMs: readonly number[]): boolean {
  return edgesMs.some((edgeMs) => Math.abs(atMs - edgeMs) <= distanceMs);
}
