import { createHash } from 'node:crypto';
import { GROUP_OF_STATE, isWorking, RECOVERY_STATES, type RecoveryState } from '@app/recovery';
import { STATE_CODE } from '@app/storage';
import type { CountedCell, PresentCounts } from './present-counts';

/** Which practices had no working machine at one moment. */
export type PracticeStanding = {
  /** Names this standing: two of the same practices have the same mark. */
  readonly mark: string;
  /** Practices where a machine is unrecovered and none works, sorted. */
  readonly withoutWorkingMachine: readonly string[];
};

/** Older than this, a standing is worked out again; meanwhile the old one is given. */
const FRESH_FOR_MS = 1_000;
/** Older than this, nobody is given it. */
const GOOD_FOR_MS = 5_000;
/** Standings that somebody may still be paging by. They change when a practice loses its last machine or gets its first one back. */
const STANDINGS_KEPT_MAX = 200;

/**
 * Knows which practices have no working machine: what lifts all their machines in a list by priority. It is read once in a while
 * and not with every page, and a list goes on by the standing that its first page was made by: otherwise one machine that
 * comes back would move all others of its practice under the reader's hands.
 */
export class PracticeStandings {
  private readonly kept = new Map<string, PracticeStanding>();
  private latest: { readonly standing: PracticeStanding; readonly readAtMs: number } | null = null;
  private reading: Promise<PracticeStanding> | null = null;

  constructor(
    private readonly counts: PresentCounts,
    private readonly monotonicMs: () => number,
  ) {}

  /** The present standing, a few seconds old at most. */
  async present(): Promise<PracticeStanding> {
    const ageMs = this.latest === null ? Infinity : this.monotonicMs() - this.latest.readAtMs;
    if (this.latest !== null && ageMs < FRESH_FOR_MS) return this.latest.standing;
    const reading = (this.reading ??= this.read().finally(() => {
      this.reading = null;
    }));
    if (this.latest === null || ageMs >= GOOD_FOR_MS) return reading;
    reading.catch(() => undefined);
    return this.latest.standing;
  }

  /** The standing of this mark if it is still known, else the present one: another process may have made it. */
  async recall(mark: string): Promise<PracticeStanding> {
    const known = this.kept.get(mark);
    if (known === undefined) return this.present();
    this.keep(known);
    return known;
  }

  private async read(): Promise<PracticeStanding> {
    const readAtMs = this.monotonicMs();
    const practices = [...(await this.counts.byPractice())];
    const codes = practices.filter(([, cells]) => hasNoWorkingMachine(cells)).map(([code]) => code);
    codes.sort();
    const mark = createHash('sha256').update(codes.join(' ')).digest('base64url').slice(0, 8);
    const standing = this.kept.get(mark) ?? { mark, withoutWorkingMachine: codes };
    this.keep(standing);
    this.latest = { standing, readAtMs };
    return standing;
  }

  private keep(standing: PracticeStanding): void {
    this.kept.delete(standing.mark);
    this.kept.set(standing.mark, standing);
    const oldest = this.kept.keys().next();
    if (this.kept.size > STANDINGS_KEPT_MAX && oldest.done !== true) this.kept.delete(oldest.value);
  }
}

/** Whether a machine of the practice is unrecovered, and none works. */
export function hasNoWorkingMachine(cells: readonly CountedCell[]): boolean {
  const present = cells.filter(({ machines }) => machines > 0);
  return (
    present.some(({ state }) => UNRECOVERED_CODES.has(state)) &&
    !present.some(({ state }) => WORKING_CODES.has(state))
  );
}

const codesOf = (which: (state: RecoveryState) => boolean): ReadonlySet<number> =>
  new Set(RECOVERY_STATES.filter(which).map((state) => STATE_CODE[state]));

/** States of machines that staff can use, and of those that have yet to recover. */
const WORKING_CODES = codesOf(isWorking);
const UNRECOVERED_CODES = codesOf((state) => GROUP_OF_STATE[state] === 'UNRECOVERED');
