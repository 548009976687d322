import { RefusedRequest } from './http/refusal';

/** Lists that wait for their turn, each with up to 16 MiB. */
const WAITING_MAX = 4;
/** The largest list takes a few seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Asset lists, one after the other: each is a few seconds of this process's time, and heartbeats have theirs between its slices. */
export class RegisterTurns {
  private last: Promise<unknown> = Promise.resolve();
  private lists = 0;

  /**
   * Does work on a list when those before it are done.
   *
   * @throws RefusedRequest RATE_LIMITED when too many wait. Else what the work fails with
   */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.lists > WAITING_MAX) {
      throw new RefusedRequest(
        'RATE_LIMITED',
        `one asset list is read at a time, and at most ${WAITING_MAX} wait`,
        RETRY_AFTER_SECONDS,
      );
    }
    this.lists += 1;
    const turn = this.last.then(work).finally(() => {
      this.lists -= 1;
    });
    // The next one has its turn whatever became of this one, which its own sender is told.
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
