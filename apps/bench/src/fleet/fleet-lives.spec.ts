import { FIRST_SEQ, FleetLives } from './fleet-lives';
import { FleetWalk } from './fleet-walk';

const MACHINES = 20_000;
const PASSES = 5;

describe('the lives of the fleet', () => {
  it('change state with two heartbeats in a hundred, and leave one machine in a hundred bad', () => {
    const lives = new FleetLives(MACHINES);
    const walk = new FleetWalk(MACHINES, 1);
    let changes = 0;
    for (let beat = 0; beat < MACHINES * PASSES; beat += 1) {
      const machine = walk.next();
      const before = lives.bad[machine];
      lives.beat(machine);
      if (lives.bad[machine] !== before) changes += 1;
    }
    expect(changes / (MACHINES * PASSES)).toBeCloseTo(0.02, 3);
    expect(lives.bad.reduce((sum, flag) => sum + flag, 0) / MACHINES).toBeCloseTo(0.01, 3);
    expect(lives.seqs.every((seq) => seq === FIRST_SEQ + PASSES)).toBe(true);
  });
});
