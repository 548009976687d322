import { decideSilence, rulesAt, type Rules } from '@app/recovery';
import { loadOverdue, saveDecisions, type Database, type MachineChange, type SweepPlace } from '@app/storage';
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
  /** Its time was over before it had come to the last of them: the next sweep goes on from there, and may begin at once. */
  readonly unfinished: boolean;
};

/**
 * Machines looked at in one statement. A heartbeat of one of them waits until it is committed, and so does one that changes a count of
 * the same practice: 60 ms, where a change of state costs a large fleet 0.3.
 */
const SWEEP_BATCH_ROWS = 200;
/** A sweep ends after so long, that what else happens by itself (being seen alive, first of all) has its turn. */
const SWEEP_MS_MAX = 1_000;

/**
 * Turns overdue silence into transitions, one bounded batch at a time, and for a bounded time.
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
  /** Where a sweep ran out of time. It is not kept: after a start or a failure, the next one begins with the first deadline. */
  private place: SweepPlace | null = null;

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
    let place = this.place;
    this.place = null;
    const sitesBack = await this.sites.noticeReturns(untilMs);
    const sum = { examined: 0, moved: 0, held: 0, postponed: 0, lagMs: 0 };
    do {
      const batch = await this.sweepBatch(untilMs, place);
      place = batch.next;
      sum.examined += batch.examined;
      sum.moved += batch.moved;
      sum.held += batch.held;
      sum.postponed += batch.postponed;
      sum.lagMs = Math.max(sum.lagMs, batch.lagMs);
    } while (place !== null && this.monotonicMs() - startedMs < SWEEP_MS_MAX);
    this.place = place;
    const { examined, moved, held, postponed, lagMs } = sum;
    if (held > 0) this.observer.silenceHeld(held);
    this.observer.swept(examined, moved, lagMs, this.monotonicMs() - startedMs);
    return { examined, moved, held, postponed, sitesBack, unfinished: place !== null };
  }

  private async sweepBatch(untilMs: number, after: SweepPlace | null): Promise<Batch> {
    const { machines, next } = await loadOverdue(this.database.pool, untilMs, after, SWEEP_BATCH_ROWS);
    const rules = this.rules();
    const { silences, postponed: left } = await this.sites.explain(machines, untilMs, rules);
    let held = 0;
    let lagMs = 0;
    const changes: MachineChange[] = [];
    for (const stored of machines) {
      if (left.has(stored)) continue;
      const { practiceId } = stored.key;
      const decision = decideSilence(
        stored.machine,
        untilMs,
        rulesAt(rules, practiceId),
        silences.get(practiceId),
      );
      if (decision.held) held += 1;
      if (decision.transitions.length > 0)
        lagMs = Math.max(lagMs, untilMs - (stored.machine.dueAtMs ?? untilMs));
      const { machine: after, transitions } = decision;
      changes.push({ before: stored, after, transitions, facts: null });
    }
    const moved = changes.length === 0 ? 0 : await this.save(changes);
    return { examined: machines.length, moved, held, postponed: left.size, lagMs, next };
  }

  /** @returns how many moved; what somebody else got to first is left to them */
  private async save(changes: readonly MachineChange[]): Promise<number> {
    const lost = new Set(await saveDecisions(this.database.pool, changes, this.recordedAtMs()));
    const moved = changes.filter((change) => change.transitions.length > 0 && !lost.has(change)).length;
    if (moved > 0) this.observer.progressChanged();
    return moved;
  }
}

type Batch = Pick<SweepReport, 'examined' | 'moved' | 'held' | 'postponed'> & {
  readonly lagMs: number;
  /** Where the next batch goes on; null: these were the last. */
  readonly next: SweepPlace | null;
};
