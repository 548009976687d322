import type { BootMode, BootSession, Crash, Facts, Milestones, Life, Span } from './machine';
import type { Random } from './random';
import { MINUTE_MS, SECOND_MS, SUNDAY, THURSDAY, type Week } from './week';

/** The wire takes no more crashes per report; an agent sends the newest. */
const CRASHES_MAX = 32;

/** 0x50 and 0x7E, the two stop codes of the incident, in decimal as Windows logs them. */
const STOP_CODES = [80, 80, 80, 126] as const;

/** A crash without a captured stop code is logged as 0, as a loss of power is. */
const STOP_CODE_NOT_CAPTURED = 0;

/**
 * Loss of power, and DRIVER_POWER_STATE_FAILURE (0x9F): ordinary crashes that have nothing to do with the
 * incident.
 */
const UNRELATED_STOP_CODES = [0, 159] as const;

type OpenSession = { -readonly [K in keyof BootSession]: BootSession[K] } & {
  facts: { fromMs: number; facts: Facts }[];
  asleep: Span[];
};

/**
 * Writes down one computer's week in the order in which it happens. Each call names its moment; moments only
 * go forward. A call out of turn (booting a machine that is up, crashing one that is off) is a fault of the
 * story and throws.
 */
export class LifeWriter {
  private readonly sessions: BootSession[] = [];
  private session: OpenSession | null = null;
  private nowMs = -Infinity;
  private crashedAtMs: number | null = null;
  private repairedAtMs: number | null = null;
  private relapsedAtMs: number | null = null;
  private firstBoot: number | null = null;
  private nextBootId: () => string = () => this.random.hex(12);

  constructor(
    readonly random: Random,
    readonly week: Week,
    private facts: Facts,
  ) {}

  boot(atMs: number, changes: Partial<Facts> = {}, mode: BootMode = 'NORMAL'): void {
    if (this.session !== null) throw new Error('the machine is up already');
    this.advance(atMs);
    this.facts = { ...this.facts, ...changes };
    this.session = {
      bootId: this.nextBootId(),
      startMs: this.nowMs,
      endMs: Infinity,
      mode,
      firstReportAfterMs: this.random.whole(20, 60) * SECOND_MS,
      facts: [{ fromMs: this.nowMs, facts: this.facts }],
      asleep: [],
      firstSeq: 1,
      agentRestarts: [],
    };
  }

  /** Boot ids are Windows' own count of boots from here on, and an image's restore sets it back. */
  countBoots(first: number): void {
    this.firstBoot = first;
    let boot = first;
    this.nextBootId = () => String(boot++);
  }

  /** A restored image, taken before the life began, counts its boots again. Without a count nothing repeats. */
  countBootsAgain(): void {
    if (this.firstBoot !== null) this.countBoots(this.firstBoot);
  }

  /** Every boot has this id from here on: Windows counts none where its prefetch is off. */
  repeatBootId(bootId: string): void {
    this.nextBootId = () => bootId;
  }

  /** Something about the running machine changes. */
  change(atMs: number, changes: Partial<Facts>): void {
    this.advance(atMs);
    this.facts = { ...this.facts, ...changes };
    this.up().facts.push({ fromMs: this.nowMs, facts: this.facts });
  }

  /** Up and well until `untilMs`: fetches each harmless new content file some minutes after its release. */
  wellUntil(untilMs: number): void {
    const session = this.up();
    // What a repair in the long tail after the week would be followed by is never told.
    if (this.nowMs >= this.week.horizonMs) return;
    const until = Math.min(untilMs, this.week.horizonMs);
    for (const releasedAtMs of harmlessReleases(this.week)) {
      const written = this.facts.fileWrittenAtMs;
      if (written === undefined || this.facts.sensorVersion === null || this.facts.sensorRunning !== true)
        break;
      if (written !== null && written >= releasedAtMs) continue;
      const fetchedAtMs =
        Math.max(releasedAtMs, session.startMs, this.nowMs) + this.random.whole(60, 240) * SECOND_MS;
      if (fetchedAtMs >= until) break;
      this.change(fetchedAtMs, { fileWrittenAtMs: fetchedAtMs });
    }
    this.advance(until);
  }

  /** In standby until `untilMs`; the boot session goes on. */
  sleepUntil(untilMs: number): void {
    const session = this.up();
    const fromMs = this.nowMs;
    this.advance(untilMs);
    session.asleep.push({ fromMs, untilMs: this.nowMs });
  }

  shutDown(atMs: number): void {
    const session = this.up();
    this.advance(atMs);
    session.endMs = this.nowMs;
    this.sessions.push(session);
    this.session = null;
  }

  /**
   * A crash by the faulty file. Windows does not always manage to write it down: a machine that falls over
   * before its event log runs leaves no entry, or one without a stop code. `recorded` forces an entry with
   * the code.
   */
  crash(atMs: number, recorded: boolean): void {
    this.shutDown(atMs);
    if (this.crashedAtMs === null) this.crashedAtMs = this.nowMs;
    else if (this.repairedAtMs !== null && this.relapsedAtMs === null) this.relapsedAtMs = this.nowMs;
    if (recorded || this.random.chance(0.7)) this.remember(this.random.pick(STOP_CODES));
    else if (this.random.chance(0.3)) this.remember(STOP_CODE_NOT_CAPTURED);
  }

  /** A power cut or an unrelated crash: Windows starts again later and lists it, and it proves nothing. */
  stumble(atMs: number): void {
    this.shutDown(atMs);
    this.remember(this.random.pick(UNRELATED_STOP_CODES));
  }

  /** From `atMs` on the machine works for good (or until it relapses). */
  repaired(atMs: number): void {
    this.advance(atMs);
    this.repairedAtMs = this.nowMs;
  }

  /** What the machine would report about itself now. */
  get current(): Facts {
    return this.facts;
  }

  /** The moment up to which the life is written. */
  get clockMs(): number {
    return this.nowMs;
  }

  /** The finished week; a machine that is up stays up to the horizon, and what lies behind it is cut off. */
  finish(): Life {
    if (this.session !== null) this.shutDown(Math.max(this.nowMs, this.week.horizonMs));
    const { horizonMs } = this.week;
    const within = (atMs: number | null): number | null => (atMs !== null && atMs < horizonMs ? atMs : null);
    const milestones: Milestones = {
      crashedAtMs: within(this.crashedAtMs),
      repairedAtMs: within(this.repairedAtMs),
      relapsedAtMs: within(this.relapsedAtMs),
    };
    const sessions = this.sessions
      .filter((session) => session.startMs < horizonMs)
      .map((session) => ({ ...session, endMs: Math.min(session.endMs, horizonMs) }));
    return { sessions, milestones };
  }

  private remember(stopCode: number): void {
    const crashes: readonly Crash[] = [...this.facts.crashes, { atMs: this.nowMs, stopCode }];
    this.facts = { ...this.facts, crashes: crashes.slice(-CRASHES_MAX) };
  }

  private up(): OpenSession {
    if (this.session === null) throw new Error('the machine is off');
    return this.session;
  }

  private advance(atMs: number): void {
    // Whole seconds: the wire counts ages and uptimes in them, so nothing is lost by rounding there.
    const secondMs = Math.round(atMs / SECOND_MS) * SECOND_MS;
    if (secondMs < this.nowMs) throw new Error('a life is written forwards');
    this.nowMs = secondMs;
  }
}

/**
 * When content that does no harm came out: an ordinary one on Thursday, the revert on Friday, another on
 * Sunday.
 */
function harmlessReleases(week: Week): readonly number[] {
  return [week.at(THURSDAY, 10), week.windowEndMs, week.at(SUNDAY, 12)];
}

/**
 * A machine that has been up since some night of the days before the week: where every always-on life begins.
 */
export function bootBeforeTheWeek(life: LifeWriter): void {
  life.boot(life.week.startMs - life.random.whole(30, 6 * 24 * 60) * MINUTE_MS);
}
