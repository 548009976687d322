import type { Machine } from '../fleet';
import { approveReplacements, isUnavailable, readOpenReplacements } from '../wire/service';
import type { WireClient } from '../wire/wire-client';

/** How often people look at who claims whose place, in the simulation's time. */
const LOOKS_EVERY_MS = 3_600_000;

/**
 * The people who had machines installed anew, and say so: without their word no unrecovered machine counts as replaced. Of a ghost
 * they know nothing, and leave its claim as it is.
 */
export class RepairDesk {
  private looksAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly client: WireClient,
    private readonly machineOf: (machineId: string) => Machine | undefined,
  ) {}

  /** To be called after each step of the week; looks once an hour. */
  async step(nowMs: number): Promise<void> {
    if (nowMs < this.looksAtMs) return;
    try {
      for (const ids of await this.genuine()) await approveReplacements(this.client, ids);
      this.looksAtMs = nowMs + LOOKS_EVERY_MS;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
  }

  /** The claims of machines that were really installed anew, by page. All are read first: an approval moves the pages. */
  private async genuine(): Promise<readonly (readonly string[])[]> {
    const pages: string[][] = [];
    for await (const page of readOpenReplacements(this.client)) {
      const claims = page.filter(({ successor }) => this.machineOf(successor.machineId)?.ghost === false);
      if (claims.length > 0) pages.push(claims.map(({ id }) => id));
    }
    return pages;
  }
}
