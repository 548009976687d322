import { BAD_ONE_IN, startsBad } from './fleet-shape';

/**
 * The number of the last heartbeat of every machine when the bench begins: ten days of one every five
 * minutes.
 */
export const FIRST_SEQ = 2_884;

/**
 * What has become of each machine: the number of its last heartbeat, and whether it holds a bad file. The
 * load generator's own book, which the database is compared with afterwards.
 *
 * One heartbeat in a hundred finds a bad file, and the next of that machine finds it repaired: in the long
 * run two in a hundred change the machine's state, and one machine in a hundred is bad.
 */
export class FleetLives {
  readonly seqs: Uint32Array;
  readonly bad: Uint8Array;
  private sinceChange = 0;

  constructor(machines: number) {
    this.seqs = new Uint32Array(machines).fill(FIRST_SEQ);
    this.bad = Uint8Array.from({ length: machines }, (_, index) => (startsBad(index) ? 1 : 0));
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
