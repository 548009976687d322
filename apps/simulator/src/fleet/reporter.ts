import type { BootSession, Facts, Machine } from './machine';
import { SECOND_MS } from './week';

/**
 * One report as it was made: what the machine was, when it said so, and when that reached somebody. True
 * time.
 */
export type Heartbeat = {
  readonly machine: Machine;
  readonly session: BootSession;
  readonly facts: Facts;
  /** Counts the reports of the session from its first number; from 1 again when the agent restarts. */
  readonly seq: number;
  readonly observedAtMs: number;
  /** Later than `observedAtMs` for a report that was kept back. */
  readonly deliveredAtMs: number;
};

/** The reporting interval a service issues by default. */
export const REPORT_EVERY_MS_DEFAULT = 300 * SECOND_MS;

/** A receipt can have been lost for a report of the last so many intervals. */
const UNRECEIPTED_INTERVALS = 2;

/**
 * Walks through one track of a machine's week and makes its reports, in order. The walk remembers where it
 * is, so a tick costs one comparison for a machine that has nothing to say.
 */
export class Reporter {
  private position = 0;
  private seq = 0;
  private dueMs = Infinity;
  private spool: Heartbeat[] = [];
  private lastDelivered: Heartbeat | null = null;

  /** Ready to make the first report observed at or after `fromMs`. */
  constructor(
    readonly machine: Machine,
    private readonly track: readonly BootSession[],
    fromMs: number,
    everyMs: number,
  ) {
    this.position = track.findIndex((session) => session.endMs > fromMs);
    if (this.position < 0) this.position = track.length;
    this.enterSession();
    this.forwardTo(fromMs, everyMs);
  }

  /** Nothing is delivered before this moment; Infinity at the end of the track. */
  get wakesAtMs(): number {
    const { held } = this.machine;
    return this.spool.length > 0 && held !== null ? Math.min(this.dueMs, held.untilMs) : this.dueMs;
  }

  /** Hands over everything that is delivered before `untilMs` and was not handed over yet, oldest first. */
  deliverUntil(untilMs: number, everyMs: number, take: (heartbeat: Heartbeat) => void): void {
    const { held } = this.machine;
    while (this.dueMs < untilMs) {
      const heartbeat = this.observe();
      if (held !== null && heartbeat.observedAtMs >= held.fromMs && heartbeat.observedAtMs < held.untilMs) {
        this.spool.push({ ...heartbeat, deliveredAtMs: held.untilMs });
      } else {
        if (held !== null && heartbeat.observedAtMs >= held.untilMs) this.flush(everyMs, take);
        take(heartbeat);
        this.lastDelivered = heartbeat;
      }
      this.advance(everyMs);
    }
    if (held !== null && held.untilMs < untilMs) this.flush(everyMs, take);
  }

  /**
   * The spool goes out. If the machine was heard right before it, that report goes out once more: its receipt
   * was lost with the line.
   */
  private flush(everyMs: number, take: (heartbeat: Heartbeat) => void): void {
    const first = this.spool[0];
    const { held } = this.machine;
    if (first === undefined || held === null) return;
    const last = this.lastDelivered;
    const unreceipted = (last?.observedAtMs ?? -Infinity) >= held.fromMs - UNRECEIPTED_INTERVALS * everyMs;
    if (last !== null && unreceipted) take({ ...last, deliveredAtMs: first.deliveredAtMs });
    for (const heartbeat of this.spool) take(heartbeat);
    this.spool = [];
  }

  private observe(): Heartbeat {
    const session = this.track[this.position] as BootSession;
    const observedAtMs = this.dueMs;
    const { machine, seq } = this;
    return {
      machine,
      session,
      facts: factsAt(session, observedAtMs),
      seq,
      observedAtMs,
      deliveredAtMs: observedAtMs,
    };
  }

  private advance(everyMs: number): void {
    const session = this.track[this.position] as BootSession;
    let nextMs = this.dueMs + everyMs;
    const restartMs = session.agentRestarts.find((atMs) => atMs > this.dueMs && atMs <= nextMs);
    if (restartMs !== undefined) nextMs = restartMs + session.firstReportAfterMs;
    for (const nap of session.asleep) {
      if (nextMs >= nap.fromMs && nextMs < nap.untilMs) nextMs = nap.untilMs + session.firstReportAfterMs;
    }
    if (nextMs < session.endMs) {
      this.seq = restartMs === undefined ? this.seq + 1 : 1;
      this.dueMs = nextMs;
      return;
    }
    this.position += 1;
    this.enterSession();
  }

  /**
   * From the start of the current session to its first report; sessions too short for one are passed over.
   */
  private enterSession(): void {
    for (; this.position < this.track.length; this.position++) {
      const session = this.track[this.position] as BootSession;
      const firstMs = session.startMs + session.firstReportAfterMs;
      if (firstMs < session.endMs) {
        this.seq = session.firstSeq;
        this.dueMs = firstMs;
        return;
      }
    }
    this.dueMs = Infinity;
  }

  /**
   * Passes over what was observed before `fromMs`; a session without standby and restarts of the agent is passed over by
   * arithmetic.
   */
  private forwardTo(fromMs: number, everyMs: number): void {
    const session = this.track[this.position];
    const isEven = session?.asleep.length === 0 && session.agentRestarts.length === 0;
    if (isEven && this.dueMs < fromMs) {
      const passed = Math.ceil((fromMs - this.dueMs) / everyMs) - 1;
      this.seq += passed;
      this.dueMs += passed * everyMs;
    }
    while (this.dueMs < fromMs) this.advance(everyMs);
  }
}

/** What the machine would say about itself at a moment of the session. */
function factsAt(session: BootSession, atMs: number): Facts {
  const { facts } = session;
  let latest = facts[0] as BootSession['facts'][number];
  for (const entry of facts) {
    if (entry.fromMs > atMs) break;
    latest = entry;
  }
  return latest.facts;
}

/**
 * The reports of one machine that are delivered in [fromMs, untilMs), by delivery, a clone's two computers
 * interleaved. A function of its arguments alone: cutting the time differently gives the same reports.
 */
export function heartbeatsBetween(
  machine: Machine,
  fromMs: number,
  untilMs: number,
  everyMs: number = REPORT_EVERY_MS_DEFAULT,
): readonly Heartbeat[] {
  const { held } = machine;
  // What was kept back was observed earlier, and the report before it is sent again.
  const unreceiptedMs = UNRECEIPTED_INTERVALS * everyMs;
  const sinceMs =
    held !== null && held.untilMs >= fromMs ? Math.min(fromMs, held.fromMs - unreceiptedMs) : fromMs;
  const heartbeats: Heartbeat[] = [];
  for (const track of machine.tracks) {
    new Reporter(machine, track, sinceMs, everyMs).deliverUntil(untilMs, everyMs, (heartbeat) => {
      if (heartbeat.deliveredAtMs >= fromMs) heartbeats.push(heartbeat);
    });
  }
  return heartbeats.sort((a, b) => a.deliveredAtMs - b.deliveredAtMs);
}
