import { grouped } from './text-table';
import { wallClock } from './wall-clock';

/** What the progress bar says. */
export type RunStatus = {
  readonly fromMs: number;
  readonly nowMs: number;
  readonly untilMs: number;
  readonly sent: number;
  readonly perSecond: number;
  readonly elapsedMs: number;
};

const BAR_CELLS = 30;

/** Narrower terminals are treated as if they were this wide. */
const WIDTH_MIN = 20;

/** One line: the simulated clock, a bar, the pace. */
export function statusLine(status: RunStatus): string {
  const part = Math.min(1, (status.nowMs - status.fromMs) / Math.max(1, status.untilMs - status.fromMs));
  const full = Math.floor(part * BAR_CELLS);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
  const seconds = Math.floor(status.elapsedMs / 1_000);
  const elapsed = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    `${wallClock(status.nowMs)}  ${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ` +
    `${grouped(status.sent)} heartbeats, ${grouped(status.perSecond)}/s, ${elapsed}`
  );
}

/**
 * Draws lines over the ones drawn before, on a terminal. Lines are cut at the terminal's width: a line that
 * wraps would be counted wrongly and smear.
 */
export class LiveScreen {
  private drawnLines = 0;

  constructor(private readonly out: NodeJS.WriteStream) {}

  draw(lines: readonly string[]): void {
    const width = Math.max(WIDTH_MIN, this.out.columns);
    const up = this.drawnLines > 0 ? `\u001b[${this.drawnLines}A` : '';
    const text = lines.map((line) => `\u001b[2K${line.slice(0, width - 1)}\n`).join('');
    // Whatever is left of a longer drawing below is erased too.
    this.out.write(`${up}\r${text}\u001b[0J`);
    this.drawnLines = lines.length;
  }

  /** What is drawn stays; the next drawing begins below it. */
  release(): void {
    this.drawnLines = 0;
  }
}
