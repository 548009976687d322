import { rulesAt, silenceDeadlineMs, type Rules } from '@app/recovery';
import {
  finishRechecks,
  loadAwaited,
  readRechecks,
  saveDecisions,
  type Database,
  type MachineChange,
  type Recheck,
} from '@app/storage';
import type { KnownHours } from './known-hours';

/** Practices looked at in one statement, and machines of one practice. */
const PRACTICES_AT_ONCE = 20;
const MACHINES_AT_ONCE = 200;
/** So long at once: heartbeats and sweeps must not wait. What is left is done a few seconds later. */
const MS_MAX = 250;

/**
 * Works stored deadlines out again where opening hours have changed, practice by practice. A closure that became known is honoured
 * by the sweep anyway, which decides by the hours of its time; one that was withdrawn makes deadlines earlier than those
 * stored. Nothing that was concluded is changed.
 */
export class RecheckDeadlines {
  constructor(
    private readonly database: Database,
    private readonly hours: KnownHours,
    private readonly rules: () => Rules,
    private readonly recordedAtMs: () => number,
    private readonly monotonicMs: () => number,
  ) {}

  /** Reads hours that have changed, and works for a bounded time. @returns whether nothing is left to do */
  async run(): Promise<boolean> {
    await this.hours.refresh();
    const startedMs = this.monotonicMs();
    let after = '';
    for (;;) {
      const rechecks = await readRechecks(this.database.pool, this.hours.revision, after, PRACTICES_AT_ONCE);
      const last = rechecks.at(-1);
      if (last === undefined) return true;
      const done: Recheck[] = [];
      for (const recheck of rechecks) if (await this.practice(recheck.practiceId)) done.push(recheck);
      await finishRechecks(this.database.pool, done);
      after = last.practiceId;
      if (this.monotonicMs() - startedMs > MS_MAX) return false;
    }
  }

  /** @returns false when a machine changed meanwhile: the practice is looked at again */
  private async practice(practiceId: string): Promise<boolean> {
    const rules = rulesAt(this.rules(), practiceId);
    let isDone = true;
    let afterMachine: string | null = null;
    for (;;) {
      const machines = await loadAwaited(this.database.pool, practiceId, afterMachine, MACHINES_AT_ONCE);
      const changes = machines.flatMap((before): MachineChange[] => {
        const dueAtMs = silenceDeadlineMs(before.machine, rules);
        if (dueAtMs === before.machine.dueAtMs) return [];
        return [{ before, after: { ...before.machine, dueAtMs }, transitions: [], facts: null }];
      });
      const lost =
        changes.length === 0 ? [] : await saveDecisions(this.database.pool, changes, this.recordedAtMs());
      if (lost.length > 0) isDone = false;
      const last = machines.at(-1);
      if (last === undefined || machines.length < MACHINES_AT_ONCE) return isDone;
      afterMachine = last.key.machineId;
    }
  }
}
