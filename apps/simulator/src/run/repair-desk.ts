import { decideReplacements, isUnavailable, readOpenReplacements } from '../wire/service';
import type { WireClient } from '../wire/wire-client';

/** How often people look at who claims whose place, in the simulation's time. */
const LOOKS_EVERY_MS = 3_600_000;

/** The people who had machines installed anew, and say so: without their word no unrecovered machine counts as replaced. */
export class RepairDesk {
  private looksAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly client: WireClient) {}

  /** To be called after each step of the week; looks once an hour. */
  async step(nowMs: number): Promise<void> {
    if (nowMs < this.looksAtMs) return;
    try {
      for (let ids = await readOpenReplacements(this.client); ids.length > 0;) {
        if ((await decideReplacements(this.client, ids)) === 0) break;
        ids = await readOpenReplacements(this.client);
      }
      this.looksAtMs = nowMs + LOOKS_EVERY_MS;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
  }
}
