import { seededRandom } from './seeded-random';

/** A machine comes again after at least this share of the fleet has come. */
const APART_SHARE = 0.5;

/**
 * Visits every machine once in random order, then again in another order, for ever. No machine comes again
 * before half the fleet has come: a machine sends its next report when it has the answer to the last one.
 */
export class FleetWalk {
  private readonly order: Uint32Array;
  private readonly random: () => number;
  private position = 0;

  constructor(machines: number, seed: number) {
    this.random = seededRandom(seed);
    this.order = new Uint32Array(machines);
    for (let i = 0; i < machines; i += 1) {
      const j = Math.floor(this.random() * (i + 1));
      this.order[i] = this.order[j] as number;
      this.order[j] = i;
    }
  }

  next(): number {
    const at = this.position;
    const machine = this.order[at] as number;
    // Changing places with one visited before makes another order for the next pass without a pause between
    // passes. It goes back by half the fleet at most, and so comes again after half the fleet at least.
    const other = at - Math.floor(this.random() * Math.min(at + 1, this.order.length * APART_SHARE));
    this.order[at] = this.order[other] as number;
    this.order[other] = machine;
    this.position = at + 1 === this.order.length ? 0 : at + 1;
    return machine;
  }
}
