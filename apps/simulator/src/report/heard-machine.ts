import type { Heartbeat } from '../fleet/reporter';

/** The time in which the faulty file was handed out: milliseconds since 1970, half open. */
export type Window = { readonly startMs: number; readonly endMs: number };

/** What the newest report that tells of the incident's files says of them. */
export type FileTold = 'FAULTY' | 'NONE' | 'OTHER';

/**
 * What one machine's reports come to for somebody who keeps no more than the rules in other-rules.ts ask for. Fed with every
 * report that was answered, in the order of their arrival.
 */
export class HeardMachine {
  private seenMs = -Infinity;
  private fileMs = -Infinity;
  private newestFile: FileTold | null = null;
  private inWindow = false;
  private faulty = false;

  add({ facts, machine, observedAtMs, deliveredAtMs }: Heartbeat, window: Window): void {
    this.seenMs = Math.max(this.seenMs, deliveredAtMs);
    if (isWithin(observedAtMs, window)) this.inWindow = true;
    const { fileWrittenAtMs } = facts;
    if (fileWrittenAtMs === undefined) return;
    const file = fileToldBy(fileWrittenAtMs, machine.clockSkewMs, window);
    if (file === 'FAULTY') this.faulty = true;
    if (observedAtMs < this.fileMs) return;
    this.fileMs = observedAtMs;
    this.newestFile = file;
  }

  /** When a report last arrived; -Infinity: never. */
  get lastSeenMs(): number {
    return this.seenMs;
  }

  /** Some report was made inside the window. */
  get wasHeardInWindow(): boolean {
    return this.inWindow;
  }

  /** Some report told of a file that was written inside the window. */
  get toldFaultyFile(): boolean {
    return this.faulty;
  }

  /** null: no report told of the files. */
  get lastFile(): FileTold | null {
    return this.newestFile;
  }
}

function fileToldBy(writtenAtMs: number | null, clockSkewMs: number, window: Window): FileTold {
  if (writtenAtMs === null) return 'NONE';
  return isWithin(writtenAtMs + clockSkewMs, window) ? 'FAULTY' : 'OTHER';
}

export function isWithin(atMs: number, { startMs, endMs }: Window): boolean {
  return atMs >= startMs && atMs < endMs;
}
