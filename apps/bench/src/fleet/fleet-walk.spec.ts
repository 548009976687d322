import { FleetWalk } from './fleet-walk';

const MACHINES = 1_000;
const PASSES = 20;

describe('a walk over the fleet', () => {
  const visits = (seed: number): number[] => {
    const walk = new FleetWalk(MACHINES, seed);
    return Array.from({ length: MACHINES * PASSES }, () => walk.next());
  };

  it('visits every machine once in each pass', () => {
    const all = visits(1);
    for (let pass = 0; pass < PASSES; pass += 1) {
      expect(new Set(all.slice(pass * MACHINES, (pass + 1) * MACHINES)).size).toBe(MACHINES);
    }
  });

  it('visits no machine again before half the fleet has come', () => {
    const lastVisit = new Map<number, number>();
    let nearest = Number.POSITIVE_INFINITY;
    visits(2).forEach((machine, place) => {
      nearest = Math.min(nearest, place - (lastVisit.get(machine) ?? Number.NEGATIVE_INFINITY));
      lastVisit.set(machine, place);
    });
    expect(nearest).toBeGreaterThanOrEqual(MACHINES / 2);
  });

  it('takes another order in every pass, and the same one for the same seed', () => {
    const all = visits(3);
    expect(all.slice(MACHINES, MACHINES * 2)).not.toEqual(all.slice(0, MACHINES));
    expect(visits(3)).toEqual(all);
    expect(visits(4)).not.toEqual(all);
  });
});
