import { BAD_ONE_IN } from './fleet-lots';

/** The number of the last heartbeat of a reporting machine when the fleet is made: ten days of one every five minutes. */
export const FIRST_SEQ = 2_884;

/** What the database says about every machine, by its number: 0 for a heartbeat that never came. */
export type FleetState = { readonly seqs: Uint32Array; readonly bad: Uint8Array };

/**
 * What has become of each machine: the number of its last heartbeat, and whether it is unrecovered. The load generator's own
 * book, which the database is compared with afterwards.
 *
 * One heartbeat in a hundred finds a bad file, and the next of that machine finds it repaired: in the long run two in a hundred
 * change the machine's state, and one reporting machine in a hundred is bad.
 */
export class FleetLives {
  readonly seqs: Uint32Array;
  readonly bad: Uint8Array;
  private sinceChange = 0;

  constructor({ seqs, bad }: FleetState) {
    this.seqs = Uint32Array.from(seqs);
    this.bad = Uint8Array.from(bad);
  }

  /** The machine's next heartbeat. @returns its number */
  beat(index: number): number {
    if (this.bad[index] === 1) {
      this.bad[index] = 0;
    } else {
      this.sinceChange += 1;
      if (this.sinceChange === BAD_ONE_IN - 1) {
        this.sinceChange = 0;
        this.bad[index] = 1;
      }
    }
    const seq = (this.seqs[index] as number) + 1;
    this.seqs[index] = seq;
    return seq;
  }
}
