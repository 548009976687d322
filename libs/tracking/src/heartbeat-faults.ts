import { describeFailure, isDataFault, tableOf } from '@app/storage';
import { add, type LoneFault } from './isolate-faults';
import type { SavedMachines } from './record-decisions';
import type { ReportItem } from './report-item';

/** Suspects remembered; beyond it the oldest is forgotten, and is asked to come again once more. */
const SUSPECTS_MAX = 1_000;

/** Tables that only a machine that moves writes. */
const WRITTEN_BY_MOVES: ReadonlySet<string | null> = new Set([
  'transition',
  'progress_count',
  'progress_ledger',
]);

/** A heartbeat that failed alone, as it was seen first. */
type Suspect = { readonly fault: string; readonly savedBefore: SavedMachines };

/**
 * Tells whether heartbeats that could not be saved are at fault themselves. A wrong answer in the one direction loses a report for good;
 * in the other it comes again. So a heartbeat is at fault only if all of this holds:
 *
 * - the error is one that data can cause (`isDataFault`);
 * - others were saved that write the same table: in its own batch, or since it failed for the first time;
 * - among what failed in the same way it is the exception: in its batch no more failed than were saved, and, when it came alone, no
 *   other machine has failed so.
 */
export class HeartbeatFaults {
  private readonly total: SavedMachines = { machines: 0, described: 0, moved: 0 };
  private readonly suspects = new Map<string, Suspect>();

  /** Machines were saved; the heartbeats that were are no suspects any more. */
  noteSaved(saved: SavedMachines, items: readonly ReportItem[]): void {
    add(this.total, saved);
    if (this.suspects.size > 0) for (const { key } of items) this.suspects.delete(key.machineId);
  }

  /**
   * @param alone what failed in one batch
   * @param saved what was saved in the same batch, not noted yet
   * @returns those that are at fault themselves
   */
  ownFaults(alone: readonly LoneFault[], saved: SavedMachines): ReadonlySet<ReportItem> {
    const own = new Set<ReportItem>();
    const machines = new Map<string, Set<string>>();
    for (const { item, error } of alone) {
      const fault = faultOf(error);
      const known = machines.get(fault) ?? new Set();
      machines.set(fault, known.add(item.key.machineId));
    }
    for (const { item, error } of alone) {
      if (!isDataFault(error)) continue;
      const fault = faultOf(error);
      const alike = machines.get(fault)?.size ?? 0;
      const isException = alike <= shown(saved, error);
      if (isException || (alike === 1 && this.isProvenSince(item, fault, error))) {
        own.add(item);
        this.suspects.delete(item.key.machineId);
      } else this.suspect(item, fault);
    }
    return own;
  }

  private isProvenSince({ key }: ReportItem, fault: string, error: unknown): boolean {
    const suspect = this.suspects.get(key.machineId);
    if (suspect?.fault !== fault || this.hasCompany(key.machineId, fault)) return false;
    return shown(this.total, error) > shown(suspect.savedBefore, error);
  }

  private hasCompany(machineId: string, fault: string): boolean {
    for (const [other, suspect] of this.suspects)
      if (other !== machineId && suspect.fault === fault) return true;
    return false;
  }

  private suspect({ key }: ReportItem, fault: string): void {
    if (this.suspects.get(key.machineId)?.fault === fault) return;
    this.suspects.delete(key.machineId);
    if (this.suspects.size >= SUSPECTS_MAX) {
      const [oldest] = this.suspects.keys();
      this.suspects.delete(oldest as string);
    }
    this.suspects.set(key.machineId, { fault, savedBefore: { ...this.total } });
  }
}

/** Errors that are alike have one cause. */
function faultOf(error: unknown): string {
  const { code, message } = describeFailure(error);
  return `${code} ${message}`;
}

/** How many machines show that the table of an error takes what we write. */
function shown(saved: SavedMachines, error: unknown): number {
  const table = tableOf(error);
  if (WRITTEN_BY_MOVES.has(table)) return saved.moved;
  return table === 'machine' ? saved.described : saved.machines;
}
