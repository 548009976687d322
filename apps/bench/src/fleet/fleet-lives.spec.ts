import { FIRST_SEQ, FleetLives } from './fleet-lives';
import { lotOf, speakersOf } from './fleet-lots';
import { FleetWalk } from './fleet-walk';

const MACHINES = 20_000;
const PASSES = 5;

describe('the lives of the fleet', () => {
  it('change state with two heartbeats in a hundred, and leave one reporting machine in a hundred bad', () => {
    const lives = new FleetLives({
      seqs: new Uint32Array(MACHINES).fill(FIRST_SEQ),
      bad: Uint8Array.from({ length: MACHINES }, (_, index) => (lotOf(index) === 'LATENT' ? 1 : 0)),
    });
    const speakers = speakersOf(MACHINES);
    const walk = new FleetWalk(speakers.length, 1);
    let changes = 0;
    const beats = speakers.length * PASSES;
    for (let beat = 0; beat < beats; beat += 1) {
      const machine = speakers[walk.next()] as number;
      const before = lives.bad[machine];
      lives.beat(machine);
      if (lives.bad[machine] !== before) changes += 1;
    }
    expect(changes / beats).toBeCloseTo(0.02, 2);
    expect(lives.bad.reduce((sum, flag) => sum + flag, 0) / speakers.length).toBeCloseTo(0.01, 2);
    expect(speakers.every((machine) => lives.seqs[machine] === FIRST_SEQ + PASSES)).toBe(true);
    expect(lives.seqs.filter((seq) => seq === FIRST_SEQ)).toHaveLength(MACHINES - speakers.length);
  });
});
