/** A book of turns: who comes next is told when to come, so that turns are spread evenly. */
export type TurnBook = {
  /** Nobody comes sooner than this. */
  readonly firstAfterMs: number;
  /** Nobody is put off for longer than this. */
  readonly lastAfterMs: number;
  /** Turns a second that may be given out. */
  readonly perSecond: number;
  /** So much may come at once before anybody is put off: those who come spread themselves over this time. */
  readonly toleranceMs: number;
};

/** When somebody shall come, and how far the book is filled now. */
export type Turn = { readonly afterMs: number; readonly bookedUntilMs: number };

/**
 * Gives out turns at an even rate. Whoever asks while few do is told the first moment there is. When more ask than the rate
 * allows, each is told a later one, right behind the one before; so a fleet that comes back in one minute does not come back in
 * one minute for ever. A book that is full to its last page is begun again at the first: the rate is then a multiple, and still
 * even. Nomad issues its heartbeat times in the same spirit (`max_heartbeats_per_second`), by the size of the fleet alone.
 *
 * @param bookedUntilMs what the last turn returned; anything in the past for an empty book
 * @param turns how many come with this one: a relay brings hundreds
 */
export function bookTurn(bookedUntilMs: number, nowMs: number, turns: number, book: TurnBook): Turn {
  const firstMs = nowMs + book.firstAfterMs;
  const lagMs = bookedUntilMs - firstMs - book.toleranceMs;
  const isFull = lagMs > book.lastAfterMs - book.firstAfterMs;
  const beginMs = isFull ? firstMs : Math.max(bookedUntilMs, firstMs);
  const putOffMs = isFull ? 0 : Math.max(0, lagMs);
  return { afterMs: book.firstAfterMs + putOffMs, bookedUntilMs: beginMs + (turns * 1_000) / book.perSecond };
}

/** What a client is told about its next report: after so many seconds, and a random part of so many more. */
export type NextReport = { readonly afterSeconds: number; readonly jitterSeconds: number };

/**
 * The rate at which reports are wished for is that of a fleet spread evenly over the interval, and a quarter more: clients'
 * jitter and a fleet that grows need the room. Below 200 a second nothing is gained by putting anybody off; it is a thirtieth of
 * what single reports reach on two cores.
 */
const HEADROOM = 1.25;
const REPORTS_PER_SECOND_MIN = 200;

/**
 * A report is put off to one and three quarters of the interval at most, jitter included: within two it still counts as fresh,
 * and at three a machine would look silent by our own doing.
 */
const STRETCH_MAX = 1.75;

/** Nobody is put off for what half of the jitter issued with the last answers spreads already. */
const TOLERANCE_OF_JITTER = 0.5;

/** Tells every client when to come next, and every refused one when to try again, so that storms flatten out. */
export class ReportSpacing {
  private machines = 0;
  private reportsBookedUntilMs = Number.NEGATIVE_INFINITY;
  private retriesBookedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly issued: { readonly everyMs: number; readonly jitterMs: number }) {}

  /** Tells how many machines there are; until then the fleet counts as small. */
  fleetIs(machines: number): void {
    this.machines = machines;
  }

  /** Reports a second that this process invites. */
  get perSecond(): number {
    return Math.max(REPORTS_PER_SECOND_MIN, (HEADROOM * this.machines * 1_000) / this.issued.everyMs);
  }

  /** How long after the issued interval somebody would be told to come who asked now. */
  putOffMs(nowMs: number): number {
    return bookTurn(this.reportsBookedUntilMs, nowMs, 0, this.reportBook()).afterMs - this.issued.everyMs;
  }

  /** When the sender of so many reports shall send the next ones. */
  next(reports: number, nowMs: number): NextReport {
    const turn = bookTurn(this.reportsBookedUntilMs, nowMs, reports, this.reportBook());
    this.reportsBookedUntilMs = turn.bookedUntilMs;
    return {
      afterSeconds: Math.floor(turn.afterMs / 1_000),
      jitterSeconds: Math.floor(this.issued.jitterMs / 1_000),
    };
  }

  /**
   * When a refused sender shall try again: not before what the cause of the refusal needs, and each a little after the one
   * before, because nobody adds a random part to Retry-After. At most one interval, which is no more than one missed report.
   *
   * @param leastSeconds what the cause of the refusal needs
   */
  retryAfterSeconds(leastSeconds: number, nowMs: number): number {
    const leastMs = leastSeconds * 1_000;
    const turn = bookTurn(this.retriesBookedUntilMs, nowMs, 1, {
      firstAfterMs: leastMs,
      lastAfterMs: Math.max(leastMs, this.issued.everyMs),
      perSecond: this.perSecond,
      toleranceMs: 0,
    });
    this.retriesBookedUntilMs = turn.bookedUntilMs;
    return Math.floor(turn.afterMs / 1_000);
  }

  private reportBook(): TurnBook {
    const { everyMs, jitterMs } = this.issued;
    return {
      firstAfterMs: everyMs,
      lastAfterMs: Math.max(everyMs, everyMs * STRETCH_MAX - jitterMs),
      perSecond: this.perSecond,
      toleranceMs: jitterMs * TOLERANCE_OF_JITTER,
    };
  }
}
