import {
  fellSilentWith,
  isSiteMatter,
  recogniseSite,
  rulesAt,
  silentAfterMs,
  siteHold,
  speakingWithinMs,
  togetherWithinMs,
  type Rules,
} from '@app/recovery';
import {
  endSilences,
  readSilences,
  readSilentContacts,
  recordSilences,
  type PracticeSilence,
  type Queryable,
  type SilencePlace,
  type StoredMachine,
} from '@app/storage';

/** What is known of the practices of a batch. */
export type Explanation = {
  /** Silences of each practice that may explain those of its machines. */
  readonly silences: ReadonlyMap<string, readonly PracticeSilence[]>;
  /** Machines whose practice there was no time to ask about: to be left as they are until the next sweep. */
  readonly postponed: ReadonlySet<StoredMachine>;
};

/** Practices, or open silences, looked at in one statement. */
const LOOK_ROWS = 50;
/**
 * A sweep looks at open silences for so long, and asks about practices for so long again; the next one goes on from there. A
 * silent practice of 36 machines costs 50 µs, one of a thousand 1 ms: a nation that is silent must not hold up a sweep.
 */
const LOOK_MS_MAX = 250;

const FIRST_PLACE: SilencePlace = { practiceId: '', silentSinceMs: 0 };
const NOTHING_TO_EXPLAIN: Explanation = { silences: new Map(), postponed: new Set() };

/**
 * Knows which practices are silent as a whole. It only reads machines, and writes nothing but its own few rows, so that no
 * heartbeat waits for it; every statement stands alone, and two processes that notice the same write it once.
 */
export class SilentSites {
  private place: SilencePlace = FIRST_PLACE;
  private askingMs = 0;

  constructor(
    private readonly db: Queryable,
    private readonly monotonicMs: () => number,
  ) {}

  /** Begins a sweep: ends the silences of practices that speak again. @returns how many */
  async noticeReturns(nowMs: number): Promise<number> {
    this.askingMs = 0;
    const startedMs = this.monotonicMs();
    let all = 0;
    do {
      const { last, ended } = await endSilences(this.db, nowMs, this.place, LOOK_ROWS);
      all += ended;
      this.place = last ?? FIRST_PLACE;
    } while (this.place !== FIRST_PLACE && this.monotonicMs() - startedMs < LOOK_MS_MAX);
    return all;
  }

  /**
   * The silences that may explain those of a batch of overdue machines. Asks about practices with a machine to explain only,
   * and looks at the contacts of those only in which no known silence covers it; a silence that holds something is written down.
   */
  async explain(overdue: readonly StoredMachine[], nowMs: number, rules: Rules): Promise<Explanation> {
    const matters = overdue.filter(({ key, machine }) =>
      isSiteMatter(machine, nowMs, rulesAt(rules, key.practiceId)),
    );
    if (matters.length === 0) return NOTHING_TO_EXPLAIN;
    const silences = await readSilences(this.db, practicesOf(matters));
    const unexplained = matters.filter(
      ({ key, machine }) =>
        !silences.get(key.practiceId)?.some((silence) => fellSilentWith(machine, silence, rules.policy)),
    );
    const practices = practicesOf(unexplained);
    let asked = 0;
    while (asked < practices.length && this.askingMs < LOOK_MS_MAX) {
      const startedMs = this.monotonicMs();
      const some = new Set(practices.slice(asked, asked + LOOK_ROWS));
      const machines = unexplained.filter(({ key }) => some.has(key.practiceId));
      for (const silence of await this.notice([...some], machines, nowMs, rules)) {
        silences.set(silence.practiceId, [silence, ...(silences.get(silence.practiceId) ?? [])]);
      }
      asked += some.size;
      this.askingMs += this.monotonicMs() - startedMs;
    }
    const left = new Set(practices.slice(asked));
    return { silences, postponed: new Set(unexplained.filter(({ key }) => left.has(key.practiceId))) };
  }

  /** Writes down the silences of these practices that hold one of these machines of theirs. */
  private async notice(
    practiceIds: readonly string[],
    machines: readonly StoredMachine[],
    nowMs: number,
    rules: Rules,
  ): Promise<PracticeSilence[]> {
    const contacts = await readSilentContacts(this.db, practiceIds, {
      silentByMs: nowMs - silentAfterMs(rules.policy),
      togetherWithinMs: togetherWithinMs(rules.policy),
      speakingWithinMs: speakingWithinMs(rules.policy),
    });
    const noticed: PracticeSilence[] = [];
    for (const [practiceId, contact] of contacts) {
      const rulesHere = rulesAt(rules, practiceId);
      const site = recogniseSite(contact, rulesHere);
      const holds =
        site !== null &&
        machines.some(
          ({ key, machine }) =>
            key.practiceId === practiceId && siteHold(machine, site, nowMs, rulesHere) !== null,
        );
      if (holds) noticed.push({ ...site, practiceId, noticedAtMs: nowMs });
    }
    await recordSilences(this.db, noticed);
    return noticed;
  }
}

function practicesOf(machines: readonly StoredMachine[]): string[] {
  return [...new Set(machines.map(({ key }) => key.practiceId))];
}
