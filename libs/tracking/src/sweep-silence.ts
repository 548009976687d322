import { decideSilence, type Rules } from '@app/recovery';
import {
  compareMachineKeys,
  loadOverdue,
  saveDecisions,
  type Database,
  type MachineChange,
  type SweepPlace,
} from '@app/storage';
import { SilentSites } from './silent-sites';
import type { WriteObserver } from './write-observer';

/** What one sweep did. */
export type SweepReport = {
  /** Machines whose deadline had passed. */
  readonly examined: number;
  /** Those of them that moved. */
  readonly moved: number;
  /** Those of them that were held, because their whole practice is silent or has only just spoken again. */
  readonly held: number;
  /** Those of them that were left to the next sweep, because there was no time to ask whether their practice is silent. */
  readonly postponed: number;
  /** Practices that were found to speak again. */
  readonly sitesBack: number;
};

/** Machines looked at in one statement: short transactions, so that heartbeats never wait behind a sweep. */
const SWEEP_BATCH_ROWS = 500;

/**
 * Turns overdue silence into transitions, one bounded batch at a time.
 *
 * The deadline stands in the machine's row, so a restart resumes where the last sweep stopped. The rules decide again from
 * the machine itself, with the blind time known by now; the event time is the deadline, however late we look. A heartbeat or
 * another process that got there first moves the row's version: its machine is simply left to it.
 *
 * A practice that is silent as a whole holds back its machines: their rows get the moment to look again in place of their
 * deadline, so that a nation without a network is not examined anew by every sweep.
 */
export class SweepSilence {
  private readonly sites: SilentSites;

  constructor(
    private readonly database: Database,
    private readonly rules: () => Rules,
    private readonly recordedAtMs: () => number,
    private readonly monotonicMs: () => number,
    private readonly observer: WriteObserver,
  ) {
    this.sites = new SilentSites(database.pool, monotonicMs);
  }

  /** @param untilMs deadlines up to this moment are due */
  async sweep(untilMs: number): Promise<SweepReport> {
    const startedMs = this.monotonicMs();
    const sitesBack = await this.sites.noticeReturns(untilMs);
    let after: SweepPlace | null = null;
    let examined = 0;
    let moved = 0;
    let held = 0;
    let postponed = 0;
    let lagMs = 0;
    do {
      const { machines, next } = await loadOverdue(this.database.pool, untilMs, after, SWEEP_BATCH_ROWS);
      const overdue = [...machines].sort((a, b) => compareMachineKeys(a.key, b.key));
      const rules = this.rules();
      const { silences, postponed: left } = await this.sites.explain(overdue, untilMs, rules);
      const decidable = left.size === 0 ? overdue : overdue.filter((stored) => !left.has(stored));
      const changes = decidable.map((stored): MachineChange => {
        const decision = decideSilence(stored.machine, untilMs, rules, silences.get(stored.key.practiceId));
        if (decision.held) held += 1;
        if (decision.transitions.length > 0)
          lagMs = Math.max(lagMs, untilMs - (stored.machine.dueAtMs ?? untilMs));
        return { before: stored, after: decision.machine, transitions: decision.transitions, facts: null };
      });
      if (changes.length > 0) {
        const lost = new Set(await saveDecisions(this.database.pool, changes, this.recordedAtMs()));
        const movers = changes.filter((change) => change.transitions.length > 0 && !lost.has(change)).length;
        if (movers > 0) this.observer.progressChanged();
        moved += movers;
      }
      examined += overdue.length;
      postponed += left.size;
      after = next;
    } while (after !== null);
    if (held > 0) this.observer.silenceHeld(held);
    this.observer.swept(examined, moved, lagMs, this.monotonicMs() - startedMs);
    return { examined, moved, held, postponed, sitesBack };
  }
}
