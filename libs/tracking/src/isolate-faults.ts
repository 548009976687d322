import { isDataFault, isProgramFault } from '@app/storage';
import type { SavedMachines } from './record-decisions';
import type { ReportItem } from './report-item';

/** A heartbeat that could not be saved although nothing else was in its batch any more. */
export type LoneFault = { readonly item: ReportItem; readonly error: unknown };

/** What came of a batch, besides what was saved and answered. */
export type BatchOutcome = {
  readonly saved: SavedMachines;
  readonly alone: readonly LoneFault[];
  /** Heartbeats that nothing is known against, and what kept them from being saved. */
  readonly refused: readonly ReportItem[];
  readonly failure: unknown;
};

/** With so many faults and fewer machines saved, nobody looks for further ones: the fault is not with the heartbeats. */
const LONE_FAULTS_MAX = 16;

/**
 * Records a batch. When the data of one heartbeat may be what keeps it from being saved, although everything was validated, the batch
 * is halved until that one is alone, so that it fails for no other. When the database failed nothing is tried any more.
 *
 * @param record saves and answers all of these heartbeats, or some and throws
 */
export async function isolateFaults(
  items: readonly ReportItem[],
  record: (items: readonly ReportItem[]) => Promise<SavedMachines>,
): Promise<BatchOutcome> {
  const saved: SavedMachines = { machines: 0, described: 0, moved: 0 };
  const alone: LoneFault[] = [];
  const refused: ReportItem[] = [];
  let failure: unknown = null;
  const waiting: (readonly ReportItem[])[] = [items];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (failure !== null) {
      refused.push(...part);
      continue;
    }
    try {
      add(saved, await record(part));
    } catch (error) {
      const open = part.filter((item) => item.ticket.results[item.index] === undefined);
      const [only, ...more] = open;
      if (only === undefined) continue;
      const isTheirs = isDataFault(error) || isProgramFault(error);
      if (isTheirs && more.length === 0) alone.push({ item: only, error });
      if (!isTheirs || (alone.length >= LONE_FAULTS_MAX && saved.machines < alone.length)) {
        failure = error;
        if (!isTheirs) refused.push(...open);
        continue;
      }
      if (more.length === 0) continue;
      const half = Math.ceil(open.length / 2);
      waiting.push(open.slice(half), open.slice(0, half));
    }
  }
  return { saved, alone, refused, failure };
}

/** Adds what was saved of one part to the sum. */
export function add(sum: SavedMachines, more: SavedMachines): void {
  sum.machines += more.machines;
  sum.described += more.described;
  sum.moved += more.moved;
}
