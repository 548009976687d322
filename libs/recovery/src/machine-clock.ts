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
  if (sentAtMs === undefined) return null;
  const atSending = sentAtMs - receivedAtMs;
  const atWriting = sentAtMs - observedAtMs;
  return Math.abs(atWriting) < Math.abs(atSending) ? atWriting : atSending;
}

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
 * When a file was last written, or null when its stamp says nothing about on which side of an edge that was.
 *
 * With a wrong clock a time within the skew of an edge may lie on either side of it. Only a file written in the present boot
 * session can be dated all the same: by its age on a clock that has run on since. The report that tells of it dates the start of
 * the session, too, so that what its journey took adds nothing to the comparison.
 */
export function writeMoment(
  stampMs: number,
  edgesMs: readonly number[],
  clock: MachineClock,
  policy: Policy,
): number | null {
  if (!isClockWrong(clock, policy))
    return stampMs > clock.receivedAtMs + policy.futureToleranceMs ? null : stampMs;
  const righted = rightedMs(stampMs, clock);
  if (righted >= clock.sessionStartedAtMs && righted <= clock.observedAtMs)
    return isWithin(policy.skewToleranceMs, righted, edgesMs) ? null : righted;
  if (stampMs > clock.receivedAtMs + policy.futureToleranceMs) return null;
  return isWithin(Math.abs(clock.skewMs ?? 0), stampMs, edgesMs) ? null : stampMs;
}

function isWithin(distanceMs: number, atMs: number, edgesMs: readonly number[]): boolean {
  return edgesMs.some((edgeMs) => Math.abs(atMs - edgeMs) <= distanceMs);
}
